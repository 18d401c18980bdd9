"""A PostgreSQL server of the tests' own, from the package that is installed; must not touch one that runs already."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import MetaData, create_engine
from sqlalchemy.orm import Session

PROGRAMS = ("initdb", "pg_ctl", "postgres")
QUICK = ("--no-sync", "--no-locale")
# Nothing has to survive a crash. No port is opened: clients come by a socket in the server's own folder.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "16MB",
}


class Unavailable(Exception):
    """PostgreSQL cannot be started here; says why."""


@dataclass(frozen=True)
class Database:
    """One empty database. ``folder`` holds the server's socket."""

    folder: Path
    name: str

    @property
    def url(self) -> str:
        return self._url("psycopg")

    @property
    def async_url(self) -> str:
        return self._url("asyncpg")

    @property
    def variables(self) -> Mapping[str, str]:
        """What the applications of pages read from their environment."""
        return {"DATABASE_URL": self.url, "ASYNC_DATABASE_URL": self.async_url}

    def seed(self, metadata: MetaData, *rows: object) -> None:
        """Create the tables and fill them."""
        engine = create_engine(self.url)
        metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all(rows)
            session.commit()
        engine.dispose()

    def _url(self, driver: str) -> str:
        return f"postgresql+{driver}://postgres@/{self.name}?host={self.folder}"


@dataclass(frozen=True)
class Server:
    """A server that runs: its socket is in ``folder``."""

    folder: Path

    @contextmanager
    def database(self, name: str) -> Iterator[Database]:
        self._send(f'CREATE DATABASE "{name}"')
        try:
            yield Database(self.folder, name)
        finally:
            self._send(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _send(self, statement: str) -> None:
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server in a new folder; stop it and remove the folder afterwards."""
    programs = _programs()
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="dbreview-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
            if subprocess.run(["test", "-w", folder], user=user, check=False).returncode != 0:
                raise Unavailable(f"the user {user} may not go into {folder}")
        _run(folder, user, programs / "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", *QUICK)
        options = " ".join(f"-c {name}='{value}'" for name, value in _settings(folder).items())
        _run(folder, user, programs / "pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)
        try:
            yield Server(folder)
        finally:
            _run(folder, user, programs / "pg_ctl", "stop", "-D", "data", "-m", "fast")
    finally:
        shutil.rmtree(folder)


def _settings(folder: Path) -> Mapping[str, str]:
    return SETTINGS | {"unix_socket_directories": str(folder)}


def _programs() -> Path:
    for folder in _folders():
        if all((folder / program).exists() for program in PROGRAMS):
            return folder
    raise Unavailable("PostgreSQL is not installed (Debian: apt-get install postgresql)")


def _folders() -> Iterator[Path]:
    """Where the programs of a server may be, the newest of Debian's versions first."""
    if found := shutil.which("initdb"):
        yield Path(found).parent
    if found := shutil.which("pg_config"):
        yield Path(subprocess.run([found, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
    versions = [each for each in Path("/usr/lib/postgresql").glob("*/bin") if each.parent.name.isdecimal()]
    yield from sorted(versions, key=lambda each: int(each.parent.name), reverse=True)


def _user() -> str | None:
    """Who runs the server, if that is somebody else: the server refuses to run as root."""
    if os.name != "posix":
        raise Unavailable("PostgreSQL is asked by a Unix socket")
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise Unavailable("PostgreSQL refuses to run as root, and there is no user postgres") from None


def _run(folder: Path, user: str | None, *command: str | Path) -> None:
    """Run a program of the server in its folder. A server that is started keeps the pipes: it gets none."""
    told = folder / "told"
    with told.open("a") as output:
        ended = subprocess.run(
            command, cwd=folder, user=user, env=os.environ | {"LC_ALL": "C"}, stdout=output, stderr=output, check=False
        )
    if ended.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {told.read_text()}")
