"""How sure the long tail's findings are, where a case says so in its title."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dbreview import run
from dbreview.rulebook import Rulebook
from dbreview.settings import find_settings
from pages import Example, cases

TOLD = re.compile(r"\bwith (?P<confidence>low|medium|high) confidence$")
CASES = [case for case in cases() if TOLD.search(case.title)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_sure_as_the_title_says(case: Example, tmp_path: Path) -> None:
    for path, text in case.files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "dbreview.toml").touch()
    rulebook = Rulebook.read()
    reviewed = run.review([str(tmp_path)], replace(find_settings(tmp_path, rulebook), advice=True), rulebook)
    told = TOLD.search(case.title)
    assert told is not None
    assert {each.finding.confidence for each in reviewed.shown} == {told["confidence"]}


def test_some_cases_say_so() -> None:
    assert len(CASES) >= 3
