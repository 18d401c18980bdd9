"""``ddl_if``: the index is made on one database only."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, func
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Song(Base):
    __tablename__ = "songs"

    id = Column(Integer, primary_key=True)
    title = Column(String(90))
    album_id = Column(Integer, ForeignKey("songs.id"), index=True)

    __table_args__ = (
        Index("ix_songs_title_gin", func.lower(title), postgresql_using="gin").ddl_if(dialect="postgresql"),
        Index("ix_songs_title", "title").ddl_if(dialect="sqlite"),
    )
