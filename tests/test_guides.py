"""The code that guides show: what they call bad is told, what they call good is silent where it is good."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pages import ROOT, Example, cases
from reviewing import review

# Of each guide the number of its blocks, and those that it calls bad.
GUIDES: dict[str, tuple[int, set[str]]] = {
    "000": (15, {"4.6 Adding one by one"}),
    "001": (10, {"4.6 Adding one by one"}),
    "002": (41, {"Pitfall 1, N+1 queries", "Pitfall 2, sessions that stay open", "Pitfall 3, no pool"}),
    "003": (25, set()),
    "004": (15, {"1 Models", "2 N+1 queries"}),
}

BLOCKS = cases(ROOT / "tests" / "guides")
BAD = [block for block in BLOCKS if block.title.endswith(": bad")]
GOOD = [block for block in BLOCKS if block.title.endswith(": good")]
MARK = re.compile(r"# (?:expect|missed|false alarm): ")
MARK_WITH_REASON = re.compile(r"# (?:expect|missed|false alarm): DBR\d{3}(?:, DBR\d{3})*: \w+")


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_yields_exactly_what_is_expected(block: Example, tmp_path: Path) -> None:
    found = review(block, tmp_path)
    mended = [each for each in block.missed() if each in found]
    assert not mended, "a known mistake is mended: change its mark"
    assert found == block.expected()


@pytest.mark.parametrize("block", BAD, ids=str)
def test_a_bad_block_has_a_finding(block: Example) -> None:
    assert block.expected()


@pytest.mark.parametrize("block", GOOD, ids=str)
def test_what_is_said_of_a_good_block_has_a_reason(block: Example) -> None:
    for path, text in block.files.items():
        for line in text.splitlines():
            assert bool(MARK.search(line)) is bool(MARK_WITH_REASON.search(line)), f"{path}: {line}"


def test_every_block_of_every_guide_is_there() -> None:
    assert Counter(block.page for block in BLOCKS) == {guide: number for guide, (number, _) in GUIDES.items()}
    assert len(BAD) + len(GOOD) == len(BLOCKS)


def test_the_blocks_that_are_bad_are_those_that_the_guides_call_so() -> None:
    called_bad = {(guide, title) for guide, (_, titles) in GUIDES.items() for title in titles}
    assert {(block.page, block.title.removesuffix(": bad")) for block in BAD} == called_bad


def test_no_block_is_told_twice() -> None:
    titles = Counter(map(str, BLOCKS))
    assert not [title for title, times in titles.items() if times > 1]
