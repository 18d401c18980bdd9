"""The whole project, linked: tables, routes, and what its code does to the database. Plain data.

Everything here is what a check may ask about. ``None`` means unknown and never leads to a
finding; a rule about something absent first asks ``is_fully_known``.
"""

from __future__ import annotations

from dbreview.project.events import (
    AskedField,
    BlockingCall,
    CountByFetching,
    DiscardedRows,
    GlobalSession,
    LazyLoad,
    LazyResponse,
    LeakedSession,
    Lookup,
    PythonOperator,
    Query,
    RepeatedQuery,
    Route,
    RowsNotMerged,
    SecretWrite,
    SessionKind,
    UnboundedPageSize,
    UnboundedResponse,
    UnorderedPage,
)
from dbreview.project.schema import (
    Column,
    ColumnType,
    Default,
    Direction,
    ForeignKey,
    Index,
    KeyUse,
    Model,
    Orm,
    Relationship,
    Table,
    UniqueConstraint,
    Unknown,
)
from dbreview.project.whole import Conventions, Project, Role, Understanding

__all__ = [
    "AskedField",
    "BlockingCall",
    "Column",
    "ColumnType",
    "Conventions",
    "CountByFetching",
    "Default",
    "Direction",
    "DiscardedRows",
    "ForeignKey",
    "GlobalSession",
    "Index",
    "KeyUse",
    "LazyLoad",
    "LazyResponse",
    "LeakedSession",
    "Lookup",
    "Model",
    "Orm",
    "Project",
    "PythonOperator",
    "Query",
    "Relationship",
    "RepeatedQuery",
    "Role",
    "Route",
    "RowsNotMerged",
    "SecretWrite",
    "SessionKind",
    "Table",
    "UnboundedPageSize",
    "UnboundedResponse",
    "Understanding",
    "UniqueConstraint",
    "Unknown",
    "UnorderedPage",
]
