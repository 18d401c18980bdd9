"""The check behind rules/pool-not-configured.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding
from dbreview.project import Project, UncheckedPool

_MYSQL = ("mysql", "mariadb")


def check(project: Project) -> Iterator[Finding]:
    """Pools that may lend connections which the other side has closed."""
    for pool in project.unchecked_pools:
        what = f"the pool of `{pool.name}`" if pool.name else "this pool"
        yield Finding(at=pool.at, message=f"{what} {_message(pool)}", help=_help(pool))


def _message(pool: UncheckedPool) -> str:
    if pool.dialect in _MYSQL:
        return "lends connections that MySQL has closed, as it does after 8 idle hours: the next request fails"
    return "lends connections that may be dead: after a restart of the database the next requests fail"


def _help(pool: UncheckedPool) -> str:
    if pool.dialect in _MYSQL:
        return f"Write `{pool.maker}(..., pool_pre_ping=True)`, or `pool_recycle=3600` to renew connections in time."
    return f"Write `{pool.maker}(..., pool_pre_ping=True)`: it tests a connection before it lends it."
