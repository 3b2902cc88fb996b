"""Statistics files: the page and tables of each assessment and rubric version, in a folder.

Views of what `services.item_statistics` computes: the same statistics give the same bytes, and a
file that is there already is replaced. What is no longer made can be removed: it counts people who
may have been erased.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.statistics.results import Statistics, statistics_line
from assessment_pipeline.core.statistics.tables import dif_table, item_table, option_table
from assessment_pipeline.core.wide_rows import file_stem
from assessment_pipeline.pages.statistics import statistics_page
from assessment_pipeline.storage.files import read_file, remove_durably, write_durably

# The last one says whose files they are, so it goes last.
ENDINGS: Final = (".html", "-items.csv", "-options.csv", "-dif.csv", ".json")


class _Named(msgspec.Struct, frozen=True):
    """What is read of a file of statistics: whose they are."""

    assessment_id: str
    rubric_version: str


def write_files(folder: Path, statistics: Iterable[Statistics]) -> tuple[Path, ...]:
    """Write the files of some statistics; return their paths, of each the page first."""
    return tuple(path for each in statistics for path in _write(folder, each))


def _write(folder: Path, statistics: Statistics) -> Iterator[Path]:
    line = statistics_line(statistics)
    name = file_name(statistics.assessment_id, statistics.rubric_version)
    files = {
        ".html": statistics_page(statistics, hash_bytes(line)),
        "-items.csv": item_table(statistics),
        "-options.csv": option_table(statistics),
        ".json": line + b"\n",
    }
    if any(item.dif for item in statistics.items):
        files["-dif.csv"] = dif_table(statistics)
    for ending, content in files.items():
        path = folder / f"{name}{ending}"
        write_durably(path, content)
        yield path


def remove_others(folder: Path, made: Collection[Path], assessments: Collection[str]) -> int:
    """Remove the files of some assessments that are none of those just made; return how many."""
    names = (name for name, owner in _owners(folder) if owner in assessments)
    return _remove((folder / f"{name}{ending}" for name in names for ending in ENDINGS), made)


def remove_all_others(folder: Path, made: Collection[Path]) -> int:
    """Remove all files of statistics that are none of those just made; return how many."""
    return _remove((path for path in folder.glob("*") if path.name.endswith(ENDINGS)), made)


def _owners(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield how the files of each version begin, and the assessment."""
    for path in sorted(folder.glob(f"*{ENDINGS[-1]}")):
        with suppress(msgspec.DecodeError):
            named = msgspec.json.decode(read_file(path), type=_Named)
            if path.stem == file_name(named.assessment_id, named.rubric_version):
                yield path.stem, named.assessment_id


def _remove(paths: Iterable[Path], made: Collection[Path]) -> int:
    there = [path for path in paths if path not in made and path.is_file()]
    for path in there:
        remove_durably(path)
    return len(there)


def file_name(assessment_id: str, rubric_version: str) -> str:
    """Return how the files of a version begin; no other version's begin so, on any file system.

    >>> file_name("numeracy", "3"), file_name("Numeracy", "3")
    ('numeracy-v3', 'numeracy-v3.c61d3d90cb480373')
    >>> file_name("math-vectors", "3")
    'math-vectors_v3.da07bb222f01cd7c'
    """
    name = f"{assessment_id}-v{rubric_version}"
    # Where the version begins must be plain; no id has a slash in it.
    return file_stem(name if name.count("-v") == 1 else f"{assessment_id}/v{rubric_version}")
