"""A ledger without entries: left by whoever was killed while creating it, or emptied by a hand."""

import errno
from pathlib import Path

import pytest

from assessment_pipeline.core.ledger import EMPTY
from assessment_pipeline.errors import NothingThereError, StorageError
from assessment_pipeline.services.verify import verify
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import Bench
from assessment_pipeline_tests.faults.days import small_day
from assessment_pipeline_tests.faults.disk import Disk, Fault, Operation


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a home whose ledger has its table, and then no room for a first entry."""
    counted = small_day(tmp_path / "counted")
    with Disk(counted.home.folder).watched() as disk:
        counted.run()
    commit = Operation("commit", counted.home.ledger)
    commits = [at for at, one in enumerate(disk.operations, start=1) if one == commit]

    for at in commits:
        bench = small_day(tmp_path / f"{at}")
        with (
            pytest.raises(StorageError, match="full"),
            Disk(bench.home.folder, Fault(at, errno.ENOSPC)).watched(),
        ):
            bench.run()
        if _is_empty(bench):
            return bench
    pytest.fail("no commit leaves a ledger without entries")


def _is_empty(bench: Bench) -> bool:
    try:
        with Ledger.read(bench.home.ledger) as ledger:
            return ledger.head() == EMPTY
    except NothingThereError:
        return False


def test_a_ledger_that_nothing_was_recorded_in_yet_is_a_gap(bench: Bench) -> None:
    found = bench.verify()

    assert not found.differences
    assert any("holds nothing yet" in gap for gap in found.gaps)


def test_an_empty_ledger_under_a_scored_day_is_a_difference(bench: Bench, tmp_path: Path) -> None:
    scored = small_day(tmp_path / "scored")
    scored.run()
    for path in scored.home.ledger.parent.iterdir():
        path.unlink()
    for path in bench.home.ledger.parent.iterdir():
        (scored.home.ledger.parent / path.name).write_bytes(path.read_bytes())

    assert any("it is empty" in text for text in scored.verify().differences)


def test_an_empty_ledger_is_a_difference_to_any_anchor(bench: Bench, tmp_path: Path) -> None:
    scored = small_day(tmp_path / "scored")
    scored.run()
    with Ledger.read(scored.home.ledger) as ledger:
        anchor = ledger.anchor()

    assert verify(bench.home, None, anchor).differences
