"""Every artifact of a scored day altered or lost, and then a session comes late.

Whatever was kept of before is judged anew or refused with what to do; nothing wrong is built on.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assessment_pipeline.errors import DeliveryChangedError
from assessment_pipeline.services.indexes import SNAPSHOTS
from assessment_pipeline_tests.builders import Bench, answers, files_below

pytestmark = pytest.mark.slow

LATE = answers("s3a", "late")


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


@pytest.mark.parametrize("harm", [alter, Path.unlink])
def test_a_late_session_is_scored_right_or_the_day_is_refused(
    bench: Bench, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    whole = copied(bench, tmp_path / "whole")
    whole.deliver(LATE, name="c")
    whole.run()
    pointer = bench.home.pointer(SNAPSHOTS, "2025-11-20")
    assert pointer is not None
    names = [name for name in files_below(bench.home.folder) if name.startswith("artifacts/")]
    assert len(names) > 20
    for name in names:
        copy = copied(bench, tmp_path / "copies" / Path(name).name)
        path = copy.home.folder / name
        if not path.stat().st_size:
            continue
        harm(path)
        copy.deliver(LATE, name="c")
        if path == copy.home.artifacts.path(pointer.artifact):
            # Which sessions were captured before is all that says whether a delivery was changed.
            with pytest.raises(DeliveryChangedError, match=r"Restore artifacts/ from a backup"):
                copy.run()
            continue
        copy.run()
        assert copy.table("evidence") == whole.table("evidence"), name
        assert copy.entries() == whole.entries(), name
        wrong = copy.verify().differences
        assert wrong in ([], [each for each in wrong if name in each]), name
