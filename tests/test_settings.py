"""What the settings may say, and that whatever else they say is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Write
from dbreview.finding import Finding, Place
from dbreview.rulebook import Rule, Rulebook
from dbreview.selection import select
from dbreview.settings import Selectors, Settings, SettingsError, find_settings, read_settings


def rule(code: str, name: str, severity: str = "warning") -> Rule:
    return Rule(code=code, name=name, severity=severity, summary="s", since="0.1")  # type: ignore[arg-type]


BOOK = Rulebook(
    (
        rule("DBR101", "lazy-load-in-loop"),
        rule("DBR102", "query-in-loop", "error"),
        rule("DBR109", "filter-in-python", "info"),
        rule("DBR201", "foreign-key-without-index"),
        rule("DBR205", "redundant-index", "info"),
    )
)


def settings(text: str, folder: Path) -> Settings:
    file = folder / "dbreview.toml"
    file.write_text(text, encoding="utf-8")
    return read_settings(file, BOOK)


def test_every_key(tmp_path: Path) -> None:
    read = settings(
        """
        select = ["DBR1"]
        extend-select = ["redundant-index"]
        ignore = ["DBR101"]
        advice = true
        fail-on = "error"
        exclude = ["old"]
        extend-exclude = ["gen/*"]
        src = ["backend"]
        dialect = "mysql"
        created-columns = ["born"]
        updated-columns = ["touched"]
        output-format = "concise"
        [per-file-ignores]
        "tests/*" = ["DBR2"]
        [severity]
        "query-in-loop" = "info"
        """,
        tmp_path,
    )
    assert read == Settings(
        selectors=(Selectors(("DBR1",), ("redundant-index",), ("DBR101",)),),
        per_file_ignores={"tests/*": ("DBR2",)},
        severity={"DBR102": "info"},
        advice=True,
        fail_on="error",
        exclude=("old",),
        extend_exclude=("gen/*",),
        src=("backend",),
        dialect="mysql",
        created_columns=("born",),
        updated_columns=("touched",),
        output_format="concise",
        file=tmp_path / "dbreview.toml",
        folder=tmp_path,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "unknown key `selct`; did you mean `select`?"),
        ("zzz = 1", "unknown key `zzz`"),
        ("select = 'DBR1'", "`select` must be a list of strings"),
        ("select = [1]", "`select` must be a list of strings"),
        ("select = ['DBR1O1']", "`select`: unknown rule `DBR1O1`; did you mean `DBR101`?"),
        ("ignore = ['query-in-lop']", "`ignore`: unknown rule `query-in-lop`; did you mean `query-in-loop`?"),
        ("extend-select = ['']", "`extend-select`: unknown rule ``"),
        ("advice = 'yes'", "`advice` must be true or false"),
        (
            "dialect = 'postgres'",
            "`dialect` must be one of postgresql, mysql, mariadb, sqlite, oracle, mssql; did you mean `postgresql`?",
        ),
        ("dialect = 1", "`dialect` must be one of postgresql, mysql, mariadb, sqlite, oracle, mssql"),
        ("fail-on = 'warn'", "`fail-on` must be one of error, warning, info, never; did you mean `warning`?"),
        ("output-format = 'xml'", "`output-format` must be one of text, concise, json, github, sarif"),
        ("severity = 'error'", "`severity` must be a table"),
        ("severity.DBR101 = 'off'", "`severity.DBR101` must be one of error, warning, info"),
        ("severity.DBR999 = 'info'", "`severity`: unknown rule `DBR999`; did you mean `DBR109`?"),
        ("per-file-ignores = ['x']", "`per-file-ignores` must be a table"),
        ("per-file-ignores.'a.py' = 'DBR1'", "`per-file-ignores.a.py` must be a list of strings"),
        ("per-file-ignores.'a.py' = ['X1']", "`per-file-ignores.a.py`: unknown rule `X1`"),
        ("exclude = ['!']", "`exclude`: `!` is not a pattern"),
    ],
)
def test_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(text, tmp_path)
    assert str(refused.value) == f"{tmp_path / 'dbreview.toml'}: {message}"


@pytest.mark.parametrize("data", [b"select = [", b"\xff\xfe", b"a = " + b"[" * 5000])
def test_file_that_is_no_toml(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "dbreview.toml"
    file.write_bytes(data)
    with pytest.raises(SettingsError, match=r"dbreview\.toml: (not|nested)"):
        read_settings(file, BOOK)


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml: No such file"):
        read_settings(tmp_path / "missing.toml", BOOK)


def test_pyproject_keeps_settings_in_its_own_table(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("select = 1\n[tool.ruff]\nselect = 2\n[tool.dbreview]\ndialect = 'sqlite'\n")
    assert read_settings(file, BOOK).dialect == "sqlite"
    file.write_text("[tool]\ndbreview = 3\n")
    with pytest.raises(SettingsError, match=r"`tool\.dbreview` must be a table"):
        read_settings(file, BOOK)


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "dbreview.toml"
    file.write_bytes(b"\xef\xbb\xbfadvice = true\n")
    assert read_settings(file, BOOK).advice


class TestFinding:
    def test_nearest_file_with_settings_counts(self, write: Write) -> None:
        folder = write({"dbreview.toml": "dialect = 'mysql'", "a/pyproject.toml": "", "a/b/x.py": ""})
        assert find_settings(folder / "a" / "b", BOOK).file == folder / "dbreview.toml"
        (folder / "a" / "pyproject.toml").write_text("[tool.dbreview]\n")
        assert find_settings(folder / "a" / "b", BOOK).file == folder / "a" / "pyproject.toml"

    def test_own_file_comes_before_pyproject(self, write: Write) -> None:
        folder = write({"dbreview.toml": "dialect = 'mysql'", "pyproject.toml": "[tool.dbreview]\ndialect='sqlite'"})
        assert find_settings(folder, BOOK).dialect == "mysql"

    def test_search_ends_at_the_repository(self, write: Write) -> None:
        folder = write({"dbreview.toml": "dialect = 'mysql'", "repo/.git/HEAD": "", "repo/a/x.py": ""})
        assert find_settings(folder / "repo" / "a", BOOK) == Settings()

    def test_search_ends_at_home(self, write: Write) -> None:
        folder = write({"a/x.py": ""})
        (folder.parent / "dbreview.toml").write_text("broken")
        assert find_settings(folder / "a", BOOK) == Settings()


def codes(*sources: Selectors, advice: bool = False) -> set[str]:
    chosen = select(Settings(selectors=sources, advice=advice), BOOK)
    return {each.code for each in BOOK.rules if chosen.shows(each, chosen.severity(each))}


class TestSelection:
    def test_advice_waits_to_be_asked_for(self) -> None:
        assert codes() == {"DBR101", "DBR102", "DBR201"}
        assert codes(advice=True) == {each.code for each in BOOK.rules}
        assert codes(Selectors(("ALL",))) == {each.code for each in BOOK.rules}
        assert codes(Selectors(("DBR109",))) == {"DBR109"}
        assert codes(Selectors(("DBR1",))) == {"DBR101", "DBR102", "DBR109"}
        assert codes(Selectors(extend_select=("redundant-index",))) == {"DBR101", "DBR102", "DBR201", "DBR205"}

    def test_ignore_takes_away(self) -> None:
        assert codes(Selectors(ignore=("DBR1",))) == {"DBR201"}
        assert codes(Selectors(ignore=("ALL",))) == set()
        assert codes(Selectors(ignore=("DBR205",)), advice=True) == {"DBR101", "DBR102", "DBR109", "DBR201"}

    def test_narrower_selector_wins(self) -> None:
        assert codes(Selectors(("DBR101",), ignore=("DBR1",))) == {"DBR101"}
        assert codes(Selectors(("DBR1",), ignore=("query-in-loop",))) == {"DBR101", "DBR109"}
        assert codes(Selectors(("DBR1",), ignore=("DBR10",))) == set()
        assert codes(Selectors(("DBR1",), ignore=("DBR1",))) == set()

    def test_command_line_overrides_the_file(self) -> None:
        file = Selectors(("DBR1",), ignore=("DBR101",))
        assert codes(file, Selectors()) == {"DBR102", "DBR109"}
        assert codes(file, Selectors(("DBR101",))) == {"DBR101"}
        assert codes(file, Selectors(extend_select=("DBR201",))) == {"DBR102", "DBR109", "DBR201"}
        assert codes(file, Selectors(ignore=("DBR109",))) == {"DBR102"}

    def test_case_does_not_matter(self) -> None:
        assert codes(Selectors(("dbr101", "Query-In-Loop"))) == {"DBR101", "DBR102"}
        assert codes(Selectors(("all",), ignore=("dbr1",))) == {"DBR201", "DBR205"}


class TestSeverity:
    AT = Place("a.py", 1, 1, 1, 2)

    def test_user_then_finding_then_page(self) -> None:
        lazy = BOOK.rule("DBR101")
        plain, graver = Finding(self.AT, "m"), Finding(self.AT, "m", severity="error")
        usual = select(Settings(), BOOK)
        assert (usual.severity(lazy, plain), usual.severity(lazy, graver)) == ("warning", "error")
        chosen = select(Settings(severity={"DBR101": "info"}), BOOK)
        assert chosen.severity(lazy, graver) == "info"

    def test_finding_is_shown_by_its_own_severity(self) -> None:
        usual = select(Settings(), BOOK)
        advice, lazy = BOOK.rule("DBR205"), BOOK.rule("DBR101")
        assert usual.shows_finding(advice, Finding(self.AT, "m", severity="warning"))
        assert not usual.shows_finding(advice, Finding(self.AT, "m"))
        assert not usual.shows_finding(lazy, Finding(self.AT, "m", severity="info"))

    def test_rule_demoted_by_the_user_is_advice(self) -> None:
        chosen = select(Settings(severity={"DBR101": "info", "DBR205": "warning"}), BOOK)
        assert not chosen.shows_finding(BOOK.rule("DBR101"), Finding(self.AT, "m"))
        assert chosen.shows_finding(BOOK.rule("DBR205"), Finding(self.AT, "m"))

    def test_doubtful_finding_waits_to_be_asked_for(self) -> None:
        doubtful = Finding(self.AT, "m", confidence="low")
        lazy = BOOK.rule("DBR101")
        assert not select(Settings(), BOOK).shows_finding(lazy, doubtful)
        assert not select(Settings(selectors=(Selectors(("DBR101",)),)), BOOK).shows_finding(lazy, doubtful)
        assert select(Settings(advice=True), BOOK).shows_finding(lazy, doubtful)
        assert select(Settings(selectors=(Selectors(("ALL",)),)), BOOK).shows_finding(lazy, doubtful)

    def test_prefix_sets_all_and_a_code_wins_over_it(self, tmp_path: Path) -> None:
        read = settings("severity = {DBR101 = 'info', DBR1 = 'error'}", tmp_path)
        assert read.severity == {"DBR101": "info", "DBR102": "error", "DBR109": "error"}


@pytest.mark.parametrize(
    ("pattern", "filename", "is_ignored"),
    [
        ("tests/*", "tests/test_a.py", True),
        ("tests/*", "tests/deep/test_a.py", True),
        ("tests/*", "app/a.py", False),
        ("a.py", "app/a.py", True),
        ("/a.py", "app/a.py", False),
        ("**/models/*.py", "app/models/user.py", True),
        ("!app/**", "scripts/a.py", True),
        ("!app/**", "app/a.py", False),
    ],
)
def test_per_file_ignores(tmp_path: Path, pattern: str, filename: str, is_ignored: bool) -> None:
    chosen = select(Settings(per_file_ignores={pattern: ("DBR1",)}, folder=tmp_path), BOOK, tmp_path)
    assert chosen.ignores(BOOK.rule("DBR101"), filename) is is_ignored
    assert not chosen.ignores(BOOK.rule("DBR201"), filename)
