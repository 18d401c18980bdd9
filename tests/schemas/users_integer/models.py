"""The tables of fastapi-users with integer keys, table names of one's own, and an overridden column."""

from datetime import datetime

from fastapi_users_db_sqlalchemy import SQLAlchemyBaseOAuthAccountTable, SQLAlchemyBaseUserTable
from fastapi_users_db_sqlalchemy.access_token import SQLAlchemyBaseAccessTokenTable
from sqlalchemy import DateTime, ForeignKey, Integer, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Member(SQLAlchemyBaseUserTable[int], Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(String(100), unique=True, nullable=False)
    joined_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    accounts: Mapped[list["Account"]] = relationship(back_populates="member", cascade="all, delete-orphan")


class Account(SQLAlchemyBaseOAuthAccountTable[int], Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    member: Mapped[Member] = relationship(back_populates="accounts")

    @declared_attr
    def user_id(cls) -> Mapped[int]:
        return mapped_column(Integer, ForeignKey("members.id", ondelete="cascade"), nullable=False, index=True)


class AccessToken(SQLAlchemyBaseAccessTokenTable[int], Base):
    @declared_attr
    def user_id(cls) -> Mapped[int]:
        return mapped_column(Integer, ForeignKey("members.id", ondelete="cascade"), nullable=False)
