"""Every argument of ``Relationship``."""

# misread: cascade: RelationshipProperty as sa_relationship
# misread: viewonly: RelationshipProperty as sa_relationship

from typing import List, Optional

from sqlalchemy.orm import RelationshipProperty, relationship
from sqlmodel import Field, Relationship, SQLModel

EAGER = {"lazy": "selectin"}


class Membership(SQLModel, table=True):
    band_id: int | None = Field(default=None, foreign_key="band.id", primary_key=True)
    player_id: int | None = Field(default=None, foreign_key="player.id", primary_key=True)
    role: str = ""


class Band(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    players: list["Player"] = Relationship(back_populates="bands", link_model=Membership)
    songs: List["Song"] = Relationship(
        back_populates="band", cascade_delete=True, sa_relationship_kwargs={"foreign_keys": "Song.band_id"}
    )
    gigs: list["Gig"] = Relationship(back_populates="band", passive_deletes="all")
    covers: list["Song"] = Relationship(
        sa_relationship_kwargs={"lazy": "joined", "viewonly": True, "foreign_keys": "Song.covered_id"}
    )
    logo: Optional["Logo"] = Relationship(back_populates="band", sa_relationship_kwargs={"uselist": False, **EAGER})
    manager: Optional["Player"] = Relationship(sa_relationship_kwargs=dict(foreign_keys="Band.manager_id", lazy="raise"))
    manager_id: int | None = Field(default=None, foreign_key="player.id")


class Player(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    bands: list[Band] = Relationship(back_populates="players", link_model=Membership)
    teacher_id: int | None = Field(default=None, foreign_key="player.id", index=True)
    teacher: Optional["Player"] = Relationship(
        back_populates="pupils", sa_relationship_kwargs={"remote_side": "Player.id"}
    )
    pupils: list["Player"] = Relationship(back_populates="teacher")


class Song(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    band_id: int = Field(foreign_key="band.id", ondelete="CASCADE")
    covered_id: int | None = Field(default=None, foreign_key="band.id")
    band: Band = Relationship(back_populates="songs", sa_relationship_kwargs={"foreign_keys": "[Song.band_id]"})


class Gig(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    band_id: int = Field(foreign_key="band.id", ondelete="CASCADE", index=True)
    band: Band = Relationship(sa_relationship=relationship("Band", back_populates="gigs", lazy="subquery"))
    other: "Band" = Relationship(sa_relationship=RelationshipProperty("Band", viewonly=True, uselist=False))


class Logo(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    band_id: int = Field(foreign_key="band.id", unique=True)
    band: "Band" = Relationship(back_populates="logo", sa_relationship_args=[])
