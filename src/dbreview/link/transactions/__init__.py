"""What happens to sessions in order, path by path: writes, commits, rollbacks, and what they leave undone."""
