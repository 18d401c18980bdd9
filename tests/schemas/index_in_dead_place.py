"""Indexes that never reach the metadata."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Ticket(Base):
    __tablename__ = "tickets"

    id = Column(Integer, primary_key=True)
    event_id = Column(ForeignKey("tickets.id"))
    seat = Column(String(5))

    def __init__(self, **values):
        super().__init__(**values)
        arguments = [Index("ix_tickets_event", "event_id"), UniqueConstraint("seat")]
        self.__table_args__ = tuple(arguments)

    @classmethod
    def suggested(cls):
        return [Index("ix_tickets_seat", "seat")]

    class Meta:
        indexes = [Index("ix_tickets_meta", "event_id")]


UNUSED = [Index("ix_unused", "event_id")]
class_level_text = Index("ix_tickets_floating", "event_id")
