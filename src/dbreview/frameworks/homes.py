"""The one name of symbols that libraries offer from several modules. Longest prefixes first."""

from __future__ import annotations

HOMES: tuple[tuple[str, str], ...] = (
    ("sqlalchemy.sql.schema.", "sqlalchemy."),
    ("sqlalchemy.sql.expression.", "sqlalchemy."),
    ("sqlalchemy.sql.selectable.", "sqlalchemy."),
    ("sqlalchemy.sql.elements.", "sqlalchemy."),
    ("sqlalchemy.sql.functions.", "sqlalchemy.func."),
    ("sqlalchemy.sql.", "sqlalchemy."),
    ("sqlalchemy.schema.", "sqlalchemy."),
    ("sqlalchemy.future.", "sqlalchemy."),
    ("sqlalchemy.engine.base.", "sqlalchemy.engine."),
    ("sqlalchemy.engine.create.", "sqlalchemy.engine."),
    ("sqlalchemy.ext.asyncio.session.", "sqlalchemy.ext.asyncio."),
    ("sqlalchemy.ext.asyncio.engine.", "sqlalchemy.ext.asyncio."),
    ("sqlalchemy.ext.asyncio.scoping.", "sqlalchemy.ext.asyncio."),
    ("sqlalchemy.ext.declarative.api.", "sqlalchemy.ext.declarative."),
    ("sqlalchemy.orm.session.", "sqlalchemy.orm."),
    ("sqlalchemy.orm.scoping.", "sqlalchemy.orm."),
    ("sqlalchemy.orm.query.", "sqlalchemy.orm."),
    ("sqlalchemy.orm.decl_api.", "sqlalchemy.orm."),
    ("sqlalchemy.orm.decl_base.", "sqlalchemy.orm."),
    ("sqlalchemy.orm.base.", "sqlalchemy.orm."),
    ("sqlalchemy.orm.relationships.", "sqlalchemy.orm."),
    ("sqlalchemy.orm.strategy_options.", "sqlalchemy.orm."),
    ("sqlalchemy.orm.attributes.", "sqlalchemy.orm.attributes."),
    ("sqlalchemy.orm._orm_constructors.", "sqlalchemy.orm."),
    ("sqlmodel.main.", "sqlmodel."),
    ("sqlmodel.sql.expression.", "sqlmodel."),
    ("sqlmodel.orm.session.", "sqlmodel."),
    ("fastapi.applications.", "fastapi."),
    ("fastapi.routing.", "fastapi."),
    ("fastapi.params.", "fastapi."),
    ("fastapi.param_functions.", "fastapi."),
    ("starlette.responses.", "fastapi.responses."),
    ("pydantic.main.", "pydantic."),
)


def canonical(dotted: str) -> str:
    """The name under which the tables know a symbol."""
    for prefix, home in HOMES:
        if dotted.startswith(prefix):
            return home + dotted[len(prefix) :]
    return dotted
