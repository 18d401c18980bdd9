"""Whole small applications, and the whole report on each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbreview import run
from dbreview.rulebook import Rulebook
from dbreview.settings import find_settings
from reviewing import found

APPLICATIONS = sorted(path.parent for path in (Path(__file__).parent / "fixtures").glob("*/expected.txt"))


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda application: application.name)
def test_the_report_is_the_expected_one(application: Path) -> None:
    rulebook = Rulebook.read()
    reviewed = run.review([str(application)], find_settings(application, rulebook), rulebook)
    assert not reviewed.problems
    lines = [f"{path}:{line}: {code}" for path, line, code in found(reviewed)]
    assert lines == (application / "expected.txt").read_text(encoding="utf-8").splitlines()
