"""What a rule page must say at its top, and the ways to name a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbreview.rulebook import PageError, Rule, Rulebook, UnknownRule, read_page

HEAD = """
code = "DBR101"
severity = "warning"
summary = "It loads."
cost = "A round trip."
since = "0.1"
fixable = true
sources = ["A book"]
"""


def page(folder: Path, head: str, name: str = "lazy-load-in-loop") -> Path:
    file = folder / f"{name}.md"
    file.write_text(f"# Title\n\n```toml{head}```\n\n## Bad\n\n```toml\nx = 1\n```\n", encoding="utf-8")
    return file


def test_page_becomes_a_rule(tmp_path: Path) -> None:
    file = page(tmp_path, HEAD)
    assert read_page(file) == Rule(
        code="DBR101",
        name="lazy-load-in-loop",
        severity="warning",
        summary="It loads.",
        cost="A round trip.",
        since="0.1",
        fixable=True,
        sources=("A book",),
        applies_to=("application",),
        made_by=None,
        page=file.read_text(),
    )


def test_prose_has_the_head_in_one_line(tmp_path: Path) -> None:
    prose = read_page(page(tmp_path, HEAD)).prose
    assert prose.startswith(
        "# Title\n\n**DBR101** `lazy-load-in-loop`, warning, since 0.1. It loads. A round trip.\n\n## Bad\n\n```toml\nx"
    )


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (HEAD.replace("code", "cod"), "`code` is missing"),
        (HEAD + "summry = 1\n", "unknown key `summry`; did you mean `summary`?"),
        (HEAD.replace('"warning"', '"grave"'), "`severity` must be one of error, warning, info"),
        (HEAD.replace("true", "1"), "`fixable` must be of type bool"),
        (HEAD.replace('["A book"]', "[1]"), "`sources` must hold strings"),
        (HEAD + 'applies_to = ["tests"]\n', "unknown role `tests`; did you mean `test`?"),
        ("\nx = \n", "Invalid value (at line 1, column 5)"),
    ],
)
def test_mistake_on_a_page_is_named(tmp_path: Path, head: str, message: str) -> None:
    with pytest.raises(PageError) as refused:
        read_page(page(tmp_path, head))
    assert str(refused.value) == f"lazy-load-in-loop.md: {message}"


def test_page_without_block(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title\n")
    with pytest.raises(PageError, match="no toml block"):
        read_page(tmp_path / "a.md")


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    page(tmp_path, HEAD.replace("101", "201"), "foreign-key-without-index")
    page(tmp_path, HEAD)
    page(tmp_path, HEAD.replace("101", "102"), "query-in-loop")
    (tmp_path / "README.md").write_text("no page")
    return Rulebook.read(tmp_path)


def test_rules_are_in_the_order_of_their_codes(book: Rulebook) -> None:
    assert [rule.code for rule in book.rules] == ["DBR101", "DBR102", "DBR201"]


def test_code_used_twice(tmp_path: Path) -> None:
    page(tmp_path, HEAD)
    page(tmp_path, HEAD, "query-in-loop")
    with pytest.raises(PageError, match="two pages have the code DBR101"):
        Rulebook.read(tmp_path)


@pytest.mark.parametrize("name", ["DBR101", "dbr101", " lazy-load-in-loop ", "Lazy-Load-In-Loop"])
def test_rule_by_code_or_name(book: Rulebook, name: str) -> None:
    assert book.rule(name).code == "DBR101"


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ("ALL", ["DBR101", "DBR102", "DBR201"]),
        ("DBR", ["DBR101", "DBR102", "DBR201"]),
        ("DBR1", ["DBR101", "DBR102"]),
        ("dbr20", ["DBR201"]),
        ("query-in-loop", ["DBR102"]),
    ],
)
def test_selector(book: Rulebook, selector: str, codes: list[str]) -> None:
    assert [rule.code for rule in book.matching(selector)] == codes


@pytest.mark.parametrize(
    ("given", "nearest"),
    [("DBR103", "DBR102"), ("query-in-lop", "query-in-loop"), ("DBR3", "DBR2"), ("", None), ("xyz", None)],
)
def test_unknown_selector_names_the_nearest(book: Rulebook, given: str, nearest: str | None) -> None:
    with pytest.raises(UnknownRule) as unknown:
        book.matching(given)
    assert (unknown.value.given, unknown.value.nearest) == (given, nearest)


def test_prefix_is_no_rule(book: Rulebook) -> None:
    with pytest.raises(UnknownRule):
        book.rule("DBR1")


def test_pages_of_this_package_can_be_read() -> None:
    assert {"DBR001", "DBR002"} <= {rule.code for rule in Rulebook.read().rules}
