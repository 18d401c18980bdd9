"""How much of the project was understood: silence is worth only as much as this says."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.review import Review


def render(review: Review) -> str:
    """One line per kind of thing, with the largest groups of what is not known."""
    return "".join(f"{line}\n" for line in _lines(review))


def _lines(review: Review) -> Iterator[str]:
    yield f"Analysed {review.analysed} files of {review.root}, reported on {review.reported}."
    width = max((len(each.what) for each in review.understanding), default=0)
    for each in review.understanding:
        share = f"{each.known / each.total:6.1%}" if each.total else "     -"
        yield f"{each.what:<{width}}  {share}  {each.known} of {each.total}"
        for group, count in each.unknown:
            yield f"{'':<{width}}          {count} unknown: {group}"
