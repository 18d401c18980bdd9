"""Of the same names, and no tables."""

from pydantic import BaseModel


class Model(BaseModel):
    id: int


class User(BaseModel):
    name: str


class Project(Model):
    __tablename__ = "schema_projects"

    owner_id: int
    owner: User
