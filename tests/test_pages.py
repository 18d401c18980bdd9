"""Every example of every rule page is reviewed by every rule: the pages cannot go stale."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from dbreview.rulebook import Rule, Rulebook
from pages import HEADINGS, ROOT, Example, Page, rule_pages
from reviewing import review

PAGES = rule_pages()
EXAMPLES = [example for page in PAGES for example in page.examples]
RULES = {rule.name: rule for rule in Rulebook.read().rules}

each_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@each_example
def test_yields_exactly_what_it_promises(example: Example, tmp_path: Path) -> None:
    assert review(example, tmp_path) == example.expected()


@each_example
def test_does_not_depend_on_the_order_of_the_files(example: Example, tmp_path: Path) -> None:
    assert review(example, tmp_path, in_reverse=True) == example.expected()


@each_example
def test_findings_move_with_the_code(example: Example, tmp_path: Path) -> None:
    assert review(example.shifted(), tmp_path) == [(path, line + 3, code) for path, line, code in example.expected()]


@each_page
def test_a_page_has_all_its_parts_in_order(page: Page) -> None:
    assert page.headings == HEADINGS


@each_page
def test_a_bad_example_shows_the_page_s_own_finding_and_no_other(page: Page) -> None:
    bad = page.under("Bad")
    assert bad
    for example in bad:
        assert {code for _, _, code in example.expected()} == {RULES[page.name].code}, example.title


@each_page
def test_a_good_example_shows_no_finding(page: Page) -> None:
    good = page.under("Good")
    assert good
    for example in good:
        assert not example.expected(), example.title


@each_page
def test_a_page_admits_no_mistake(page: Page) -> None:
    """Known mistakes belong to tests/cases: what a page shows works."""
    assert not [example for example in page.examples if example.missed() or example.false_alarms()]


@each_page
def test_a_page_says_what_a_breach_costs(page: Page) -> None:
    rule = RULES[page.name]
    assert any(character.isdigit() for character in rule.cost)
    assert rule.sources


def test_every_rule_has_a_check_and_every_check_a_rule() -> None:
    checks = {path.stem for path in (ROOT / "src" / "dbreview" / "checks").glob("[!_]*.py")}
    assert checks == {_check(rule) for rule in RULES.values() if rule.made_by is None}


def _check(rule: Rule) -> str:
    return rule.name.replace("-", "_")


def test_no_example_is_shown_twice() -> None:
    shown = Counter((example.page, tuple(sorted(example.files.items()))) for example in EXAMPLES)
    assert not [page for (page, _), times in shown.items() if times > 1]
