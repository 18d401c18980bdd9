"""The style of SQLAlchemy 1.4, with every order that the arguments of Column may have."""

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, DateTime, Enum, ForeignKey, Integer, SmallInteger, String, Text, Unicode
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import relationship

Base = declarative_base()
metadata = Base.metadata


class Mill(Base):
    __tablename__ = "mills"

    id = Column(Integer, primary_key=True, index=True)
    name = Column(String)
    code = Column(String(8), nullable=False, unique=True)
    river = Column("river_name", Unicode(60))
    is_open = Column(Boolean(), default=True, nullable=False)
    kind = Column(Enum("wind", "water", name="mill_kind"))
    about = Column(type_=Text)
    floors = Column(name="storeys", type_=SmallInteger)
    facts = Column(JSONB, server_default="{}")
    key = Column(UUID(as_uuid=True), unique=True, index=True)
    built = sa.Column(sa.DateTime(timezone=True), server_default=sa.func.now())
    width = sa.Column("width", sa.INTEGER, sa.CheckConstraint("width > 0"), nullable=False)
    anything = Column()

    sacks = relationship("Sack", back_populates="mill", foreign_keys="Sack.mill_id")


class Sack(Base):
    __tablename__ = "sacks"

    id = Column(Integer, primary_key=True)
    mill_id = Column(Integer, ForeignKey("mills.id"), nullable=False)
    first_mill = Column("first_mill_id", ForeignKey("mills.id", ondelete="SET NULL"), index=True)
    from_code = Column(ForeignKey(Mill.code, onupdate="CASCADE"))
    filled = Column(DateTime, index=True)

    mill = relationship(Mill, back_populates="sacks", foreign_keys=[mill_id])
