import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session, declarative_base

revision = "0001"
down_revision = None

Base = declarative_base()


class Parcel(Base):
    __tablename__ = "parcels"

    id = sa.Column(sa.Integer, primary_key=True)
    tag = sa.Column(sa.String(10), index=True)


class Gone(Base):
    __tablename__ = "gone"

    id = sa.Column(sa.Integer, primary_key=True)


def upgrade():
    op.create_table("parcels", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("tag", sa.String(10)))
    with Session(op.get_bind()) as session:
        session.query(Parcel).update({"tag": ""})


def downgrade():
    op.drop_table("parcels")
