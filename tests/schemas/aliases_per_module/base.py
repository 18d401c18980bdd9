
from typing import Annotated

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, mapped_column

idPk = Annotated[int, mapped_column(primary_key=True)]
short = Annotated[str, mapped_column(String(20))]


class Base(DeclarativeBase):
    pass
