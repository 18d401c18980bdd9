from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel


class BaseSchema(SQLModel):
    id: UUID = Field(primary_key=True, default_factory=uuid4)
    created: datetime = Field(default_factory=datetime.now)


class NamedSchema(BaseSchema):
    name: str
