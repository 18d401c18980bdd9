"""Migrations: which files make a history, what each of them does, and the schema that all of them lead to."""
