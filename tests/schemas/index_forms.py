"""Every way to say what an index is made of."""

# misread: indexes: what is inside an expression, and NULLS LAST

import sqlalchemy as sa
from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, String, Text, cast, desc, func, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(primary_key=True)


class Letter(Base):
    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    sender = mapped_column(String(50))
    subject = Column(String(90))
    body = Column(Text)
    words = Column(TSVECTOR)
    facts = Column(JSONB)
    sent_at = Column(DateTime)
    read_at = Column(DateTime)
    shop_id = Column(ForeignKey("shops.id"))
    till_id = Column(ForeignKey("shops.id"))
    desk_id = Column(ForeignKey("shops.id"))
    door_id = Column(ForeignKey("shops.id"))
    roof_id = Column(ForeignKey("shops.id"))
    hall_id = Column(ForeignKey("shops.id"))

    class_level = Index("ix_letters_class_level", sender, sent_at)

    __table_args__ = (
        Index("ix_letters_names", "sender", "subject"),
        Index("ix_letters_columns", sender, subject, unique=True),
        Index("ix_letters_mixed", "sender", sent_at.desc()),
        Index("ix_letters_desc_name", desc("sent_at"), "id"),
        Index("ix_letters_text", text("sent_at DESC"), text("id")),
        Index("ix_letters_text_only", text("(lower(subject))")),
        Index("ix_letters_literal", literal_column("sent_at DESC")),
        Index("ix_letters_lower", func.lower(subject)),
        Index("ix_letters_lower_unique", func.lower(sender), unique=True),
        Index("ix_letters_nulls", sent_at.desc().nullslast(), read_at.asc()),
        Index("ix_letters_json", facts["kind"].astext),
        Index("ix_letters_cast", cast(facts["size"].astext, Integer)),
        Index("ix_letters_gin", "words", postgresql_using="gin"),
        Index("ix_letters_fts", func.to_tsvector(literal_column("'english'"), body), postgresql_using="gin"),
        Index("ix_letters_ops", sender, postgresql_ops={"sender": "text_pattern_ops"}),
        Index("ix_letters_include", "sent_at", postgresql_include=["subject"]),
        Index("ix_letters_length", "subject", mysql_length=20),
        Index("ix_letters_unread", "sender", postgresql_where=read_at.is_(None)),
        Index("ix_letters_one_draft", sender, unique=True, postgresql_where=text("sent_at IS NULL"), sqlite_where=sent_at.is_(None)),
        Index("ix_letters_where_none", "read_at", postgresql_where=None),
        Index("ix_letters_concurrently", *["subject", "sender"], postgresql_concurrently=True),
        sa.Index("ix_letters_info", "body", info={"why": "search"}, quote=True),
        # Which of the foreign keys can be searched?
        Index("ix_letters_shop_unread", "shop_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_letters_till_latest", till_id.desc(), "sent_at"),
        Index("ix_letters_desk", func.abs(desk_id)),
        Index("ix_letters_door", "door_id", postgresql_using="hash"),
        Index("ix_letters_roof", "roof_id", postgresql_using="brin"),
        Index("ix_letters_hall", "sender", "hall_id"),
    )
