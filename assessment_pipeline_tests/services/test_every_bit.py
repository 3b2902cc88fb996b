"""Every single bit of a scored home: whichever is flipped, `verify` names the file it is in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assessment_pipeline_tests.builders import DAY, Bench, answers
from assessment_pipeline_tests.faults.days import IS_FULL_SIZE

pytestmark = pytest.mark.slow

# The ledger's file has tests of its own: storage/test_ledger_tampering.
FOLDERS = ("artifacts", "current", "deliveries", "exports", "quarantine", "rubrics")
# At full size every bit of every byte; else of some bytes one bit each, never the same places.
STRIDE = 1 if IS_FULL_SIZE else 37


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(tmp_path_factory.mktemp("bits") / "home")
    bench.deliver(answers("s-1"), b"{bad")
    bench.run()
    assert bench.verify(DAY).outcome == "right"
    return bench


def files_of(bench: Bench) -> Iterator[Path]:
    for folder in FOLDERS:
        found = [path for path in (bench.home.folder / folder).rglob("*") if path.is_file()]
        yield from sorted(path for path in found if not path.name.startswith(".lock"))


def flips_of(size: int) -> Iterator[tuple[int, int]]:
    """Yield byte and bit of each flip that is tried."""
    if IS_FULL_SIZE:
        yield from ((position, bit) for position in range(size) for bit in range(8))
    else:
        yield from ((position, position % 8) for position in {*range(0, size, STRIDE), size - 1})


def test_every_kind_of_file_is_tried(bench: Bench) -> None:
    assert {path.relative_to(bench.home.folder).parts[0] for path in files_of(bench)} == set(
        FOLDERS
    )


def test_whichever_bit_is_flipped_the_file_is_named(bench: Bench) -> None:
    unnamed = []
    for path in files_of(bench):
        content = path.read_bytes()
        for position, bit in flips_of(len(content)):
            flipped = bytearray(content)
            flipped[position] ^= 1 << bit
            path.write_bytes(flipped)
            found = bench.verify(DAY)
            told = "\n".join([*found.differences, *found.gaps])
            # A bit of a version in a pointer makes it one of another release: that is a gap.
            if found.outcome == "right" or _name(bench, path) not in told:
                unnamed.append((path.name, position, bit, found.outcome, told))
        path.write_bytes(content)
    assert unnamed == []
    assert bench.verify(DAY).outcome == "right"


def _name(bench: Bench, path: Path) -> str:
    """Return the part of a path that a difference must name."""
    is_day_file = path.is_relative_to(bench.home.current)
    return path.parent.name if is_day_file else path.name
