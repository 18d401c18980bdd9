"""Keeps README.md true: its rule table comes from the rule pages, and CI runs its commands.

python scripts/readme.py            write the table
python scripts/readme.py check      fail where the table is stale
python scripts/readme.py run NAME   print the commands marked `<!-- command: NAME -->`
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from dbreview.rulebook import Rulebook

README = Path(__file__).parent.parent / "README.md"
_TABLE = re.compile(r"(<!-- rules: begin -->\n).*?(<!-- rules: end -->)", re.DOTALL)
_COMMAND = r"<!-- command: {name} -->\n+```sh\n(.*?)```"


def with_table(readme: str) -> str:
    """The text with a fresh table in the place of the old one."""
    table = rule_table()
    return _TABLE.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", readme)


def rule_table() -> str:
    """One row per rule page."""
    head = "| code | name | severity | what it finds |\n| --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {rule.code} | [{rule.name}](rules/{rule.name}.md) | {rule.severity} | {_cell(rule.summary)} |\n"
        for rule in Rulebook.read(README.parent / "rules").rules
    )


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
            README.write_text(with_table(readme), encoding="utf-8", newline="\n")
        case ["check"]:
            if with_table(readme) != readme:
                sys.exit("the rule table in README.md is stale: run `python scripts/readme.py`")
        case ["run", name]:
            print(commands(readme, name), end="")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
