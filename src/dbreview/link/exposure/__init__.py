"""What answers carry to clients: whole objects, their columns as plain data, and what schemas name of them."""
