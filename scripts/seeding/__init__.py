"""Defects that are put into applications on purpose, each decided without asking dbreview."""
