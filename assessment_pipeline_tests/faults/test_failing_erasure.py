"""Whichever operation of an erasure fails: the same erasure again finishes it."""

import errno
from pathlib import Path

import pytest

from assessment_pipeline.errors import StorageError
from assessment_pipeline.services.erasure import erase
from assessment_pipeline_tests.builders import Bench, answers, files_below
from assessment_pipeline_tests.faults.days import IS_FULL_SIZE, files_of
from assessment_pipeline_tests.faults.disk import Disk, Fault

pytestmark = pytest.mark.slow

ERASED = "c-gone-77"
LATER = "2025-11-21"


def scored_days(folder: Path) -> Bench:
    bench = Bench(folder / "home")
    bench.home.create()
    gone = answers("s-2", "canary answer", candidate_id=ERASED)
    bench.deliver(answers("s-1"), gone, b'{"candidate_id": "c-gone-77", cut')
    bench.deliver(answers("s-3"), answers("s-2", "other", candidate_id=ERASED), day=LATER)
    bench.run()
    bench.run(LATER)
    return bench


def erase_from(bench: Bench, request: str) -> None:
    with bench.workplace() as place:
        erase(place, ERASED, request)


def traces(bench: Bench) -> list[str]:
    return [
        name
        for name, content in files_below(bench.home.folder).items()
        if b"c-gone-77" in content or b"canary answer" in content
    ]


@pytest.mark.parametrize("request_again", ["ticket-1", "ticket-2"])
def test_an_erasure_that_fails_anywhere_is_finished_by_the_next_one(
    tmp_path: Path, request_again: str
) -> None:
    undisturbed = scored_days(tmp_path / "undisturbed")
    assert traces(undisturbed)
    with Disk(undisturbed.home.folder).watched() as disk:
        erase_from(undisturbed, "ticket-1")
    expected = files_of(undisturbed)
    verbs = {operation.verb for operation in disk.operations}
    assert {"rename", "unlink", "fsync", "commit"} <= verbs

    errors = []
    for at in range(1, len(disk.operations) + 1, 2 if IS_FULL_SIZE else 14):
        bench = scored_days(tmp_path / f"{at}")
        with Disk(bench.home.folder, Fault(at, errno.EIO)).watched():
            try:
                erase_from(bench, "ticket-1")
            except StorageError as error:
                errors.append(str(error))
        erase_from(bench, request_again)
        assert traces(bench) == [], f"operation {at} of {len(disk.operations)}"
        assert files_of(bench) == expected, f"operation {at} of {len(disk.operations)}"
        assert bench.verify().outcome == "right", f"operation {at}"
    assert len(errors) > 10
    assert all(str(tmp_path) in error for error in errors)
