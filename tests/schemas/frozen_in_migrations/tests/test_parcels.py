from sqlalchemy.orm import Mapped, mapped_column

from frozen_in_migrations.models import Base, Parcel


class Fake(Base):
    __tablename__ = "fakes"

    id: Mapped[int] = mapped_column(primary_key=True)


def test_parcel() -> None:
    assert Parcel(id=1)
