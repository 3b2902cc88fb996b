"""A session that is not where it was looked for: where it is, or what became of it."""

from pathlib import Path

import pytest

from assessment_pipeline.errors import NothingThereError
from assessment_pipeline.services.erasure import erase
from assessment_pipeline.services.page_files import find_session
from assessment_pipeline.services.qti_results import write_qti_results
from assessment_pipeline_tests.builders import DAY, Bench, answers

LATER = "2025-11-21"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.deliver(answers("s-1"), answers("s-2", candidate_id="c-gone"))
    bench.deliver(answers("s-1", attempt=2), day=LATER)
    bench.run()
    bench.run(LATER)
    return bench


def told(bench: Bench, session_id: str, day: str | None, attempt: int | None = None) -> str:
    with pytest.raises(NothingThereError) as found:
        find_session(bench.home, session_id, day, attempt, {})
    return str(found.value).replace(str(bench.home.folder), "HOME")


@pytest.mark.parametrize(
    ("day", "attempt", "which"),
    [
        ("2025-11-22", None, "s-1 on 2025-11-22"),
        (None, 5, "s-1, attempt 5,"),
        (DAY, 2, f"s-1, attempt 2, on {DAY}"),
    ],
)
def test_where_it_is_scored_is_said(
    bench: Bench, day: str | None, attempt: int | None, which: str
) -> None:
    assert told(bench, "s-1", day, attempt) == (
        f"There is no scorecard of {which} in HOME. "
        f"There is one of {DAY} (attempt 1), {LATER} (attempt 2)."
    )


def test_one_that_is_nowhere_may_be_mistyped(bench: Bench) -> None:
    assert told(bench, "s-9", None).endswith(
        "Look at the id, or run `assessment-pipeline score` on its day."
    )


def test_one_that_was_erased_is_said_to_be(bench: Bench) -> None:
    with bench.workplace() as place:
        erase(place, "c-gone", "ticket-1")
    assert f"s-2, attempt 1, delivered {DAY}, was erased: request ticket-1" in told(
        bench, "s-2", None
    )


def test_without_a_ledger_the_rest_is_said(bench: Bench) -> None:
    bench.home.ledger.unlink()
    assert "There is one of" in told(bench, "s-1", "2025-11-22")


def test_results_for_qti_say_the_same(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match=rf"There is one of {DAY} \(attempt 1\)"):
        write_qti_results(bench.home, LATER, tmp_path / "out", session_id="s-2")
