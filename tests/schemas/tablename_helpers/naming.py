"""How this application names its tables."""

# misread: foreign keys: a helper of a helper with %
# misread: unknown: a helper of a helper with %

import re

PREFIX = "zoo"
SEPARATOR = "_"
NAMES = {"cage": "cages", "keeper": "staff"}


class Tables:
    ANIMAL = "animals"
    VISIT = f"{PREFIX}_visits"


def prefixed(name: str) -> str:
    return f"{PREFIX}{SEPARATOR}{name}"


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lstrip("_").lower()


def key_of(table: str, column: str = "id") -> str:
    return "%s.%s" % (prefixed(table), column)
