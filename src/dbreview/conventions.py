"""What a project's configuration says about it, gathered for `link`: settings and declared dependencies."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dbreview.dependencies import declared_dependencies, declared_versions
from dbreview.migration_settings import migration_settings
from dbreview.other_migrations import other_migrators
from dbreview.project import Conventions
from dbreview.settings import Settings


def conventions_of(settings: Settings, root: Path, analysed: Sequence[str] = ()) -> Conventions:
    """Folders become relative to the root, as all files of the project are. ``analysed`` are these files."""
    folder = settings.folder or root
    return Conventions(
        src=tuple(Path(os.path.relpath(folder / each, root)).as_posix() for each in settings.src),
        dialect=settings.dialect,
        created_columns=settings.created_columns,
        updated_columns=settings.updated_columns,
        dependencies=declared_dependencies(root),
        versions=declared_versions(root),
        migrations=migration_settings(root, analysed),
        other_migrators=other_migrators(root),
    )
