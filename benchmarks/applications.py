"""The applications: published wheels of fixed versions, unpacked and never executed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

APPLICATIONS: dict[str, str] = {
    "fief-server": "0.30.0",
    "dstack": "0.22.5",
    "arize-phoenix": "20.26.1",
    "langflow-base": "1.13.0",
    "open-webui": "0.12.4",
    "prefect": "3.9.1",
    "zenml": "0.98.0",
    "apache-airflow-core": "3.3.2",
}


@dataclass(frozen=True)
class Application:
    """One unpacked application."""

    name: str
    version: str
    root: Path

    @cached_property
    def sources(self) -> list[Path]:
        """Its Python files."""
        return sorted(self.root.rglob("*.py"))

    @property
    def files(self) -> int:
        """How many Python files it has."""
        return len(self.sources)

    @cached_property
    def lines(self) -> int:
        """How many lines they have together."""
        return sum(each.read_bytes().count(b"\n") for each in self.sources)

    @contextmanager
    def one_file_changed(self) -> Iterator[None]:
        """For a while the largest file has one more line, another one each time."""
        largest = max(self.sources, key=lambda each: each.stat().st_size)
        before = largest.read_bytes()
        largest.write_bytes(before + f"\n_changed = {len(before)}\n".encode())
        try:
            yield
        finally:
            largest.write_bytes(before)


def unpacked(name: str, folder: Path) -> Application:
    """The application, downloaded if it is not there yet. Raises CalledProcessError where it cannot be."""
    version = APPLICATIONS[name]
    root = folder / f"{name}-{version}"
    if not root.is_dir():
        wheels = folder / "wheels"
        wanted = f"{name}=={version}"
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), wanted]
        subprocess.run(download, check=True)
        (wheel,) = wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root.with_suffix(".part"))
        root.with_suffix(".part").rename(root)
    return Application(name, version, root)


def copies(application: Application, number: int, folder: Path) -> Path:
    """A folder with that many copies beside each other, the packages of each under names of their own."""
    root = folder / f"{application.name}-{application.version}-x{number}"
    if root.is_dir():
        return root
    part = root.with_name(f"{root.name}.part")
    packages = [each.name for each in application.root.iterdir() if (each / "__init__.py").is_file()]
    for copy in range(number):
        for package in packages:
            target = part / f"{package}_{copy}"
            shutil.copytree(application.root / package, target)
            for file in target.rglob("*.py"):
                file.write_bytes(_renamed(file.read_bytes(), packages, copy))
    part.rename(root)
    return root


def _renamed(source: bytes, packages: list[str], copy: int) -> bytes:
    """The source with imports of the copy's own packages."""
    names = "|".join(map(re.escape, packages)).encode()
    pattern = re.compile(rb"^(\s*(?:from|import)\s+)(" + names + rb")\b", re.MULTILINE)
    return pattern.sub(lambda found: found[1] + found[2] + f"_{copy}".encode(), source)
