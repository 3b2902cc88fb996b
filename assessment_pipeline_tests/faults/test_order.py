"""The order of what is done to the disk: nothing appears under its name before it is durable.

A power cut cannot be staged, so each fsync and rename is held by where it stands.
"""

from pathlib import Path

import pytest

from assessment_pipeline_tests.builders import Bench
from assessment_pipeline_tests.faults.days import is_temporary, small_day
from assessment_pipeline_tests.faults.disk import Disk, Operation


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return small_day(tmp_path)


@pytest.fixture
def operations(bench: Bench) -> list[Operation]:
    """Return what one run of the small day does to its disk."""
    with Disk(bench.home.folder).watched() as disk:
        bench.run()
    return disk.operations


def renames(operations: list[Operation]) -> list[int]:
    return [at for at, operation in enumerate(operations) if operation.verb == "rename"]


def test_every_file_made_is_renamed_into_place_from_a_temporary_one_beside_it(
    bench: Bench, operations: list[Operation]
) -> None:
    published = [operations[at] for at in renames(operations)]

    targets = {str(one.target.relative_to(bench.home.folder)) for one in published if one.target}
    assert targets == set(bench.content())
    for operation in published:
        assert operation.target is not None
        assert is_temporary(operation.path.name)
        assert operation.path.parent == operation.target.parent


def test_a_file_is_synced_after_its_last_write_and_before_its_rename(
    operations: list[Operation],
) -> None:
    for at in renames(operations):
        temporary = operations[at].path
        verbs = [one.verb for one in operations[:at] if one.path == temporary]
        assert verbs[0] == "create", temporary
        assert set(verbs[1:-1]) <= {"write"}, temporary
        assert verbs[-1] == "fsync", temporary


def test_the_folder_is_opened_before_the_rename_and_synced_right_after_it(
    operations: list[Operation],
) -> None:
    for at in renames(operations):
        folder = operations[at].path.parent
        assert operations[at - 1] == Operation("open folder", folder)
        assert operations[at + 1] == Operation("fsync", folder)


def test_a_new_folder_is_synced_into_its_parent(operations: list[Operation]) -> None:
    made = [at for at, operation in enumerate(operations) if operation.verb == "mkdir"]

    assert made
    for at in made:
        parent = operations[at].path.parent
        assert operations[at + 1 : at + 3] == [
            Operation("open folder", parent),
            Operation("fsync", parent),
        ]


def test_the_ledger_file_is_synced_into_its_folder(
    bench: Bench, operations: list[Operation]
) -> None:
    at = operations.index(Operation("create", bench.home.ledger))

    assert operations[at + 1] == Operation("fsync", bench.home.ledger.parent)


def test_the_ledger_comes_before_the_exports_and_the_manifest_and_pointer_last(
    bench: Bench, operations: list[Operation]
) -> None:
    last_commit = max(at for at, one in enumerate(operations) if one.verb == "commit")
    targets = [one.target for one in operations[last_commit:] if one.verb == "rename"]

    names = [path.name for path in targets if path is not None]
    (exports,) = bench.home.exports.iterdir()
    assert set(names[:3]) == {"scorecards.csv", "subscores.csv", "evidence.csv"}
    assert names[3] == "manifest.json"
    # Then the index of the exports, an artifact, and what points to it.
    assert targets[-1] == bench.home.current / "csv_exports" / f"{exports.name}.json"
    assert len(names) == 6


def test_a_file_that_is_there_already_is_not_written_again(bench: Bench) -> None:
    bench.run()
    with Disk(bench.home.folder).watched() as disk:
        bench.run()

    assert "rename" not in {operation.verb for operation in disk.operations}
