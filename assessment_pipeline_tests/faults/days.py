"""A small day to be disturbed, and what has to be true of it afterwards."""

import os
from pathlib import Path
from typing import NamedTuple

from assessment_pipeline.core.ledger_events import ScoringRunCreated
from assessment_pipeline.errors import NothingThereError
from assessment_pipeline_tests.builders import RUBRIC, Bench, answers

# What `make test-faults` sets; without it the tests here are small ones.
IS_FULL_SIZE = os.environ.get("ASSESSMENT_PIPELINE_TESTS_SIZE") == "full"

# A published file takes seven operations: a stride of five comes to each of them.
STRIDE = 1 if IS_FULL_SIZE else 5

SCORE_RUNS = 4


class Outcome(NamedTuple):
    """All that a day came to: files with their bytes, and what the ledger records, in order."""

    files: dict[str, bytes]
    recorded: list[tuple[str, bytes]]


def small_day(folder: Path) -> Bench:
    """Return a home with one day that is not scored: two files, a bad line, two assessments."""
    bench = Bench(folder / "home")
    bench.home.create()
    literacy = RUBRIC.replace("numeracy", "literacy")
    bench.write_rubric("1", literacy, assessment_id="literacy")
    bench.deliver(answers("s-1"), b"{not a session", answers("s-2", "C"))
    bench.deliver(
        answers("s-3", assessment_id="literacy"),
        answers("s-4", None, assessment_id="literacy"),
        name="b",
    )
    return bench


def files_of(bench: Bench) -> dict[str, bytes]:
    """Return all that was made but for what writers that died left behind."""
    return {name: content for name, content in bench.content().items() if not is_temporary(name)}


def is_temporary(name: str) -> bool:
    """Whether a file is one that is still being written."""
    base = name.rpartition("/")[2]
    return base.startswith(".") and base.endswith(".tmp")


def outcome_of(bench: Bench) -> Outcome:
    """Return what a day came to."""
    entries = bench.entries()
    return Outcome(
        files_of(bench), [(entry.dedup_key, bytes(entry.read_body().payload)) for entry in entries]
    )


def undisturbed(folder: Path) -> Outcome:
    """Return what the small day comes to when nothing happens."""
    bench = small_day(folder)
    bench.run()
    return outcome_of(bench)


def assert_verify_is_not_wrong(bench: Bench, expected: Outcome, when: str) -> str:
    """Check that `verify` says no more, and nothing else, than what is there; return its word."""
    try:
        found = bench.verify()
    except NothingThereError:
        return "nothing there"
    assert not found.differences, (when, found.differences)
    if found.outcome == "right":
        assert outcome_of(bench) == expected, when
    return str(found.outcome)


def assert_run_again_gives(bench: Bench, expected: Outcome, when: str) -> None:
    """Check that a plain run ends as if nothing had ever happened, the chain of the ledger whole.

    The dedup_key of a SCORING_RUN_CREATED is its score run: each is there once.
    """
    bench.run()
    outcome = outcome_of(bench)
    assert outcome.files == expected.files, when
    assert outcome.recorded == expected.recorded, when
    runs = [key for key, _ in outcome.recorded if key.startswith(ScoringRunCreated.event_type)]
    assert len(runs) == len(set(runs)) == SCORE_RUNS, when
    assert bench.verify().outcome == "right", when
