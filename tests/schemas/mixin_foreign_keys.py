"""A foreign key of a mixin is in every table, and indexed in some."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class OfOrganization:
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))

    @declared_attr
    def organization(cls) -> Mapped["Organization"]:
        return relationship("Organization", lazy="raise")


class Owned:
    @declared_attr
    def owner_id(cls):
        return Column(Integer, ForeignKey("owners.id"), nullable=False, index=getattr(cls, "indexes_owner", False))

    @declared_attr
    def owner(cls):
        return relationship("Owner", back_populates=cls.__tablename__, foreign_keys=cls.owner_id)


class Organization(Base):
    __tablename__ = "organizations"


class Owner(Base):
    __tablename__ = "owners"

    agents = relationship("Agent", back_populates="owner", foreign_keys="[Agent.owner_id]")
    blocks = relationship("Block", back_populates="owner")


class Agent(OfOrganization, Owned, Base):
    __tablename__ = "agents"
    __table_args__ = (Index("ix_agents_organization", "organization_id", "name"), UniqueConstraint("name", "owner_id"))

    name: Mapped[str]


class Block(Owned, OfOrganization, Base):
    __tablename__ = "blocks"

    indexes_owner = True


class History(OfOrganization, Base):
    __tablename__ = "histories"

    # Declared again: with an index, and another rule.
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id", ondelete="SET NULL"), index=True)


class Draft(Owned, Base):
    __tablename__ = "drafts"

    owner_id = Column(ForeignKey("owners.id"), primary_key=True)
    owner = relationship(Owner)
