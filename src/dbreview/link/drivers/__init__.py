"""Connections of database drivers, without any ORM: pools, cursors, and statements that are nothing but text.

What a driver's methods share with those of SQLAlchemy's sessions is in `link/methods`; here is what only drivers have.
"""
