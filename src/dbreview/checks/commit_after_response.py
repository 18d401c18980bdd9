"""The check behind rules/commit-after-response.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import CommitAfterResponse, Project


def check(project: Project) -> Iterator[Finding]:
    """Dependencies that commit behind their `yield`, when the client has its answer already."""
    for commit in project.commits_after_response:
        how = "the end of this block commits" if commit.is_block else "this commits"
        which = "FastAPI" if commit.is_certain else "FastAPI 0.118 or newer"
        yield Finding(
            at=commit.at,
            message=f"{how} after {which} has sent the response: "
            f"if it fails, the client of `{commit.route.function}` was told that all went well",
            help=_help(commit),
            notes=tuple(_notes(commit)),
            confidence=commit.confidence,
        )


def _help(commit: CommitAfterResponse) -> str:
    call = f"`{'await ' if commit.is_async else ''}{commit.name}.commit()`"
    opening = "Open the session without a block that commits, and let" if commit.is_block else "Let"
    others = " (so should the other routes that write)" if commit.others else ""
    return (
        f"{opening} `{commit.route.function}` commit before it returns: {call}{others}. "
        f'Or ask for the session with `Depends({commit.dependency}, scope="function")` (FastAPI 0.121 or newer), '
        "which ends the dependency before the response is sent."
    )


def _notes(commit: CommitAfterResponse) -> Iterator[Note]:
    yield Note("the response is sent while the dependency waits here", commit.yield_at)
    if commit.commit_at is not None:
        yield Note("the commit itself", commit.commit_at)
    routes = f", as {commit.others} other{'s' if commit.others > 1 else ''} do{'es' if commit.others == 1 else ''}"
    yield Note(f"`{commit.route.function}` leaves the commit to it{routes if commit.others else ''}", commit.route.at)
    for call in commit.calls:
        yield Note("the call leads here", call)
    at, model = commit.write
    what = f"a `{model.rpartition('.')[2]}`" if model is not None else "a row"
    yield Note(f"{what} is written here", at)
