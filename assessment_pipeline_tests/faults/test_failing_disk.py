"""Whichever operation of a day's run fails: a clean error, nothing wrong, and a way on."""

import errno
import os
from collections import Counter
from pathlib import Path

import pytest

from assessment_pipeline.errors import StorageError
from assessment_pipeline_tests.builders import Bench
from assessment_pipeline_tests.faults.days import (
    IS_FULL_SIZE,
    STRIDE,
    Outcome,
    assert_run_again_gives,
    assert_verify_is_not_wrong,
    small_day,
    undisturbed,
)
from assessment_pipeline_tests.faults.disk import Disk, Fault

pytestmark = pytest.mark.slow

# At full size every error hits every operation; else they take turns.
ERRORS = (errno.ENOSPC, errno.EIO)


def count_operations(folder: Path) -> int:
    bench = small_day(folder)
    with Disk(bench.home.folder).watched() as disk:
        bench.run()
    return len(disk.operations)


def run_with(bench: Bench, fault: Fault) -> StorageError | None:
    """Run the day on a disk that fails; return what it says, or nothing if it came through."""
    with Disk(bench.home.folder, fault).watched() as disk:
        try:
            bench.run()
        except StorageError as error:
            return error
        finally:
            assert disk.hits, "the fault never struck"
    return None


def assert_named(bench: Bench, error: StorageError, when: str) -> None:
    text = str(error)
    assert str(bench.home.folder) in text, when
    assert "run again" in text, when


def test_the_small_day_reaches_every_kind_of_operation(tmp_path: Path) -> None:
    bench = small_day(tmp_path)
    with Disk(bench.home.folder).watched() as disk:
        bench.run()

    verbs = Counter(operation.verb for operation in disk.operations)
    assert set(verbs) == {
        "create", "write", "fsync", "open folder", "rename", "mkdir", "unlink", "commit"
    }  # fmt: skip
    assert len(disk.operations) > 150


def test_whichever_operation_fails_the_error_is_clean_and_the_next_run_right(
    tmp_path: Path,
) -> None:
    expected = undisturbed(tmp_path / "undisturbed")
    operations = count_operations(tmp_path / "counted")
    said: Counter[str] = Counter()
    for at in range(1, operations + 1, STRIDE):
        for number in ERRORS if IS_FULL_SIZE else (ERRORS[at % 2],):
            when = f"operation {at} of {operations}: {os.strerror(number)}"
            bench = small_day(tmp_path / f"{at}-{number}")
            error = run_with(bench, Fault(at, number))
            if error is not None:
                assert_named(bench, error, when)
                said["error"] += 1
            said[assert_verify_is_not_wrong(bench, expected, when)] += 1
            assert_run_again_gives(bench, expected, when)
    # Only failing to remove a temporary file stops nobody.
    assert said["error"] > operations / STRIDE / 2
    assert said["incomplete"] > 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_stays_full_or_turns_read_only_harms_nothing(
    tmp_path: Path, number: int
) -> None:
    expected = undisturbed(tmp_path / "undisturbed")
    operations = count_operations(tmp_path / "counted")
    for at in range(1, operations, 1 if IS_FULL_SIZE else 40):
        bench = small_day(tmp_path / f"{at}")
        fault = Fault(at, number, stays=True)
        _run_and_converge(bench, fault, expected, f"from operation {at} on")


def _run_and_converge(bench: Bench, fault: Fault, expected: Outcome, when: str) -> None:
    with Disk(bench.home.folder, fault).watched():
        try:
            bench.run()
        except StorageError as error:
            assert_named(bench, error, when)
    assert_verify_is_not_wrong(bench, expected, when)
    assert_run_again_gives(bench, expected, when)
