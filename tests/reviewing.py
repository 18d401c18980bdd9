"""Reviews examples as the command line does, from files on a disk to diagnostics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import msgspec
import pytest

from dbreview import run
from dbreview.discover import Discovery, discover
from dbreview.extract import extract, workers
from dbreview.review import Review
from dbreview.rulebook import Rulebook
from dbreview.settings import Settings, find_settings
from pages import Example, Expectation

# Facts depend on nothing but the path and the bytes, and examples share most of their files.
_encoded = lru_cache(maxsize=None)(lambda path, source: msgspec.msgpack.encode(extract(path, source)))
_rulebook = lru_cache(maxsize=None)(Rulebook.read)


def review(example: Example, folder: Path, *, in_reverse: bool = False) -> list[Expectation]:
    """What all rules, advice included, say of an example."""
    for path, text in example.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if "pyproject.toml" not in example.files:
        (folder / "dbreview.toml").touch()  # the project ends here, not somewhere above
    settings = replace(find_settings(folder, _rulebook()), advice=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dbreview.extract.workers.extract_all", _extract_all)
        if in_reverse:
            patch.setattr("dbreview.run.discover", _discover_backwards)
        reviewed = run.review([str(folder)], settings, _rulebook())
    assert not reviewed.problems
    return found(reviewed)


def found(reviewed: Review) -> list[Expectation]:
    """Where there are findings that no comment silences."""
    return sorted((each.finding.at.filename, each.finding.at.line, each.rule.code) for each in reviewed.shown)


def _extract_all(sources: Sequence[workers.Source], jobs: int, watcher: workers.Watcher) -> list[bytes]:
    return [_encoded(path, source) for path, source in sources]


def _discover_backwards(paths: Sequence[str], settings: Settings) -> Discovery:
    discovery = discover(paths, settings)
    return replace(discovery, analysed=discovery.analysed[::-1])
