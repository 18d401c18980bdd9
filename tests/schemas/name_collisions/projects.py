from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

import name_collisions
from name_collisions import Record, User


class Project(Record):
    __tablename__ = "projects"

    owner_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)


class Task(name_collisions.Record):
    __tablename__ = "tasks"

    project_id: Mapped[int] = mapped_column(ForeignKey(Project.__table__.c.id))
    list: Mapped[str]

    def all(self) -> "list[Task]":
        return [self]
