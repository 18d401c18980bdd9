"""Models of Tortoise ORM for the tests that ask the library itself what it does."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from tortoise import fields
from tortoise.models import Model

from running_tortoise import Sent, with_tables

ROWS = 100


class Ordered(Model):
    class Meta:
        abstract = True
        ordering = ("-id",)


class Author(Model):
    id = fields.IntField(primary_key=True, db_index=True)
    name = fields.CharField(max_length=100, unique=True, db_index=True)
    books: Any


class Book(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=200)
    views = fields.IntField(default=0)
    author: Any = fields.ForeignKeyField("models.Author", related_name="books")
    author_id: int
    editor: Any = fields.ForeignKeyField("models.Author", related_name="edited", null=True, db_index=True)
    tags: Any = fields.ManyToManyField("models.Tag", related_name="books")
    reviews: Any


class Review(Model):
    id = fields.IntField(primary_key=True)
    stars = fields.IntField(default=1)
    book: Any = fields.ForeignKeyField("models.Book", related_name="reviews")


class Tag(Ordered):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=40)

    class Meta:
        table = "tags"


class Profile(Model):
    id = fields.IntField(primary_key=True)
    author: Any = fields.OneToOneField("models.Author", related_name="profile")


Check = Callable[[Sent], Awaitable[None]]


def given(rows: int, check: Check) -> None:
    """Run a check with so many authors, each with a book, which has a review and a tag."""

    async def work(sent: Sent) -> None:
        for number in range(rows):
            author = await Author.create(name=f"author {number}")
            book = await Book.create(title=f"book {number}", author=author)
            await Review.create(book=book)
            await Profile.create(author=author)
            await book.tags.add(await Tag.create(name=f"tag {number}"))
        sent.clear()
        await check(sent)

    with_tables(sys.modules[__name__], work)


def count(sent: Sent) -> int:
    """How many statements there were since the last time."""
    found = len(sent)
    sent.clear()
    return found


def first_words(sent: Sent) -> list[str]:
    return [statement.split(maxsplit=1)[0] for statement in sent]
