"""Types and mixins of sqlalchemy-utils."""

import uuid

from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, mapped_column, relationship
from sqlalchemy_utils import (
    ChoiceType,
    CountryType,
    EmailType,
    IPAddressType,
    JSONType,
    LtreeType,
    ScalarListType,
    Timestamp,
    URLType,
    UUIDType,
    generic_relationship,
    generic_repr,
)
from sqlalchemy_utils.types.choice import ChoiceType as Choice

Base = declarative_base()


@generic_repr
class Member(Base, Timestamp):
    __tablename__ = "members"

    KINDS = [("a", "adult"), ("c", "child")]

    id = Column(UUIDType(binary=False), primary_key=True, default=uuid.uuid4)
    email = Column(EmailType, unique=True, nullable=False)
    kind = Column(ChoiceType(KINDS), index=True)
    home = Column(URLType)
    tags = Column(ScalarListType())
    facts = Column(JSONType)
    sponsor_id = Column(UUIDType, ForeignKey("members.id"))
    sponsor = relationship("Member", remote_side=[id], backref="sponsored")


class NewBase(DeclarativeBase):
    pass


class Visit(Timestamp, NewBase):
    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Choice([("x", "y")], impl=String(1)))
    path: Mapped[str] = mapped_column(LtreeType)
    address: Mapped[str] = mapped_column(IPAddressType, index=True)
    object_type = Column(String(20))
    object_id = Column(Integer)
    object = generic_relationship(object_type, object_id)
