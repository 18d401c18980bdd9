"""Keeps README.md true: its rule table, examples of output and diagrams are made here, and CI runs its commands.

python scripts/readme.py            write the table, the output and the diagrams
python scripts/readme.py check      fail where one of them is stale
python scripts/readme.py run NAME   print the commands marked `<!-- command: NAME -->`
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from dbreview.rulebook import Rulebook

README = Path(__file__).parent.parent / "README.md"
FIXTURES = README.parent / "tests" / "fixtures"
_TABLE = re.compile(r"(<!-- rules: begin -->\n).*?(<!-- rules: end -->)", re.DOTALL)
_DIAGRAMS = re.compile(r"(<!-- diagrams: begin -->\n).*?(<!-- diagrams: end -->)", re.DOTALL)
_OUTPUT = re.compile(r"(<!-- output: dbreview (.*?) -->\n+```text\n).*?(```)", re.DOTALL)
_COMMAND = r"<!-- command: {name} -->\n+```sh\n(.*?)```"


def refreshed(readme: str) -> str:
    """The text with a fresh table, fresh diagrams and fresh output in the places of the old ones."""
    table, drawn = rule_table(), diagrams()
    readme = _TABLE.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", readme)
    readme = _DIAGRAMS.sub(lambda found: f"{found[1]}\n{drawn}\n{found[2]}", readme)
    return _OUTPUT.sub(lambda found: f"{found[1]}{output(found[2])}{found[3]}", readme)


def output(arguments: str) -> str:
    """What dbreview prints for these arguments, in a pipe of 110 columns."""
    ran = subprocess.run(
        [sys.executable, "-m", "dbreview", *shlex.split(arguments), "--no-cache"],
        cwd=README.parent,
        env=os.environ | {"COLUMNS": "110", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if ran.returncode == 2:
        sys.exit(ran.stderr)
    return ran.stdout


def rule_table() -> str:
    """One row per rule page."""
    head = "| code | name | severity | what it finds |\n| --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {rule.code} | [{rule.name}](rules/{rule.name}.md) | {rule.severity} | {_cell(rule.summary)} |\n"
        for rule in Rulebook.read(README.parent / "rules").rules
    )


def diagrams() -> str:
    """The schema of each example application, as Mermaid draws it."""
    folders = sorted(folder for folder in FIXTURES.iterdir() if (folder / "pyproject.toml").is_file())
    paths = [folder.relative_to(README.parent).as_posix() for folder in folders]
    drawn = {path: output(f"schema {path} --format mermaid") for path in paths}
    return "\n".join(f"[{path}]({path}):\n\n```mermaid\n{text}```\n" for path, text in drawn.items() if "{" in text)


def commands(readme: str, name: str) -> str:
    """The commands of one marked block, ready for a shell."""
    found = re.search(_COMMAND.format(name=re.escape(name)), readme, re.DOTALL)
    if found is None:
        sys.exit(f"README.md has no block marked `<!-- command: {name} -->`")
    return found[1]


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def main(arguments: list[str]) -> None:
    readme = README.read_text(encoding="utf-8")
    match arguments:
        case []:
            README.write_text(refreshed(readme), encoding="utf-8", newline="\n")
        case ["check"]:
            if refreshed(readme) != readme:
                sys.exit("README.md is stale: run `python scripts/readme.py`")
        case ["run", name]:
            print(commands(readme, name), end="")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
