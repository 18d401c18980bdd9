"""Bases that are no tables, schemas that are none either, fields declared again."""

# misread: order: a field that is declared again moves

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, DateTime, ForeignKey, Index, UniqueConstraint, func
from sqlmodel import Field, Relationship, SQLModel


class Timestamps(SQLModel):
    created: datetime | None = Field(default=None, sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()})
    updated: datetime | None = None


class Keyed(SQLModel):
    id: UUID = Field(default_factory=uuid4, primary_key=True)


class GroupBase(SQLModel):
    name: str = Field(index=True)
    owner_id: UUID = Field(foreign_key="owner.id", ondelete="CASCADE")


class Group(Keyed, GroupBase, Timestamps, table=True):
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    members: list["Member"] = Relationship(back_populates="group")


class GroupCreate(GroupBase):
    pass


class GroupRead(GroupBase):
    id: UUID
    size: int = Field(index=True)


class GroupDao(GroupBase):
    @classmethod
    def get_by_name(cls, name: str) -> None:
        return None


class Owner(Keyed, table=True):
    __tablename__ = "owner"

    email: str = Field(unique=True)


class MemberBase(SQLModel):
    group_id: UUID = Field(foreign_key="group.id")
    # A column object on a base is for one table only.
    sponsor: UUID | None = Field(default=None, sa_column=Column("sponsor_id", ForeignKey("owner.id"), nullable=True))


class Member(MemberBase, Keyed, table=True):
    __tablename__ = "members"
    __table_args__ = (Index("ix_members_sponsor", "sponsor_id"), {"extend_existing": True})

    group_id: UUID = Field(foreign_key="group.id", index=True)
    group: Group = Relationship(back_populates="members")


class Wizard(Timestamps, table=True):
    """``updated`` is declared again, of another kind."""

    code: str = Field(primary_key=True)
    updated: str = Field(max_length=3)


class HTTPRequestLog(SQLModel, table=True):
    id: int = Field(primary_key=True)
