"""Passwords of databases that are written in the source: in URLs, DSNs, and the arguments of drivers.

Whether one is meant seriously is decided by tables of words; nothing here keeps the password itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Confidence, Place
from dbreview.frameworks import credentials as known
from dbreview.frameworks import drivers
from dbreview.link.engines.literals import Home, homes_of, quiet_in
from dbreview.link.names import Variable
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.project import HardCodedCredential, Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_NOWHERE = Home("nothing", "")
_MASK = "***"
_LONGEST = 60
"""The most letters of which words are made out: one and the same text can be cut in many ways."""
_BUILDERS = known.URL_BUILDERS | {
    name
    for name in drivers.CONNECTS | drivers.CONNECTS_ASYNC | drivers.POOL_MAKERS.keys()
    if not name.startswith(known.EMBEDDED)
}


@dataclass(frozen=True, slots=True)
class _Login:
    """What is written of a database's login. An empty host is one that the source does not say."""

    user: str
    password: str
    host: str
    database: str
    shown: str


_Holder: TypeAlias = facts.Constant | facts.FormattedString | facts.Call | facts.DictDisplay


def hard_coded_credentials(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[HardCodedCredential]:
    """Every place where the password of a database is written, each once."""
    for path, module in sorted(interpreter.names.modules.items()):
        if roles.get(path) not in ("application", "script"):
            continue
        found = [
            (confidence, *each)
            for each in _logins(interpreter, path, module.body)
            if (confidence := _confidence(each[1])) is not None
        ]
        if not found:
            continue
        quiet, homes = quiet_in(module.body), homes_of(interpreter, path, module.body)
        for confidence, node, login, password_at in sorted(found, key=lambda each: each[1].at):
            if node not in quiet:
                home = _home(node) or homes.get(node, _NOWHERE)
                yield HardCodedCredential(
                    Place(path, *node.at),
                    login.shown,
                    login.user,
                    login.host,
                    home.kind,
                    home.name,
                    password_at,
                    confidence,
                )


def _home(node: _Holder) -> Home | None:
    """What holds a password that stands for itself: an argument, or the entry of a dict."""
    match node:
        case facts.Call(_, arguments):
            named = (argument.keyword for argument in arguments if argument.keyword in known.PASSWORDS)
            return Home("argument", next(named, "password"))
        case facts.DictDisplay():
            return Home("entry", "password")
    return None


def _logins(interpreter: Interpreter, path: str, body: Block) -> Iterator[tuple[_Holder, _Login, Place | None]]:
    """What is written of logins in a module, the texts inside formatted ones not for themselves."""
    parts: set[object] = set()
    in_functions: set[object] = set()
    credentials: set[object] = set()
    for node in walk(body, into_functions=True):
        match node:
            case facts.Function(body=body_of):
                in_functions |= {each for each in walk(body_of) if isinstance(each, _Holder)}
            case facts.Constant(str() as text) if node not in parts:
                if (login := _written(text)) is not None:
                    yield node, login, None
            case facts.FormattedString() if node not in parts:
                parts |= set(walk(node))
                reader = _Text(interpreter, path, is_local=node in in_functions)
                if (login := _written(reader.of(node))) is not None:
                    yield node, login, reader.found
            case facts.Call(func, arguments) if last_name(func) in known.BUILDING_NAMES:
                name = interpreter.module_frame(path).symbol_of(func)
                if name in _BUILDERS:
                    reader = _Text(interpreter, path, is_local=node in in_functions)
                    login = _given(reader, _keywords(name, arguments), dotted_name(func) or name)
                    if login is not None:
                        yield node, login, reader.found
            case facts.DictItem(facts.Constant("credentials"), inner):
                credentials.add(inner)
            case facts.DictDisplay(items):
                named: dict[object, Expression] = {
                    each.key.value: each.value for each in items if isinstance(each.key, facts.Constant)
                }
                if _is_login(named) and (node in credentials or _talks_sql(interpreter, path)):
                    reader = _Text(interpreter, path, is_local=node in in_functions)
                    if (login := _given(reader, named, "")) is not None:
                        yield node, login, reader.found


def _is_login(named: dict[object, Expression]) -> bool:
    return all(keys & named.keys() for keys in (known.DATABASES, known.PASSWORDS, known.USERS, known.HOSTS))


def _talks_sql(interpreter: Interpreter, path: str) -> bool:
    """Whether a file imports a driver or an ORM: a login in it is hardly one for a cache or a queue."""
    tops = {library.partition(".")[0] for library in interpreter.names.imported_libraries(path)}
    return not tops.isdisjoint(drivers.DIALECT_OF.keys() | known.ORMS)


# --- reading ------------------------------------------------------------------------------


class _Text:
    """Texts of expressions, with what nobody knows in braces.

    The names of a module's constants are known; what ``is_local`` may mean a variable of its function, unless it is
    written like a constant.
    """

    def __init__(self, interpreter: Interpreter, path: str, *, is_local: bool) -> None:
        self._names = interpreter.names
        self._path = path
        self._is_local = is_local
        self.found: Place | None = None

    def of(self, node: Expression | None) -> str:
        match node:
            case None:
                return ""
            case facts.Constant(value) if not node.is_opaque:
                return str(value)
            case facts.FormattedString(parts):
                return "".join(self.of(part) for part in parts)
            case facts.Name(name) if name.isupper() or not self._is_local:
                definition = self._names.resolve(self._path, name)
                if isinstance(definition, Variable) and isinstance(definition.value, facts.Constant):
                    if isinstance(definition.value.value, str):
                        if "password" in name.lower() or "pw" in name.lower():
                            self.found = Place(definition.path, *definition.value.at)
                        return definition.value.value
        return f"{{{dotted_name(node) or '...'}}}"


def _written(text: str) -> _Login | None:
    """The login in a URL or in ``host=... password=...``."""
    match = known.URL.match(text)
    if match is None:
        return _dsn(text) if "=" in text else None
    password = match["password"]
    if not password:
        return None
    user, rest = match["user"], match["rest"]
    host = known.HOST.match(rest)
    database = known.DATABASE.match(rest)
    shown = f"{match['start']}{user}:{_MASK}@{rest}"
    name = (host["six"] or host["host"] or "") if host is not None else ""
    return _Login(user, password, name, database["database"] if database is not None else "", shown)


def _dsn(text: str) -> _Login | None:
    """``host=db.example.com dbname=shop user=app password=...``, or the same with semicolons."""
    parts = [part for part in (text.split(";") if ";" in text else text.split()) if part.strip()]
    pairs = [known.DSN_PART.fullmatch(part) for part in parts]
    if len(pairs) < 3 or not all(pairs):
        return None
    named = {pair["key"].lower(): pair["value"].strip().strip("'\"") for pair in pairs if pair is not None}
    login = [
        next((named[key] for key in sorted(keys) if key in named), "")
        for keys in (known.DSN_USERS, known.DSN_PASSWORDS, known.DSN_HOSTS, known.DSN_DATABASES)
    ]
    if not all(login[1:]):
        return None
    masked = (
        f"{pair['key']}={_MASK}" if pair["key"].lower() in known.DSN_PASSWORDS else pair[0].strip()
        for pair in pairs
        if pair is not None
    )
    host = re.split(r"[,:]", login[2].removeprefix("tcp:"))[0]
    return _Login(login[0], login[1], host, login[3], (";" if ";" in text else " ").join(masked))


def _keywords(name: str, arguments: tuple[facts.Argument, ...]) -> dict[object, Expression]:
    given: dict[object, Expression] = {a.keyword: a.value for a in arguments if a.keyword is not None}
    if name in known.URL_BUILDERS and not any(argument.stars for argument in arguments):
        in_order = [argument.value for argument in arguments if argument.keyword is None]
        given |= dict(zip(known.POSITIONS, in_order, strict=False))
    return given


def _given(reader: _Text, named: dict[object, Expression], call: str) -> _Login | None:
    """The login in keyword arguments, or in a dict of them."""

    def of(names: frozenset[str]) -> str:
        return next((reader.of(named[name]) for name in sorted(names) if name in named), "")

    password, host = of(known.PASSWORDS), of(known.HOSTS)
    is_embedded = of(known.DRIVER_NAMES).startswith("sqlite")
    if not password or is_embedded or not any(name in named for name in known.HOSTS):
        return None
    shown = f'{call}(..., password="{_MASK}")' if call else f'{{"password": "{_MASK}", ...}}'
    return _Login(of(known.USERS), password, host, of(known.DATABASES), shown)


# --- judging ------------------------------------------------------------------------------


def _confidence(login: _Login) -> Confidence | None:
    """How sure it is that the password opens a database; None for placeholders, and a developer's own machine's."""
    password = login.password
    if _is_stand_in(password):
        return None
    looks_real = _looks_real(login)
    if not is_remote(login.host):
        return "medium" if looks_real else None
    is_placeholder = _is_made_of(_letters(password), known.PLACEHOLDERS) and not any(c.isdigit() for c in password)
    return "high" if looks_real else None if is_placeholder else "medium"


def _is_stand_in(password: str) -> bool:
    """``{password}``, ``<password>``, ``$PASSWORD``, ``%s``, ``***``, ``xxx``."""
    return (
        any(character in password for character in "{}<>")
        or re.match(r"\$\(?[A-Z_]+\)?$|%s|%\(|\[.*\]$|\(.*\)$", password) is not None
        or set(password.lower()) <= set("*x.?_-#~")
        or re.fullmatch(r"[A-Z]+(_[A-Z]+)+", password) is not None
    )


def _looks_real(login: _Login) -> bool:
    """Whether nobody would choose the password for a machine of their own: long, mixed, and not made of words."""
    password = login.password
    letters = _letters(password)
    for name in (login.user, login.database):
        if len(_letters(name)) > 2:
            letters = letters.replace(_letters(name), "")
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    is_mixed = sum(any(kind(character) for character in password) for kind in kinds) > 1
    return len(password) >= 8 and is_mixed and bool(letters) and not _is_made_of(letters, known.WEAK)


def is_remote(host: str) -> bool:
    """Whether a host's name says that it is another machine; a service of the same compose file has no dot."""
    host = host.lower()
    if "{" in host or "<" in host or known.LOCAL_ADDRESS.match(host) or host.endswith(known.LOCAL_ENDS):
        return False
    if ":" in host:
        return True
    return "." in host and not _stands_for_another(host)


def _stands_for_another(host: str) -> bool:
    """``your-host.com`` and ``db.example.test``; what documentation calls a host."""
    return host.endswith(known.RESERVED_ENDS) or _is_made_of(_letters(host), known.PLACEHOLDER_HOSTS)


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalpha())


def _is_made_of(letters: str, words: frozenset[str]) -> bool:
    return len(letters) <= _LONGEST and _pattern(words).fullmatch(letters) is not None


@lru_cache(maxsize=8)
def _pattern(words: frozenset[str]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(sorted(words, key=lambda word: (-len(word), word)))})+")
