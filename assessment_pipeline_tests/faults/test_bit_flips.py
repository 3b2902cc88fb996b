"""Every single bit of what a home holds: flipped, `verify` names the file it lies in.

The ledger's columns are `storage/test_ledger_tampering.py`; Dagster's own folder proves nothing
and is not verified.
"""

import multiprocessing
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from assessment_pipeline_tests.builders import Bench, answers, files_below
from assessment_pipeline_tests.faults.days import IS_FULL_SIZE

pytestmark = pytest.mark.slow

# At full size every bit of every byte; else one bit of every so many bytes, each bit in turn.
BYTE_STRIDE = 1 if IS_FULL_SIZE else 31
BITS_A_BYTE = 8 if IS_FULL_SIZE else 1
KINDS = ("artifacts/", "current/", "deliveries/", "exports/", "quarantine/", "rubrics/")


class Flipped(NamedTuple):
    """What became of the flips in one file."""

    name: str
    flips: int
    unnoticed: list[str]


def tiny_day(folder: Path) -> Bench:
    """Return a home with one session and one bad line, scored: every kind of file, few bytes."""
    bench = Bench(folder / "home")
    bench.deliver(answers("s1"), b"no JSON")
    bench.run()
    assert bench.verify().outcome == "right"
    return bench


def names_of(bench: Bench) -> list[str]:
    """Return all files that a verification is about, by their names below the home."""
    return [
        name
        for name in files_below(bench.home.folder)
        if name.startswith(KINDS) and not name.startswith("current/.lock")
    ]


def flips(size: int) -> Iterator[tuple[int, int]]:
    """Yield the places to flip: a byte, and a bit of it."""
    for turn, position in enumerate(range(0, size, BYTE_STRIDE)):
        for bit in range(BITS_A_BYTE):
            yield position, (turn + bit) % 8


def flip_all(home: Path, scratch: Path, name: str) -> Flipped:
    """Flip the bits of one file in a copy of a home, one at a time, and say what nobody noticed."""
    copy = scratch / name.replace("/", "-")
    shutil.copytree(home, copy)
    bench = Bench(copy)
    path = copy / name
    content = path.read_bytes()
    unnoticed, count = [], 0
    for position, bit in flips(len(content)):
        count += 1
        flipped = bytearray(content)
        flipped[position] ^= 1 << bit
        path.write_bytes(flipped)
        found = bench.verify()
        if found.outcome != "difference" or not is_named(name, found.differences):
            unnoticed.append(f"{name}, byte {position}, bit {bit}: {found.outcome}")
    shutil.rmtree(copy)
    return Flipped(name, count, unnoticed)


def is_named(name: str, differences: list[str]) -> bool:
    # An artifact's name is its hash, and says where it lies.
    shown = name.removeprefix("artifacts/")
    return any(shown in difference for difference in differences)


def flipped_files(bench: Bench, scratch: Path) -> Iterator[Flipped]:
    tasks = [(bench.home.folder, scratch, name) for name in names_of(bench)]
    if not IS_FULL_SIZE:
        yield from (flip_all(*task) for task in tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        yield from pool.map(flip_all, *zip(*tasks, strict=True))


def test_the_tiny_day_has_every_kind_of_file(tmp_path: Path) -> None:
    names = names_of(tiny_day(tmp_path))

    assert {name.partition("/")[0] + "/" for name in names} == set(KINDS)
    assert len([name for name in names if name.startswith("artifacts/")]) == 16


def test_whichever_bit_is_flipped_the_file_is_named(tmp_path: Path) -> None:
    bench = tiny_day(tmp_path)
    size = sum(len(content) for content in files_below(bench.home.folder).values())

    found = list(flipped_files(bench, tmp_path / "copies"))

    assert [place for file in found for place in file.unnoticed] == []
    assert sum(file.flips for file in found) > size * BITS_A_BYTE / BYTE_STRIDE / 5


def test_a_bit_of_the_ledgers_file_never_makes_it_pass_as_another(tmp_path: Path) -> None:
    """SQLite's own bookkeeping has bits that say nothing; what an entry says has none."""
    bench = tiny_day(tmp_path)
    written = bench.entries()
    content = bench.home.ledger.read_bytes()
    stride = 5 if IS_FULL_SIZE else 211
    for turn, position in enumerate(range(0, len(content), stride)):
        flipped = bytearray(content)
        flipped[position] ^= 1 << (turn % 8)
        bench.home.ledger.write_bytes(flipped)
        found = bench.verify()
        if found.outcome == "right":
            assert bench.entries() == written, position
