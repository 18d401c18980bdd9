"""The column is called otherwise in the database; keys and indexes name now the one, now the other."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, synonym


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column("account_id", primary_key=True)
    owner: Mapped[str] = mapped_column("owner_name", String(50))
    _secret: Mapped[str] = mapped_column("secret", String(50))
    metadata_: Mapped[str] = mapped_column("metadata", String)
    updated: Mapped[str] = mapped_column(name="update_at")
    updated_at = synonym("updated")
    old = Column("oldName", Integer, unique=True)

    __table_args__ = (
        Index("ix_accounts_owner", owner),
        Index("ix_accounts_secret", "secret", "owner_name"),
        UniqueConstraint("owner_name", "update_at", name="uq_accounts_owner_name"),
    )


class Entry(Base):
    __tablename__ = "entries"

    pk: Mapped[int] = mapped_column("entry_id", Integer, primary_key=True)
    account: Mapped[int] = mapped_column("account_id", ForeignKey("accounts.account_id", ondelete="CASCADE"))
    reversed_by: Mapped[int | None] = mapped_column("reversed_by_id", ForeignKey("entries.entry_id"), index=True)

    owner: Mapped[Account] = relationship(Account)
    reversal: Mapped["Entry | None"] = relationship(remote_side=pk)
