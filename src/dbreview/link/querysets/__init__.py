"""Queries of Tortoise ORM: built by methods of models, run where they are awaited or iterated over."""
