"""The command as people and CI use it: exit statuses, streams, bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Command, Write
from dbreview.rulebook import Rulebook

GOOD = "x = 1\n"
BROKEN = "def (\n"
UNUSED = "x = 1  # dbreview: ignore[DBR101]\n"
APP = {"pyproject.toml": "", "app/good.py": GOOD, "app/broken.py": BROKEN, "app/unused.py": UNUSED}


def codes(out: str) -> list[tuple[str, str]]:
    return [(each["filename"], each["code"]) for each in json.loads(out)]


class TestExitStatus:
    def test_nothing_to_report(self, write: Write, dbreview: Command) -> None:
        write({"pyproject.toml": "", "app/good.py": GOOD})
        told = dbreview("app")
        assert (told.status, told.out, told.err) == (0, "Found nothing to report in 1 file.\n", "")

    def test_findings(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = dbreview("app", "--output-format", "json")
        assert told.status == 1
        assert codes(told.out) == [("app/broken.py", "DBR001"), ("app/unused.py", "DBR002")]

    @pytest.mark.parametrize(
        ("fail_on", "name", "status"),
        [
            ("error", "broken", 1),
            ("error", "unused", 0),
            ("warning", "unused", 1),
            ("info", "unused", 1),
            ("info", "good", 0),
            ("never", "broken", 0),
        ],
    )
    def test_fail_on(self, write: Write, dbreview: Command, fail_on: str, name: str, status: int) -> None:
        write(APP)
        assert dbreview(f"app/{name}.py", "--fail-on", fail_on).status == status

    def test_exit_zero(self, write: Write, dbreview: Command) -> None:
        write(APP)
        assert dbreview("app", "--exit-zero").status == 0
        assert dbreview("app", "nope", "--exit-zero").status == 2

    def test_missing_path_is_named_and_the_rest_reviewed(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = dbreview("nope", "app/unused.py", "--output-format", "json")
        assert (told.status, told.err) == (2, "dbreview: nope: no such file or folder\n")
        assert codes(told.out) == [("app/unused.py", "DBR002")]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--select", "DBR9"), "unknown rule `DBR9`; did you mean `DBR"),
            (("--ignore", "query-in-lop"), "did you mean `query-in-loop`?"),
            (("--extend-select", "DBR101,,X"), "unknown rule `X`"),
            (("--fail-on", "warn"), "--fail-on"),
            (("--output-format", "xml"), "--output-format"),
            (("--colour",), "No such option"),
            (("--config", "missing.toml"), "missing.toml: No such file or directory"),
            (("--config", "pyproject.toml", "--isolated"), "exclude each other"),
            (("--statistics", "--output-format", "sarif"), "--statistics has no sarif format"),
            (("explain",), "Missing argument"),
            (("explain", "DBR999"), "unknown rule `DBR999`; did you mean"),
        ],
    )
    def test_wrong_usage(self, write: Write, dbreview: Command, arguments: tuple[str, ...], said: str) -> None:
        write(APP)
        told = dbreview(*arguments)
        assert (told.status, told.out) == (2, "")
        assert said in told.err
        assert "Traceback" not in told.err


class TestCommands:
    def test_check_may_be_left_out(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = dbreview("app")
        assert dbreview("check", "app") == dbreview("--fail-on", "warning", "check", "app") == told

    def test_current_folder_is_the_default(self, write: Write, dbreview: Command) -> None:
        write(APP)
        assert dbreview() == dbreview("check") == dbreview("check", ".")

    def test_folder_called_check_is_reviewed(self, write: Write, dbreview: Command) -> None:
        write({"pyproject.toml": "", "check/broken.py": BROKEN})
        assert "check/broken.py" in dbreview("--quiet", "check").out

    @pytest.mark.parametrize("option", ["--version", "-V"])
    def test_version(self, dbreview: Command, option: str) -> None:
        told = dbreview(option)
        assert (told.status, told.out) == (0, "dbreview 0.1.0\n")

    @pytest.mark.parametrize("option", ["--help", "-h"])
    def test_help_tells_the_options_of_check(self, dbreview: Command, option: str) -> None:
        told = dbreview(option)
        assert told.status == 0
        for word in ("check", "explain", "rules", "--select", "--advice", "--fail-on", "--version"):
            assert word in told.out

    @pytest.mark.parametrize("name", ["DBR002", "dbr002", "unused-suppression"])
    def test_explain_prints_the_page(self, dbreview: Command, name: str) -> None:
        told = dbreview("explain", name)
        assert (told.status, told.out) == (0, Rulebook.read().rule("DBR002").page)

    def test_rules(self, dbreview: Command) -> None:
        lines = dbreview("rules").out.splitlines()
        listed = json.loads(dbreview("rules", "--output-format", "json").out)
        assert [line.split()[0] for line in lines] == [each["code"] for each in listed]
        assert set(listed[0]) == {
            "code", "name", "severity", "summary", "cost", "since", "fixable", "sources", "applies_to",
        }  # fmt: skip


class TestOptions:
    def test_select_and_ignore(self, write: Write, dbreview: Command) -> None:
        write(APP)

        def found(*arguments: str) -> list[str]:
            told = dbreview("app", "--output-format", "json", *arguments)
            return [code for _, code in codes(told.out)]

        assert found("--select", "DBR001") == ["DBR001"]
        assert found("--ignore", "unparsable-file,DBR1") == []  # the suppression may be needed elsewhere
        assert found("--ignore", "DBR001") == ["DBR002"]
        assert found("--select", "DBR0", "--ignore", "DBR001") == []
        assert found("--select", "DBR0,DBR101", "--ignore", "DBR001") == ["DBR002"]
        assert found("--select", "DBR001", "--extend-select", "DBR002", "--extend-select", "DBR101") == [
            "DBR001",
            "DBR002",
        ]

    def test_command_line_overrides_the_file(self, write: Write, dbreview: Command) -> None:
        write(APP | {"dbreview.toml": 'ignore = ["DBR001"]\noutput-format = "json"\nfail-on = "never"\n'})
        assert codes(dbreview("app").out) == [("app/unused.py", "DBR002")]
        assert dbreview("app").status == 0
        assert codes(dbreview("app", "--select", "DBR001").out) == [("app/broken.py", "DBR001")]
        assert dbreview("app", "--fail-on", "warning").status == 1
        assert dbreview("app", "--isolated", "--output-format", "concise", "--quiet").out.count("\n") == 2

    def test_config_from_elsewhere(self, write: Write, dbreview: Command) -> None:
        write(APP | {"ci/strict.toml": 'exclude = ["app/broken.py"]\n'})
        told = dbreview("app", "--config", "ci/strict.toml", "--output-format", "json")
        assert codes(told.out) == [("app/unused.py", "DBR002")]

    def test_advice_is_shown_on_request_and_fails_on_request(self, write: Write, dbreview: Command) -> None:
        write(APP | {"dbreview.toml": 'severity = {DBR002 = "info"}\n'})
        hidden, shown = dbreview("app/unused.py"), dbreview("app/unused.py", "--advice")
        assert (hidden.status, hidden.out) == (0, "Found nothing to report in 1 file.\n")
        assert (shown.status, shown.out[:12]) == (0, "info[DBR002]")
        assert dbreview("app/unused.py", "--advice", "--fail-on", "info").status == 1

    def test_per_file_ignores(self, write: Write, dbreview: Command) -> None:
        write(APP | {"dbreview.toml": '[per-file-ignores]\n"app/b*.py" = ["DBR0"]\n'})
        assert codes(dbreview("app", "--output-format", "json").out) == [("app/unused.py", "DBR002")]

    def test_statistics(self, write: Write, dbreview: Command) -> None:
        write(APP | {"app/unused2.py": UNUSED})
        told = dbreview("app", "--statistics")
        assert told.status == 1
        assert told.out == (
            "2  DBR002  unused-suppression [warning]\n"
            "1  DBR001  unparsable-file [error]\n"
            "Found 3 findings (1 error, 2 warnings) in 3 files.\n"
        )
        assert json.loads(dbreview("app", "--statistics", "--output-format", "json").out)[0] == {
            "code": "DBR002",
            "name": "unused-suppression",
            "severity": "warning",
            "count": 2,
        }

    def test_quiet(self, write: Write, dbreview: Command) -> None:
        write(APP)
        assert "Found" not in dbreview("app", "--quiet").out
        assert dbreview("app/good.py", "-q").out == ""

    def test_verbose_ends_with_what_was_understood(self, write: Write, dbreview: Command) -> None:
        folder = write(APP)
        told = dbreview("app", "--verbose")
        assert f"Analysed 3 files of {folder}, reported on 3.\n" in told.err
        assert "Analysed" not in told.out

    def test_output_file(self, write: Write, dbreview: Command) -> None:
        folder = write(APP)
        target = folder / "report.json"
        target.write_text("old")
        told = dbreview("app", "--output-format", "json", "--output-file", target)
        assert (told.status, told.out) == (1, "")
        assert len(codes(target.read_text())) == 2
        assert not list(folder.glob(".report*"))

    def test_output_file_without_colour(self, write: Write, dbreview: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = write(APP)
        dbreview("--version")
        monkeypatch.setenv("FORCE_COLOR", "1")
        dbreview("app", "--output-file", "report.txt")
        assert "\x1b" not in (folder / "report.txt").read_text()

    def test_output_file_that_cannot_be_written(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = dbreview("app", "--output-file", "no/such/folder.txt")
        assert (told.status, told.out) == (2, "")
        assert "folder.txt: No such file or directory" in told.err

    def test_names_as_typed(self, write: Write, dbreview: Command) -> None:
        folder = write(APP)
        relative = dbreview("app/broken.py", "--output-format", "json")
        absolute = dbreview(folder / "app" / "broken.py", "--output-format", "json")
        assert codes(relative.out) == [("app/broken.py", "DBR001")]
        assert codes(absolute.out) == [(str(folder / "app" / "broken.py"), "DBR001")]


class TestBadInput:
    """A file that cannot be reviewed is a finding; everything else is reviewed all the same."""

    @pytest.mark.parametrize(
        "source",
        [
            BROKEN.encode(),
            b"x = '\xff\xfe'\n",
            b"# coding: latin-9000\nx = 1\n",
            b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n",
            b"x = " + b"[" * 10_000 + b"\n",
            b"x = 1\n\x00\n",
            "x = 'é'\n".encode("utf-16"),
        ],
        ids=["syntax", "not UTF-8", "unknown encoding", "nested", "unclosed", "null", "UTF-16"],
    )
    def test_file_that_is_no_python(self, write: Write, dbreview: Command, source: bytes) -> None:
        folder = write(APP)
        (folder / "app" / "broken.py").write_bytes(source)
        told = dbreview("app", "--output-format", "json")
        assert codes(told.out) == [("app/broken.py", "DBR001"), ("app/unused.py", "DBR002")]
        assert (told.status, told.err) == (1, "")
        assert dbreview("app").status == 1

    @pytest.mark.parametrize("source", [b"", b"\xef\xbb\xbfx = 1\n", b"# coding: latin-1\nx = '\xe9'\n", b"x = 1\r\n"])
    def test_unusual_file_that_is_python(self, write: Write, dbreview: Command, source: bytes) -> None:
        folder = write({"pyproject.toml": ""})
        (folder / "a.py").write_bytes(source)
        assert dbreview("a.py").status == 0

    @pytest.mark.skipif(os.name == "nt", reason="needs links")
    def test_file_that_cannot_be_read(self, write: Write, dbreview: Command) -> None:
        folder = write(APP)
        (folder / "app" / "broken.py").unlink()
        (folder / "app" / "broken.py").symlink_to("nowhere.py")
        told = dbreview("app", "--output-format", "json")
        assert codes(told.out) == [("app/broken.py", "DBR001"), ("app/unused.py", "DBR002")]
        assert "No such file or directory" in json.loads(told.out)[0]["message"]

    @pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="the superuser reads everything")
    def test_file_without_permission(self, write: Write, dbreview: Command) -> None:
        folder = write(APP)
        (folder / "app" / "broken.py").chmod(0)
        assert "Permission denied" in dbreview("app").out

    def test_broken_configuration(self, write: Write, dbreview: Command) -> None:
        folder = write(APP | {"pyproject.toml": "[tool.dbreview]\nselct = []\n"})
        told = dbreview("app")
        assert (told.status, told.out) == (2, "")
        assert told.err == f"dbreview: {folder / 'pyproject.toml'}: unknown key `selct`; did you mean `select`?\n"

    def test_file_that_is_named_but_excluded(self, write: Write, dbreview: Command) -> None:
        write(APP | {"dbreview.toml": 'exclude = ["app/broken.py"]\n'})
        assert dbreview("app/broken.py").status == 1
        assert dbreview("app/broken.py", "--force-exclude").status == 0

    def test_mistake_of_our_own(self, write: Write, dbreview: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(project: object) -> None:
            raise ZeroDivisionError("by zero")

        write(APP)
        monkeypatch.setattr("dbreview.checks.unparsable_file.check", fail)
        told = dbreview("app", "--output-format", "json")
        assert told.status == 2
        assert codes(told.out) == [("app/unused.py", "DBR002")]
        assert "checking DBR001 unparsable-file: ZeroDivisionError: by zero (test_cli.py:" in told.err
        assert "Traceback" not in told.err
        assert "Traceback" in dbreview("app", "--verbose").err
        monkeypatch.setenv("DBREVIEW_TRACEBACK", "1")

    def test_mistake_outside_the_checks(self, write: Write, dbreview: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*arguments: object) -> None:
            raise ZeroDivisionError("by zero")

        write(APP)
        monkeypatch.setattr("dbreview.link.link", fail)
        told = dbreview("app")
        assert (told.status, told.out) == (2, "")
        assert "ZeroDivisionError: by zero" in told.err
        assert "report" in told.err
        assert "Traceback" not in told.err
        assert "Traceback" in dbreview("app", "--verbose").err

    def test_interrupt(self, write: Write, dbreview: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*arguments: object) -> None:
            raise KeyboardInterrupt

        write(APP)
        monkeypatch.setattr("dbreview.link.link", interrupt)
        told = dbreview("app")
        assert (told.status, told.err) == (130, "\n")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dbreview", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
    )


class TestProcess:
    def test_same_input_same_bytes(self, write: Write) -> None:
        write(APP)
        one, other = (run("app", "--output-format", "sarif", PYTHONHASHSEED=seed) for seed in ("1", "2"))
        assert one.stdout == other.stdout != ""

    def test_reader_that_goes_away(self, write: Write) -> None:
        write(APP | {f"app/u{number}.py": UNUSED for number in range(200)})
        reader, writer = os.pipe()
        os.close(reader)
        told = subprocess.run(
            [sys.executable, "-m", "dbreview", "app"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
        os.close(writer)
        assert (told.returncode, told.stderr) == (1, "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_disk_that_is_full(self, write: Write) -> None:
        write(APP)
        with Path("/dev/full").open("w") as full:
            told = subprocess.run(
                [sys.executable, "-m", "dbreview", "app"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert told.returncode == 2
        assert told.stderr == "dbreview: standard output: No space left on device\n"

    def test_terminal_that_knows_only_ascii(self, write: Write) -> None:
        write({"pyproject.toml": "", "a.py": "x = 'é'  # dbreview: ignore[DBR101]\n"})
        told = run("a.py", PYTHONIOENCODING="ascii")
        assert told.returncode == 1
        assert "x = '\\xe9'" in told.stdout

    def test_no_colour_in_a_pipe(self, write: Write) -> None:
        write(APP)
        assert "\x1b" not in run("app").stdout
        assert "\x1b[" in run("app", FORCE_COLOR="1").stdout
        assert "\x1b" not in run("app", FORCE_COLOR="1", NO_COLOR="1").stdout
        assert "\x1b" not in run("explain", "DBR002", FORCE_COLOR="1").stdout

    def test_quick_commands_load_nothing_slow(self) -> None:
        for arguments in (["--version"], ["explain", "DBR001"], ["rules"]):
            code = (
                "import sys; from dbreview.cli import commands; "
                f"commands.main({arguments!r}, standalone_mode=False); "
                "print(sorted({'libcst', 'rich', 'msgspec'} & set(sys.modules)), file=sys.stderr)"
            )
            told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            assert told.stderr == "[]\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
class TestTerminal:
    def shown(self, *arguments: str, **environment: str) -> str:
        import pty

        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "dbreview", *arguments],
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            env={key: value for key, value in os.environ.items() if key != "NO_COLOR"}
            | {"TERM": "xterm", "COLUMNS": "90"}
            | environment,
        )
        os.close(theirs)
        data = b""
        try:
            while more := os.read(ours, 65536):
                data += more
        except OSError:  # the way some systems say that the other end is closed
            pass
        os.close(ours)
        process.wait()
        return data.decode()

    def test_colour(self, write: Write) -> None:
        write(APP)
        assert "\x1b[1;31merror[DBR001]\x1b[0m" in self.shown("app")
        assert "\x1b" not in self.shown("app", NO_COLOR="1")
        assert "\x1b" not in self.shown("app", TERM="dumb")

    def test_page_is_set(self) -> None:
        page = self.shown("explain", "DBR002")
        assert "\x1b[" in page
        assert "```" not in page
        assert "made_by" not in page

    def test_rules_are_a_table(self) -> None:
        assert "│" in self.shown("rules")
