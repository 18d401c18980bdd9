"""The check behind rules/broken-revision-chain.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import BrokenChain, Project

_NOTES = {
    "heads": "this revision is a head too",
    "repeated": "it is the id of this revision too",
    "cycle": "this revision is on the way too",
}


def check(project: Project) -> Iterator[Finding]:
    """Revisions that do not follow each other from one beginning to one end."""
    for chain in project.broken_chains:
        yield Finding(
            at=chain.at,
            message=_message(chain),
            help=_help(chain),
            notes=tuple(Note(_NOTES.get(chain.problem, ""), at) for at in chain.others),
            confidence=chain.confidence,
        )


def _message(chain: BrokenChain) -> str:
    names = ", ".join(f"`{name}`" for name in chain.names)
    match chain.problem:
        case "heads":
            return f"{len(chain.names)} revisions in `{chain.folder}` are heads, and `upgrade head` refuses: {names}"
        case "missing parent":
            missing, child = chain.names
            return f"`{child}` follows `{missing}`, which no file in `{chain.folder}` has"
        case "repeated":
            return f"the revision id {names} is used twice, and Alembic runs one of the two files only"
    return f"these revisions follow each other in a circle, and none of them can run: {names}"


def _help(chain: BrokenChain) -> str:
    first, *others = chain.names
    match chain.problem:
        case "heads":
            return f'Run `alembic merge heads`, or write `down_revision = "{first}"` in `{others[-1]}`.'
        case "missing parent":
            return f"Bring the file of `{first}` back, or let `{others[0]}` follow the revision before it."
        case "repeated":
            return "Give one of the two an id of its own, and let what follows it name that."
    return "Let the first of them follow the revision that was there before it."
