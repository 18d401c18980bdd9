"""Class bodies and calls to tables, columns, keys, indexes and relationships, of SQLAlchemy and SQLModel."""
