"""The collector of reference cycles: off while anybody is at work, then as it was."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from assessment_pipeline.services.cycles import uncollected


@pytest.fixture(params=[True, False], ids=["was on", "was off"])
def was_enabled(request: pytest.FixtureRequest) -> Iterator[bool]:
    before = gc.isenabled()
    was_enabled = bool(request.param)
    (gc.enable if was_enabled else gc.disable)()
    yield was_enabled
    (gc.enable if before else gc.disable)()


def test_the_collector_is_off_and_then_as_it_was(was_enabled: bool) -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled() == was_enabled


def test_it_is_as_it_was_also_after_an_error(was_enabled: bool) -> None:
    with pytest.raises(ValueError, match="x"), uncollected():
        raise ValueError("x")
    assert gc.isenabled() == was_enabled


def test_it_stays_off_until_the_last_is_done_in_whatever_order(was_enabled: bool) -> None:
    """As it comes about where two threads work at once."""
    with ExitStack() as second:
        with ExitStack() as first:
            first.enter_context(uncollected())
            second.enter_context(uncollected())
        assert not gc.isenabled()
    assert gc.isenabled() == was_enabled
