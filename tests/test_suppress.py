"""Which findings a comment silences, and which comments are said to silence nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dbreview.facts import Comment, Module
from dbreview.finding import Finding, Place, Severity
from dbreview.review import Diagnostic
from dbreview.rulebook import Rule, Rulebook
from dbreview.selection import Selection, select
from dbreview.settings import Selectors, Settings
from dbreview.suppress import suppress


def rule(code: str, name: str, severity: Severity = "warning", made_by: str | None = None) -> Rule:
    return Rule(code=code, name=name, severity=severity, summary="s", since="0.1", made_by=made_by)


BOOK = Rulebook(
    (
        rule("DBR002", "unused-suppression", made_by="suppress"),
        rule("DBR101", "lazy-load-in-loop"),
        rule("DBR102", "query-in-loop"),
        rule("DBR109", "filter-in-python", "info"),
    )
)
USUAL = select(Settings(), BOOK)
LINE = 5


def found(code: str = "DBR101", line: int = LINE, path: str = "a.py") -> Diagnostic:
    return Diagnostic(Finding(Place(path, line, 9, line, 12), "m"), BOOK.rule(code), "warning")


def silenced(
    *comments: str | Comment,
    findings: Sequence[Diagnostic] = (),
    statements: tuple[tuple[int, int], ...] = (),
    selection: Selection = USUAL,
    ran: Sequence[Rule] = BOOK.rules,
) -> tuple[list[str], list[str]]:
    """The codes of the silenced findings, and what is said about comments."""
    facts = tuple(Comment(line=LINE, column=20, text=each) if isinstance(each, str) else each for each in comments)
    module = Module(path="a.py", body=(), comments=facts, statements=statements, lines=50)
    told = list(suppress(findings, [module], selection, ran))
    hidden = [each.rule.code for each in told if each.suppressed and each.rule.code != "DBR002"]
    said = [each.finding.message for each in told if each.rule.code == "DBR002" and not each.suppressed]
    return hidden, said


@pytest.mark.parametrize(
    "comment",
    [
        "# dbreview: ignore[DBR101]",
        "# dbreview: ignore[DBR101] three rows at most",
        "# dbreview: ignore[lazy-load-in-loop]",
        "#dbreview:ignore[ dbr101 ,]",
        "# dbreview: ignore [DBR101]",
        "# dbreview: ignore",
        "# dbreview: ignore three rows at most",
        "# type: ignore[attr-defined]  # dbreview: ignore[DBR101]",
        "# dbreview: ignore[DBR101]  # noqa: E501",
        "# noqa",
        "#NOQA",
        "# noqa - three rows",
        "# noqa: DBR101",
        "# noqa:DBR101",
        "# noqa : DBR101",
        "# noqa: E501,DBR101",
        "# noqa: E501 DBR101 three rows",
        "# NoQA: dbr101",
        "# three rows  # noqa: DBR101",
    ],
)
def test_comment_silences(comment: str) -> None:
    assert silenced(comment, findings=[found()]) == (["DBR101"], [])


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: E501",
        "# noqa: because",
        "# flake8: noqa",
        "# ruff: noqa",
        "# noqaDBR101",
        "# see the noqa of the next line",
        "# dbreview is right here",
        "# dbreview: these rows are few",
        "# nosec",
    ],
)
def test_comment_of_others_silences_nothing_and_is_not_blamed(comment: str) -> None:
    assert silenced(comment, findings=[found()]) == ([], [])


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# dbreview: ignore[DBR102]", "`DBR102` silences nothing"),
        ("# dbreview: ignore-file[query-in-loop]", "`query-in-loop` silences nothing"),
        ("# noqa: E501,DBR102", "`DBR102` silences nothing"),
        (
            "# dbreview: ignore[DBR111]",
            "`DBR111` silences nothing: unknown rule `DBR111`; did you mean `DBR101`?",
        ),
        (
            "# noqa: DBR111",
            "`DBR111` silences nothing: unknown rule `DBR111`; did you mean `DBR101`?",
        ),
        (
            "# dbreview: ignore[lazy-load-in-lop]",
            "`lazy-load-in-lop` silences nothing: unknown rule `lazy-load-in-lop`; did you mean `lazy-load-in-loop`?",
        ),
        (
            "# dbreview: ignore[]",
            "`# dbreview: ignore[]` silences nothing: it names no rule between its brackets",
        ),
        (
            "# dbreview: ignore[DBR101",
            "`# dbreview: ignore[DBR101` silences nothing: its bracket is not closed",
        ),
        (
            "# dbreview: ignore DBR101",
            "`# dbreview: ignore DBR101` silences nothing: the codes belong in brackets: `ignore[DBR101]`",
        ),
        (
            "# dbreview: ignore: lazy-load-in-loop",
            (
                "`# dbreview: ignore: lazy-load-in-loop` silences nothing: "
                "the codes belong in brackets: `ignore[lazy-load-in-loop]`"
            ),
        ),
        (
            "# dbreview: ignored[DBR101]",
            "`# dbreview: ignored[DBR101]` silences nothing: unknown word `ignored`; did you mean `ignore`?",
        ),
        (
            "# dbreview: disable",
            "`# dbreview: disable` silences nothing: unknown word `disable`; did you mean `ignore`?",
        ),
    ],
)
def test_comment_that_silences_nothing_is_told(comment: str, said: str) -> None:
    assert silenced(comment, findings=[found()]) == ([], [said])


def test_blanket_that_silences_nothing_is_told_but_a_noqa_may_serve_others() -> None:
    assert silenced("# dbreview: ignore rows") == ([], ["`# dbreview: ignore rows` silences nothing"])
    assert silenced("# dbreview: ignore-file") == ([], ["`# dbreview: ignore-file` silences nothing"])
    assert silenced("# noqa") == ([], [])


def test_each_code_of_a_comment_counts_for_itself() -> None:
    comment = "# dbreview: ignore[DBR101, DBR102]"
    assert silenced(comment, findings=[found()]) == (["DBR101"], ["`DBR102` silences nothing"])
    assert silenced(comment, findings=[found(), found("DBR102")]) == (["DBR101", "DBR102"], [])


def test_place_is_the_code_in_the_comment() -> None:
    module = Module(
        path="a.py",
        body=(),
        comments=(Comment(line=3, column=7, text="# dbreview: ignore[DBR101, DBR102]"),),
        statements=(),
        lines=9,
    )
    told = list(suppress([], [module], USUAL, BOOK.rules))
    assert [each.finding.at for each in told] == [
        Place("a.py", 3, 26, 3, 32),
        Place("a.py", 3, 34, 3, 40),
    ]


class TestLines:
    ELSEWHERE = Comment(line=4, column=1, text="# dbreview: ignore[DBR101]")
    LAST = Comment(line=9, column=1, text="# dbreview: ignore[DBR101]")

    def test_other_line_does_not_count(self) -> None:
        hidden, said = silenced(self.ELSEWHERE, findings=[found()])
        assert (hidden, len(said)) == ([], 1)

    @pytest.mark.parametrize("comment", [ELSEWHERE, LAST])
    def test_first_and_last_line_of_the_statement_count(self, comment: Comment) -> None:
        assert silenced(comment, findings=[found()], statements=((4, 9),)) == (["DBR101"], [])

    @pytest.mark.parametrize("comment", [ELSEWHERE, LAST])
    def test_lines_between_do_not_count(self, comment: Comment) -> None:
        hidden, said = silenced(comment, findings=[found()], statements=((3, 10),))
        assert (hidden, len(said)) == ([], 1)

    def test_statement_of_others_does_not_count(self) -> None:
        hidden, _ = silenced(self.ELSEWHERE, findings=[found()], statements=((1, 4), (6, 9)))
        assert hidden == []

    def test_file_is_silenced_from_any_line(self) -> None:
        comment = Comment(line=40, column=1, text="# dbreview: ignore-file[DBR101] generated")
        told = silenced(comment, findings=[found(), found(line=7), found("DBR102")])
        assert told == (["DBR101", "DBR101"], [])

    def test_file_is_silenced_as_a_whole(self) -> None:
        comment = Comment(line=1, column=1, text="# dbreview: ignore-file")
        assert silenced(comment, findings=[found(), found("DBR102", 9)]) == (["DBR101", "DBR102"], [])

    def test_other_files_are_not_silenced(self) -> None:
        hidden, said = silenced("# dbreview: ignore-file", findings=[found(path="b.py")])
        assert (hidden, len(said)) == ([], 1)


class TestOtherRuns:
    """A comment may be needed in a run with other rules than this one."""

    COMMENT = "# dbreview: ignore[DBR101]"

    def test_rule_not_selected(self) -> None:
        other = select(Settings(selectors=(Selectors(("DBR102", "DBR002")),)), BOOK)
        assert silenced(self.COMMENT, selection=other) == ([], [])
        assert silenced("# dbreview: ignore", selection=other) == ([], [])

    def test_advice_not_shown(self) -> None:
        comment = "# dbreview: ignore[DBR109]"
        assert silenced(comment) == ([], [])
        assert silenced(comment, selection=select(Settings(advice=True), BOOK))[1] == ["`DBR109` silences nothing"]

    def test_rule_whose_check_failed(self) -> None:
        ran = [each for each in BOOK.rules if each.code != "DBR101"]
        assert silenced(self.COMMENT, ran=ran) == ([], [])
        assert silenced("# dbreview: ignore", ran=ran) == ([], [])

    def test_rule_ignored_in_this_file(self) -> None:
        settings = Settings(per_file_ignores={"a.py": ("DBR101",)})
        assert silenced(self.COMMENT, selection=select(settings, BOOK)) == ([], [])
        assert silenced("# dbreview: ignore", selection=select(settings, BOOK)) == ([], [])

    def test_nobody_asked_about_suppressions(self) -> None:
        silent = select(Settings(selectors=(Selectors(ignore=("DBR002",)),)), BOOK)
        assert silenced(self.COMMENT, selection=silent) == ([], [])

    def test_hidden_finding_counts_as_a_use(self) -> None:
        assert silenced("# dbreview: ignore[DBR109]", findings=[found("DBR109")]) == (["DBR109"], [])


class TestItself:
    """`DBR002` in a comment silences what is said about that comment."""

    def test_silences_its_neighbours(self) -> None:
        assert silenced("# dbreview: ignore[DBR101, DBR002]") == ([], [])

    def test_is_itself_unused_where_all_is_well(self) -> None:
        told = silenced("# dbreview: ignore[DBR101, DBR002]", findings=[found()])
        assert told == (["DBR101"], ["`DBR002` silences nothing"])

    def test_blanket_does_not_silence_what_is_said_about_it(self) -> None:
        assert silenced("# dbreview: ignore")[1] == ["`# dbreview: ignore` silences nothing"]


def test_findings_in_files_without_module_are_kept() -> None:
    lost = found(path="broken.py")
    assert list(suppress([lost], [], USUAL, BOOK.rules)) == [lost]
