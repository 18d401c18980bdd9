"""Follow what is put into SQL back to those who choose it: a request's client, or whoever calls a function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.link.injection.binding import Bound
from dbreview.link.injection.clients import Clients, Source
from dbreview.link.injection.texts import (
    Answer,
    Group,
    Parameter,
    Put,
    Several,
    Text,
    Textual,
    alternatives,
    concatenated,
    constant,
    either,
    put,
)
from dbreview.link.names import ClassRef, FunctionRef

if TYPE_CHECKING:
    from dbreview.link.injection.guesses import Guesses
    from dbreview.link.injection.noting import CallSite
    from dbreview.link.injection.reader import Reader

GAP = "\N{HORIZONTAL ELLIPSIS}"
_DEEPEST_ANSWER = 8
_MOST_STEPS = 10
_MOST_VISITS = 300
_MOST_ANSWERS = 200


@dataclass(frozen=True, slots=True)
class Given:
    """What a call gives for a parameter. ``site`` is None where it comes from a field or a dependency."""

    value: Textual
    site: CallSite | None


@dataclass(frozen=True, slots=True)
class Traced:
    """A source of something that was put into SQL, with the calls that lead from it, and what is around it on the way.

    ``is_client`` says that a request brings it; otherwise nobody is seen to call ``source``'s function.
    """

    source: Source
    is_client: bool
    calls: tuple[Place, ...]
    before: str = ""
    after: str = ""
    is_guessed: bool = False


class Tracer:
    def __init__(self, reader: Reader, clients: Clients, guesses: Guesses) -> None:
        self._reader = reader
        self._clients = clients
        self._guesses = guesses
        self._visits = 0
        self._answers = 0

    def begin(self) -> None:
        """Start anew with another call that takes SQL: what may be followed for each is limited."""
        self._visits = 0
        self._answers = 0

    def traces(self, found: Parameter) -> list[Traced]:
        """The sources of what a parameter holds: clients if there are any, else callers that nobody sees."""
        return self._traces(found, (), frozenset())

    def _traces(self, found: Parameter, calls: tuple[Place, ...], seen: frozenset[Parameter]) -> list[Traced]:
        self._visits += 1
        if found in seen or len(seen) > _MOST_STEPS or self._visits > _MOST_VISITS:
            return []
        source = self._clients.source(found)
        if source is not None:
            return [Traced(source, True, calls)]
        seen |= {found}
        given = [each for each in self.givens(found) if each.value != found]
        ways = [list(self._through(each, calls, seen)) for each in given]
        clients = [trace for way in ways for trace in way if trace.is_client]
        if clients or not all(ways):
            return clients
        if given:
            return [trace for way in ways for trace in way]
        if guessed := self._guesses.sites(found.ref):
            return self._guessed(found, guessed, calls, seen)
        free = self._clients.given(found) if not self._clients.is_asked(found.ref) else None
        return [Traced(free, False, calls)] if free is not None else []

    def _guessed(
        self, found: Parameter, sites: list[CallSite], calls: tuple[Place, ...], seen: frozenset[Parameter]
    ) -> list[Traced]:
        """The clients behind calls that may mean the function, by its name: somebody calls it."""
        traces: list[Traced] = []
        for given in self._given_by(found, sites) if self._guesses.is_telling(found.ref) else ():
            traces += [replace(each, is_guessed=True) for each in self._through(given, calls, seen) if each.is_client]
        return traces

    def guesses(self, found: Parameter) -> Iterator[Given]:
        """What calls give that may mean the function, by its name."""
        return self._given_by(found, self._guesses.sites(found.ref))

    def _given_by(self, found: Parameter, sites: list[CallSite]) -> Iterator[Given]:
        for site in sites:
            bound = self._bound(found.ref, site)
            if bound is not None:
                given = self._reader.followed(dict(bound).get(found.name), found.path)
                yield Given(self.resolved(given), site)

    def _through(self, given: Given, calls: tuple[Place, ...], seen: frozenset[Parameter]) -> Iterator[Traced]:
        passed = calls if given.site is None else (given.site.at, *calls)
        for each in alternatives(self.resolved(given.value)):
            match each:
                case Parameter():
                    yield from self._traces(each, passed, seen)
                case Text(parts):
                    for index, part in enumerate(parts):
                        if isinstance(part, Put) and isinstance(part.value, Parameter):
                            before, after = around(parts, index)
                            for trace in self._traces(part.value, passed, seen):
                                yield replace(trace, before=before + trace.before, after=trace.after + after)

    # --- one step back

    def givens(self, found: Parameter) -> Iterator[Given]:
        """What a parameter is given, by each that is seen to give it something."""
        owner = self._owner(found)
        if owner is not None:
            yield from self._of_fields(owner, found)
            return
        provided = self._clients.provided(found)
        if provided is not None:
            yield Given(provided, None)
        for target, site in self.sites(found.ref):
            bound = self._bound(target, site)
            if bound is not None:
                yield Given(self._reader.followed(dict(bound).get(found.name), found.path), site)

    def sites(self, ref: FunctionRef) -> Iterator[tuple[FunctionRef | ClassRef, CallSite]]:
        """The calls of a function; of a constructor those of its class."""
        known = self._reader.interpreter.events.call_sites
        for _, site in sorted(known.get(ref, {}).items()):
            yield ref, site
        if ref.facts.name == "__init__" and ref.owner is not None:
            classes = self._reader.interpreter.classes
            for target, sites in known.items():
                if isinstance(target, ClassRef) and classes.member(target, "__init__") is ref:
                    for site in sites.values():
                        yield target, site

    def _owner(self, found: Parameter) -> ClassRef | None:
        """The class whose object a method's first parameter is, where one of its attributes is asked for."""
        parameters = found.ref.facts.parameters
        is_receiver = found.ref.owner is not None and bool(parameters) and parameters[0].name == found.name
        return found.ref.owner if is_receiver and found.path else None

    def _bound(self, target: FunctionRef | ClassRef, site: CallSite) -> Bound | None:
        reading = self._reader.site_reading(site)
        values = reading.arguments.get(site.node.at)
        if values is None:
            return None
        return self._reader.bound(target, site, reading.receivers.get(site.node.at), values)

    def _of_fields(self, owner: ClassRef, found: Parameter) -> Iterator[Given]:
        """What the methods of a class give to an attribute; of one without a constructor what calls give its fields."""
        name, rest = found.path[0], found.path[1:]
        is_assigned = False
        for _, value in self._reader.fields(owner, name):
            is_assigned = True
            yield Given(self._reader.followed(value, rest), None)
        if is_assigned:
            return
        for site in self._reader.interpreter.events.call_sites.get(owner, {}).values():
            bound = self._bound(owner, site)
            if bound is not None:
                yield Given(self._reader.followed(dict(bound).get(name), rest), site)
        for site in self._reader.interpreter.events.call_sites.get(found.ref, {}).values():
            receiver = self._reader.site_reading(site).receivers.get(site.node.at)
            if isinstance(receiver, Parameter) and (receiver.ref is not found.ref or receiver.name != found.name):
                yield Given(self._reader.followed(receiver, found.path), site)

    # --- what calls give

    def resolved(self, value: Textual, depth: int = 0) -> Textual:
        """A value with what its calls give in their place."""
        if depth > _DEEPEST_ANSWER:
            return None
        match value:
            case Answer():
                self._answers += 1
                is_followed = self._answers <= _MOST_ANSWERS
                return self.resolved(self._reader.returned(value), depth + 1) if is_followed else None
            case Text(parts):
                pieces = (
                    put(self.resolved(part.value, depth), part.at, part.written)
                    if isinstance(part, Put)
                    else constant(part)
                    for part in parts
                )
                return concatenated(pieces)
            case Several(forms):
                return either(self.resolved(each, depth) for each in forms)
            case Parameter():
                return value
            case Group(items):
                return either(self.resolved(each, depth) for each in items) if depth else None
        return None


def around(parts: tuple[str | Put, ...], index: int) -> tuple[str, str]:
    """The text before and behind a part. What else is put in is a gap."""
    shown = [part if isinstance(part, str) else GAP for part in parts]
    return "".join(shown[:index]), "".join(shown[index + 1 :])
