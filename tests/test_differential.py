"""A sample of the differential test; `scripts/differential.py` runs as many applications as one likes."""

from __future__ import annotations

import pytest

from invented.application import invent
from invented.comparison import compare
from invented.known import reason

SEED = 1
SAMPLE = 60

# Bad code leaves sessions, connections and coroutines behind.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("index", range(SAMPLE))
def test_the_verdict_is_what_running_shows(index: int) -> None:
    compared = compare(SEED, index)
    assert compared.agrees or reason(compared), f"{compared.told}\n\n{compared.sources}"


def test_a_seed_always_gives_the_same_applications() -> None:
    assert [invent(7, index) for index in range(20)] == [invent(7, index) for index in range(20)]


def test_applications_differ() -> None:
    texts = {tuple(invent(SEED, index).files.values()) for index in range(SAMPLE)}
    assert len(texts) == SAMPLE


def test_the_sample_has_something_to_find_and_something_to_leave_alone() -> None:
    truths = [compare(SEED, index).truth for index in range(20)]
    assert any(truth.grows for truth in truths)
    assert any(truth.raises for truth in truths)
    assert any(str(truth) == "constant" for truth in truths)
