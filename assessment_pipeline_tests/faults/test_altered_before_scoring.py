"""Every artifact of a scored day altered or lost, and then the day is scored again.

Whatever was kept of before is made anew or refused with what to do; nothing wrong is built on.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assessment_pipeline.errors import DeliveryChangedError
from assessment_pipeline.services.indexes import SNAPSHOTS
from assessment_pipeline_tests.builders import CORRECTION, DAY, Bench, answers, files_below

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a home with a day that was scored twice, so that some artifacts are of before."""
    bench = Bench(tmp_path / "home")
    bench.deliver(*(answers(f"s{number}", f"one {number}") for number in range(4)), name="a")
    bench.run()
    bench.deliver(answers("s9", "two"), b"no JSON", name="b")
    bench.run()
    return bench


def copied(bench: Bench, folder: Path) -> Bench:
    """Return a home with the same files."""
    shutil.copytree(bench.home.folder, folder)
    return Bench(folder)


def alter(path: Path) -> None:
    """Change a byte in the middle, so that what lies there may still be read."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def come_late(bench: Bench) -> None:
    """Deliver one more session."""
    bench.deliver(answers("s3a", "late"), name="c")


def supersede(bench: Bench) -> None:
    """Deliver a session again, with another answer."""
    first = bench.table("scorecards")[0]
    bench.deliver(answers("s0", "corrected", supersedes=first["response_snapshot_id"]), name="c")


def correct(bench: Bench) -> None:
    """Replace the rubric that has scored all of them."""
    bench.write_rubric("2", CORRECTION)


@pytest.mark.parametrize("change", [come_late, supersede, correct])
@pytest.mark.parametrize("harm", [alter, Path.unlink])
def test_the_day_is_scored_right_and_recorded_whole_or_refused(
    bench: Bench,
    tmp_path: Path,
    harm: Callable[[Path], None],
    change: Callable[[Bench], None],
) -> None:
    whole = copied(bench, tmp_path / "whole")
    change(whole)
    whole.run()
    pointer = bench.home.pointer(SNAPSHOTS, DAY)
    assert pointer is not None
    names = [name for name in files_below(bench.home.folder) if name.startswith("artifacts/")]
    assert len(names) > 20
    for name in names:
        copy = copied(bench, tmp_path / "copies" / Path(name).name)
        path = copy.home.folder / name
        if not path.stat().st_size:
            continue
        harm(path)
        change(copy)
        if change is not correct and path == copy.home.artifacts.path(pointer.artifact):
            # Which sessions were captured before is all that says whether a delivery was changed.
            with pytest.raises(DeliveryChangedError, match=r"Restore artifacts/ from a backup"):
                copy.run()
            continue
        copy.run()
        assert copy.table("evidence") == whole.table("evidence"), name
        assert copy.entries() == whole.entries(), name
        assert all(name in each for each in copy.verify().differences), name
