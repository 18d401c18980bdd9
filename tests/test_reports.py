"""Every format says the same findings, each in the way its reader expects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dbreview.finding import Finding, Note, Place, Severity
from dbreview.report import render
from dbreview.report.style import Style
from dbreview.review import Diagnostic, Problem, Review
from dbreview.rulebook import Rule
from dbreview.settings import FORMATS

LAZY = Rule(
    code="DBR101",
    name="lazy-load-in-loop",
    severity="warning",
    summary="It loads.",
    since="0.1",
    cost="One round trip per row.",
    page="# Lazy\n\n```toml\ncode = 1\n```\n\nWords.\n",
)
GLOBAL = Rule(code="DBR301", name="global-session", severity="error", summary="It is global.", since="0.1")
ADVICE = Rule(code="DBR109", name="filter-in-python", severity="info", summary="It filters.", since="0.1")

ROUTES = 'users = fetch()\nfor user in users:\n\tshow("日本", user.posts)\n'
PLAIN = Style()


def diagnostic(rule: Rule, at: Place, *, suppressed: bool = False, **said: Any) -> Diagnostic:
    severity: Severity = rule.severity
    return Diagnostic(Finding(at, said.pop("message", "it is so"), **said), rule, severity, suppressed)


LAZY_LOAD = diagnostic(
    LAZY,
    Place("app/routes.py", 3, 13, 3, 23),
    message="`posts` is loaded with one query per row",
    help="add `selectinload(User.posts)`",
    notes=(Note("the rows come from here", Place("app/routes.py", 1, 9, 1, 16)),),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "routes.py").write_text(ROUTES, encoding="utf-8")
    return tmp_path


def review(root: Path, *diagnostics: Diagnostic, **more: Any) -> Review:
    return Review(root=root, diagnostics=diagnostics, analysed=3, reported=2, **more)


class TestText:
    def test_whole_finding(self, root: Path) -> None:
        assert render(review(root, LAZY_LOAD), "text", PLAIN) == (
            "warning[DBR101] lazy-load-in-loop: `posts` is loaded with one query per row\n"
            " --> app/routes.py:3:13\n"
            '3 |     show("日本", user.posts)\n'
            "  |                  ^^^^^^^^^^\n"
            "  |\n"
            "  = note: the rows come from here\n"
            " --> app/routes.py:1:9\n"
            "1 | users = fetch()\n"
            "  |         -------\n"
            "  = cost: One round trip per row.\n"
            "  = help: add `selectinload(User.posts)`\n"
            "\n"
            "Found 1 finding (1 warning) in 1 file.\n"
            "`dbreview explain CODE` shows the page of a rule.\n"
        )

    def test_place_of_several_lines_is_underlined_to_the_end_of_its_first(self, root: Path) -> None:
        told = render(review(root, diagnostic(GLOBAL, Place("app/routes.py", 2, 5, 3, 4))), "text", PLAIN)
        assert "2 | for user in users:\n  |     ^^^^^^^^^^^^^^\n" in told

    @pytest.mark.parametrize(
        "at",
        [Place("gone.py", 1, 1, 1, 2), Place("app/routes.py", 99, 1, 99, 2), Place("app/routes.py", 4, 1, 4, 2)],
    )
    def test_line_that_is_not_there_is_left_out(self, root: Path, at: Place) -> None:
        told = render(review(root, diagnostic(GLOBAL, at)), "text", PLAIN).splitlines()
        gutter = " " * len(str(at.line))
        assert told[1:3] == [f"{gutter}--> {at.filename}:{at.line}:{at.column}", f"{gutter} |"]

    def test_place_beyond_the_line_is_still_marked(self, root: Path) -> None:
        told = render(review(root, diagnostic(GLOBAL, Place("app/routes.py", 1, 40, 1, 50))), "text", PLAIN)
        assert "1 | users = fetch()\n  |                ^\n" in told

    def test_long_line_is_cut_around_the_place(self, root: Path) -> None:
        (root / "long.py").write_text("x = [" + "1, " * 300 + "bad()" + ", 1" * 300 + "]\n")
        told = render(review(root, diagnostic(GLOBAL, Place("long.py", 1, 906, 1, 911))), "text", PLAIN)
        line, under = told.splitlines()[2:4]
        assert len(line) < 180
        assert line[under.index("^") : under.rindex("^") + 1] == "bad()"

    def test_nothing_in_the_text_is_markup_or_moves_the_cursor(self, root: Path) -> None:
        (root / "odd.py").write_text("x = '\x1b[2J'  # [red]\u202e :smile:\r\n")
        finding = diagnostic(GLOBAL, Place("odd.py", 1, 1, 1, 2), message="[bold]`x`[/bold] \x1b[31m :smile:")
        for style in (PLAIN, Style(has_colour=True)):
            told = render(review(root, finding), "text", style)
            assert "[bold]`x`[/bold] \ufffd[31m :smile:" in told
            assert "x = '\ufffd[2J'  # [red]\ufffd :smile:" in told

    def test_colour_only_where_wanted(self, root: Path) -> None:
        plain = render(review(root, LAZY_LOAD), "text", PLAIN)
        coloured = render(review(root, LAZY_LOAD), "text", Style(has_colour=True))
        assert "\x1b" not in plain
        assert "\x1b[1;33mwarning[DBR101]\x1b[0m" in coloured
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain

    def test_long_message_is_not_wrapped(self, root: Path) -> None:
        words = "word " * 100 + "end"
        for style in (PLAIN, Style(has_colour=True)):
            assert words in render(review(root, diagnostic(GLOBAL, LAZY_LOAD.finding.at, message=words)), "text", style)

    def test_help_of_several_lines_is_indented(self, root: Path) -> None:
        told = render(
            review(root, diagnostic(GLOBAL, LAZY_LOAD.finding.at, help="write:\n    a\n    b")), "text", PLAIN
        )
        assert "  = help: write:\n              a\n              b\n" in told

    def test_gutter_is_as_wide_as_the_longest_number(self, root: Path) -> None:
        (root / "many.py").write_text("x\n" * 200)
        note = Note("here", Place("many.py", 120, 1, 120, 2))
        told = render(review(root, diagnostic(GLOBAL, Place("many.py", 7, 1, 7, 2), notes=(note,))), "text", PLAIN)
        assert (
            "   --> many.py:7:1\n  7 | x\n    | ^\n    |\n    = note: here\n   --> many.py:120:1\n120 | x\n    | -\n"
            in told
        )

    def test_names_are_those_the_user_knows(self, root: Path) -> None:
        told = render(review(root, LAZY_LOAD, names={"app/routes.py": "../shop/app/routes.py"}), "text", PLAIN)
        assert told.count("--> ../shop/app/routes.py:") == 2


@pytest.mark.parametrize(
    ("diagnostics", "sentence"),
    [
        ([], "Found nothing to report in 2 files."),
        ([diagnostic(LAZY, Place("a.py", 1, 1, 1, 2))], "Found 1 finding (1 warning) in 1 file."),
        (
            [
                diagnostic(LAZY, Place("a.py", 1, 1, 1, 2)),
                diagnostic(LAZY, Place("b.py", 1, 1, 1, 2)),
                diagnostic(GLOBAL, Place("b.py", 2, 1, 2, 2)),
                diagnostic(ADVICE, Place("b.py", 3, 1, 3, 2)),
                diagnostic(LAZY, Place("c.py", 3, 1, 3, 2), suppressed=True),
            ],
            "Found 4 findings (1 error, 2 warnings, 1 advice) in 2 files; 1 suppressed.",
        ),
        (
            [diagnostic(LAZY, Place("a.py", 1, 1, 1, 2), suppressed=True)],
            "Found nothing to report in 2 files; 1 suppressed.",
        ),
    ],
)
def test_summary(root: Path, diagnostics: list[Diagnostic], sentence: str) -> None:
    for name in ("text", "concise"):
        assert sentence in render(review(root, *diagnostics), name, PLAIN).splitlines()
        assert sentence not in render(review(root, *diagnostics), name, Style(has_summary=False))


def test_concise_is_one_line_per_finding(root: Path) -> None:
    finding = diagnostic(GLOBAL, Place("app/routes.py", 1, 1, 1, 2), message="two\nlines", help="h")
    assert render(review(root, finding, LAZY_LOAD), "concise", Style(has_summary=False)) == (
        "app/routes.py:1:1: error[DBR301] global-session: two lines\n"
        "app/routes.py:3:13: warning[DBR101] lazy-load-in-loop: `posts` is loaded with one query per row\n"
    )


class TestJson:
    def test_whole_finding(self, root: Path) -> None:
        assert json.loads(render(review(root, LAZY_LOAD), "json", PLAIN)) == [
            {
                "code": "DBR101",
                "name": "lazy-load-in-loop",
                "severity": "warning",
                "confidence": "high",
                "message": "`posts` is loaded with one query per row",
                "filename": "app/routes.py",
                "location": {"row": 3, "column": 13},
                "end_location": {"row": 3, "column": 23},
                "notes": [
                    {
                        "message": "the rows come from here",
                        "filename": "app/routes.py",
                        "location": {"row": 1, "column": 9},
                    }
                ],
                "help": "add `selectinload(User.posts)`",
                "url": None,
                "fix": None,
                "suppressed": False,
            }
        ]

    def test_nothing_is_an_empty_array(self, root: Path) -> None:
        assert render(review(root), "json", PLAIN) == "[]\n"

    def test_suppressed_findings_are_kept_and_marked(self, root: Path) -> None:
        finding = diagnostic(LAZY, Place("a.py", 1, 1, 1, 2), suppressed=True)
        assert [each["suppressed"] for each in json.loads(render(review(root, finding), "json", PLAIN))] == [True]

    def test_any_text_survives_any_pipe(self, root: Path) -> None:
        odd = "é 日本 \udcff \u2028"
        told = render(review(root, diagnostic(LAZY, Place("a.py", 1, 1, 1, 2), message=odd)), "json", PLAIN)
        assert told.isascii()
        assert json.loads(told)[0]["message"] == odd


class TestGithub:
    def test_whole_finding(self, root: Path) -> None:
        assert render(review(root, LAZY_LOAD), "github", PLAIN) == (
            "::warning title=DBR101 lazy-load-in-loop,file=app/routes.py,line=3,endLine=3,col=13,endColumn=23"
            "::`posts` is loaded with one query per row"
            "%0Anote: the rows come from here (app/routes.py:1)"
            "%0Acost: One round trip per row."
            "%0Ahelp: add `selectinload(User.posts)`\n"
        )

    def test_what_would_end_a_command_is_escaped(self, root: Path) -> None:
        finding = diagnostic(GLOBAL, Place("a,b:c%.py", 1, 1, 1, 2), message="100%\r\n::error::x, y")
        assert render(review(root, finding), "github", PLAIN) == (
            "::error title=DBR301 global-session,file=a%2Cb%3Ac%25.py,line=1,endLine=1,col=1,endColumn=2"
            "::100%25%0D%0A::error::x, y\n"
        )

    def test_place_of_several_lines_has_no_columns(self, root: Path) -> None:
        told = render(review(root, diagnostic(ADVICE, Place("a.py", 1, 4, 3, 2))), "github", PLAIN)
        assert told == "::notice title=DBR109 filter-in-python,file=a.py,line=1,endLine=3::it is so\n"

    def test_suppressed_findings_are_left_out(self, root: Path) -> None:
        finding = diagnostic(LAZY, Place("a.py", 1, 1, 1, 2), suppressed=True)
        assert render(review(root, finding), "github", PLAIN) == ""


class TestSarif:
    def test_finding(self, root: Path) -> None:
        run = sarif(review(root, LAZY_LOAD))
        result = run["results"][0]
        assert result["ruleId"] == "DBR101"
        assert result["level"] == "warning"
        assert result["message"] == {"text": "`posts` is loaded with one query per row\nadd `selectinload(User.posts)`"}
        assert result["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "app/routes.py", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 3, "startColumn": 13, "endLine": 3, "endColumn": 23},
        }
        assert [each["message"]["text"] for each in result["relatedLocations"]] == ["the rows come from here"]
        assert "suppressions" not in result

    def test_rules_carry_their_pages(self, root: Path) -> None:
        run = sarif(review(root, LAZY_LOAD, diagnostic(GLOBAL, Place("a.py", 1, 1, 1, 2))))
        lazy, other = run["tool"]["driver"]["rules"]
        assert (lazy["id"], other["id"]) == ("DBR101", "DBR301")
        assert lazy["help"]["markdown"].endswith("\n\nWords.\n")
        assert lazy["defaultConfiguration"] == {"level": "warning"}
        assert [each["ruleIndex"] for each in run["results"]] == [0, 1]

    def test_levels(self, root: Path) -> None:
        told = [diagnostic(rule, Place("a.py", 1, 1, 1, 2)) for rule in (LAZY, GLOBAL, ADVICE)]
        assert [each["level"] for each in sarif(review(root, *told))["results"]] == ["warning", "error", "note"]

    def test_suppressed_findings_are_suppressed_there_too(self, root: Path) -> None:
        finding = diagnostic(LAZY, Place("a.py", 1, 1, 1, 2), suppressed=True)
        assert sarif(review(root, finding))["results"][0]["suppressions"] == [{"kind": "inSource"}]

    @pytest.mark.parametrize(
        ("name", "uri"),
        [
            ("app/a b#%é.py", "app/a%20b%23%25%C3%A9.py"),
            ("/srv/app/a.py", "file:///srv/app/a.py"),
            ("odd\udcff.py", "odd%FF.py"),
        ],
    )
    def test_names_are_uris(self, root: Path, name: str, uri: str) -> None:
        run = sarif(review(root, diagnostic(LAZY, Place("a.py", 1, 1, 1, 2)), names={"a.py": name}))
        assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri

    def test_problems_are_told(self, root: Path) -> None:
        invocation = sarif(review(root, problems=(Problem("nope: missing"),)))["invocations"][0]
        assert invocation == {
            "executionSuccessful": False,
            "toolExecutionNotifications": [{"level": "error", "message": {"text": "nope: missing"}}],
        }
        assert sarif(review(root))["invocations"][0]["executionSuccessful"] is True


class TestFingerprints:
    def marks(self, root: Path, text: str, *lines: int) -> list[str]:
        (root / "a.py").write_text(text)
        return list(review(root, *(diagnostic(LAZY, Place("a.py", line, 1, line, 2)) for line in lines)).fingerprints)

    def test_stay_when_lines_move(self, root: Path) -> None:
        assert self.marks(root, "x = 1\n", 1) == self.marks(root, "# new\n\n    x  =  1\n", 3)

    def test_change_with_the_line(self, root: Path) -> None:
        assert self.marks(root, "x = 1\n", 1) != self.marks(root, "x = 2\n", 1)

    def test_tell_equal_lines_apart_by_their_order(self, root: Path) -> None:
        first, second = self.marks(root, "x = 1\nx = 1\n", 1, 2)
        assert first != second
        assert self.marks(root, "\n\nx = 1\n\nx = 1\n", 3, 5) == [first, second]

    def test_tell_rules_and_files_apart(self, root: Path) -> None:
        places = (Place("a.py", 1, 1, 1, 2), Place("b.py", 1, 1, 1, 2))
        told = [diagnostic(rule, at) for rule in (LAZY, GLOBAL) for at in places]
        assert len(set(review(root, *told).fingerprints)) == 4


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_nothing_and_something(root: Path, name: str) -> None:
    for found in (review(root), review(root, LAZY_LOAD)):
        told = render(found, name, PLAIN)
        assert told == "" or told.endswith("\n")


def sarif(found: Review) -> Mapping[str, Any]:
    """The one run of a log that keeps to what the standard asks of the parts we write."""
    log = json.loads(render(found, "sarif", PLAIN))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert set(run) <= {"tool", "invocations", "columnKind", "results"}
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = run["tool"]["driver"]
    assert driver["name"] == "dbreview"
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"] == rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
        assert len(set(rule["properties"]["tags"])) == len(rule["properties"]["tags"])
    for result in run["results"]:
        assert set(result) <= RESULT_KEYS
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        assert all(isinstance(mark, str) for mark in result["partialFingerprints"].values())
        ids = [each["id"] for each in result.get("relatedLocations", [])]
        assert len(set(ids)) == len(ids)
        assert all(number >= 0 for number in ids)
        for location in (*result["locations"], *result.get("relatedLocations", [])):
            check_location(location["physicalLocation"])
    return run  # type: ignore[no-any-return]


RESULT_KEYS = {
    "ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations", "partialFingerprints",
    "suppressions", "properties",
}  # fmt: skip


def check_location(location: Mapping[str, Any]) -> None:
    uri, region = location["artifactLocation"]["uri"], location["region"]
    assert re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+", uri)
    assert all(isinstance(number, int) and number >= 1 for number in region.values())
    assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"])
