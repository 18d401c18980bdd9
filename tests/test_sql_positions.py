"""Where in a statement something stands decides what can be done about it: a value is bound, a name is looked up."""

from __future__ import annotations

import pytest

from dbreview.link.injection.positions import position_of

VALUES = [
    ("SELECT id FROM users WHERE name = '", "'"),
    ("SELECT id FROM users WHERE name LIKE '%", "%'"),
    ("SELECT id FROM users WHERE age > ", ""),
    ("SELECT id FROM users WHERE id IN (", ")"),
    ("SELECT id FROM users WHERE id IN (1, ", ")"),
    ("SELECT id FROM users WHERE lower(name) = lower(", ")"),
    ("SELECT id FROM users\\nWHERE name = ", ""),
    ("SELECT id FROM users -- the user's\nWHERE name = ", ""),
    ("SELECT id FROM users WHERE note = 'it''s' AND name = '", "'"),
    ("INSERT INTO users (name) VALUES ('", "')"),
    ("INSERT INTO users (name, city) VALUES (:name, ", ")"),
    ("SELECT id FROM users ORDER BY id LIMIT ", ""),
    ("SELECT id FROM visits WHERE at > now() - interval '", " days'"),
    ("UPDATE users SET name = ", " WHERE id = 1"),
]
NAMES = [
    ("SELECT id FROM ", ""),
    ("SELECT id FROM users ORDER BY ", ""),
    ("SELECT id FROM users ORDER BY id, ", ""),
    ("SELECT id FROM users ORDER BY created_at ", ""),
    ("SELECT ", " FROM users"),
    ("SELECT count(", ") FROM users"),
    ("SELECT name_", " FROM users"),
    ("SELECT id FROM users WHERE ", " = :value"),
    ("SELECT id FROM users WHERE a = 1 AND ", " IN (:values)"),
    ("UPDATE users SET ", " = :value"),
    ("UPDATE users SET a = :a, ", " = :value"),
    ("INSERT INTO users (", ") VALUES (1)"),
    ('SELECT id FROM "', '"'),
    ("SELECT id FROM `", "`"),
    ("DROP TABLE ", ""),
    ("SET search_path TO ", ""),
    ("PRAGMA table_info(", ")"),
]
PIECES = [
    ("", ""),
    ("EXPLAIN ", ""),
    ("SELECT count(*) FROM (", ") AS found"),
    ("SELECT id FROM users ", ""),
    ("SELECT id FROM users WHERE ", ""),
    ("SELECT id FROM users WHERE a = 1 AND ", ""),
]


@pytest.mark.parametrize(("before", "after"), VALUES)
def test_a_value(before: str, after: str) -> None:
    assert position_of(before, after) == "value"


@pytest.mark.parametrize(("before", "after"), NAMES)
def test_the_name_of_something(before: str, after: str) -> None:
    assert position_of(before, after) == "identifier"


@pytest.mark.parametrize(("before", "after"), PIECES)
def test_a_piece_of_sql(before: str, after: str) -> None:
    assert position_of(before, after) == "sql"
