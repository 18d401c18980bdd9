"""The long tail: what real projects do that fools linters. Known mistakes turn red when they are mended."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pages import Example, cases, rule_pages
from reviewing import review

CASES = cases()
MARK = re.compile(r"# (?:missed|false alarm): ")

each_case = pytest.mark.parametrize("case", CASES, ids=str)


@each_case
def test_yields_exactly_what_is_expected(case: Example, tmp_path: Path) -> None:
    found = review(case, tmp_path)
    mended = [each for each in case.missed() if each in found] + [
        each for each in case.false_alarms() if each not in found
    ]
    assert not mended, "a known mistake is mended: change its mark"
    assert found == case.expected()


@each_case
def test_does_not_depend_on_the_order_of_the_files(case: Example, tmp_path: Path) -> None:
    assert review(case, tmp_path, in_reverse=True) == case.expected()


@each_case
def test_findings_move_with_the_code(case: Example, tmp_path: Path) -> None:
    assert review(case.shifted(), tmp_path) == [(path, line + 3, code) for path, line, code in case.expected()]


@each_case
def test_a_known_mistake_has_a_reason_above_it(case: Example) -> None:
    for path, text in case.files.items():
        lines = text.splitlines()
        for above, line in zip(["", *lines], lines, strict=False):
            assert not MARK.search(line) or above.lstrip().startswith("#"), f"{path}: {line}"


def test_cases_belong_to_a_rule() -> None:
    assert {case.page for case in CASES} <= {page.name for page in rule_pages()}


def test_no_case_is_told_twice() -> None:
    titles = Counter(map(str, CASES))
    contents = Counter((case.page, tuple(sorted(case.files.items()))) for case in CASES)
    assert not [title for title, times in titles.items() if times > 1]
    assert not [page for (page, _), times in contents.items() if times > 1]


def test_silence_is_tested_as_much_as_noise() -> None:
    silent = sum(not case.expected() and not case.missed() for case in CASES)
    assert silent * 2 >= len(CASES)
