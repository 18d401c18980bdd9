"""Whole reviews as data that a later run with the same inputs can take over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from dbreview.cache import key_of
from dbreview.discover import Discovery
from dbreview.finding import Finding, Severity
from dbreview.project import Conventions, Understanding
from dbreview.review import Diagnostic, Problem, Review
from dbreview.rulebook import Rulebook
from dbreview.settings import Settings


class _Kept(msgspec.Struct, array_like=True):
    """A review without what its inputs say already: rules stand by their codes."""

    root: str
    diagnostics: list[tuple[Finding, str, Severity, bool]]
    problems: list[Problem]
    understanding: list[Understanding]
    analysed: int
    reported: int
    names: dict[str, str]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Kept)


def key_for(found: Discovery, settings: Settings, conventions: Conventions, sources: Mapping[str, bytes]) -> bytes:
    """A key of everything that decides what a review finds, besides the code that finds it."""
    decisive = replace(settings, output_format="text", fail_on="warning")
    parts = [repr((found.root, decisive, conventions, found.problems)).encode("utf-8", "surrogateescape")]
    for path in found.analysed:
        name = found.names.get(path, path)
        written = f"{path}\0{name}\0{path in found.reported}".encode("utf-8", "surrogateescape")
        parts += [written, key_of(sources[path]) if path in sources else b"?"]
    return key_of(*parts)


def encode(review: Review) -> bytes | None:
    """The review as data, None where it tells of something that may be otherwise next time."""
    if any(problem.detail or problem.is_fatal for problem in review.problems):
        return None
    try:
        return _ENCODER.encode(
            _Kept(
                str(review.root),
                [(each.finding, each.rule.code, each.severity, each.suppressed) for each in review.diagnostics],
                list(review.problems),
                list(review.understanding),
                review.analysed,
                review.reported,
                dict(review.names),
            )
        )
    except UnicodeEncodeError:  # names that are no text
        return None


def decode(data: bytes, rulebook: Rulebook) -> Review | None:
    """The review that ``encode`` made data of, None where it cannot be read."""
    try:
        kept = _DECODER.decode(data)
        rules = {rule.code: rule for rule in rulebook.rules}
        diagnostics = tuple(
            Diagnostic(finding, rules[code], severity, suppressed)
            for finding, code, severity, suppressed in kept.diagnostics
        )
    except (msgspec.DecodeError, RecursionError, KeyError):
        return None
    return Review(
        Path(kept.root),
        diagnostics,
        tuple(kept.problems),
        tuple(kept.understanding),
        kept.analysed,
        kept.reported,
        kept.names,
    )
