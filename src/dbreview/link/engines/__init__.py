"""What is known of the engines that a project makes, and of the passwords in their URLs."""
