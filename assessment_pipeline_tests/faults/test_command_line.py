"""`score` on a disk that is full or read-only: one clean sentence, exit code 4, and a way on."""

import errno
from pathlib import Path

import pytest

from assessment_pipeline_tests.builders import Bench
from assessment_pipeline_tests.cli.command_lines import run
from assessment_pipeline_tests.faults.days import files_of, small_day, undisturbed
from assessment_pipeline_tests.faults.disk import Disk, Fault

pytestmark = pytest.mark.slow

FULL, READ_ONLY = errno.ENOSPC, errno.EROFS
# The system's words, or SQLite's where Dagster's storage was hit first.
SENTENCES = {
    FULL: ("No space left on device", "database or disk is full"),
    READ_ONLY: ("Read-only file system", "attempt to write a readonly database"),
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return small_day(tmp_path)


# From the start, and after the first artifacts are there.
@pytest.mark.parametrize("at", [1, 90])
@pytest.mark.parametrize("number", [FULL, READ_ONLY])
def test_score_names_the_place_and_the_reason_and_ends_with_4(
    bench: Bench, tmp_path: Path, number: int, at: int
) -> None:
    with Disk(bench.home.folder, Fault(at, number, stays=True)).watched():
        result = run("score", home=bench.home.folder)

    said = " ".join(result.output.split())
    assert result.exit_code == 4, said
    assert str(bench.home.folder) in said
    assert any(words in said for words in SENTENCES[number]), said
    assert run("score", home=bench.home.folder).exit_code == 0
    assert files_of(bench) == undisturbed(tmp_path / "undisturbed").files
