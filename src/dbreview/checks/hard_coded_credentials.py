"""The check behind rules/hard-coded-credentials.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import HardCodedCredential, Project


def check(project: Project) -> Iterator[Finding]:
    """Passwords of databases that are written in the source."""
    for credential in project.hard_coded_credentials:
        yield Finding(
            at=credential.at,
            message=_message(credential),
            help=f"{_help(credential)} Change the password: the history of the repository keeps the old one.",
            notes=_notes(credential),
            confidence=credential.confidence,
        )


def _message(credential: HardCodedCredential) -> str:
    whose = f" of `{credential.user}`" if credential.user and "{" not in credential.user else ""
    where = f" at `{credential.host}`" if credential.host and "{" not in credential.host else ""
    return f"the database password{whose}{where} is written in the source: `{credential.shown}`"


def _help(credential: HardCodedCredential) -> str:
    name = credential.name
    match credential.kind:
        case "environment":
            return f'Let `{name}` have no default: `os.environ["{name}"]`.'
        case "field":
            return f"Let the field `{name}` have no value, so that the environment must give it one."
        case "variable" if name.isidentifier():
            return f'Read it from the environment: `{name} = os.environ["{_variable(name)}"]`.'
        case "argument":
            return f'Read it from the environment: `{name}=os.environ["DB_PASSWORD"]`.'
        case "entry":
            return f'Read it from the environment: `"{name}": os.environ["DB_PASSWORD"]`.'
    return 'Read it from the environment: `os.environ["DATABASE_URL"]`.'


def _variable(name: str) -> str:
    """What a variable of the environment is called that holds what this one does."""
    upper = name.strip("_").upper()
    return upper if "_" in upper else f"DATABASE_{upper}"


def _notes(credential: HardCodedCredential) -> tuple[Note, ...]:
    at = credential.password_at
    return (Note("the password itself is written here", at),) if at is not None else ()
