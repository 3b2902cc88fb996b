"""The same input gives the same bytes: whatever process, hash seed, time zone, locale or files.

The day is the golden one; it shows every rule, state and outcome. Each run is a process of its own.
"""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import zstandard

from assessment_pipeline.services.indexes import PARTITIONED_ASSETS
from assessment_pipeline.storage.home import Home
from assessment_pipeline_tests.builders import files_below

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "assessment_pipeline_tests" / "golden"
DAY = "2026-11-20"
PROGRAM = (sys.executable, "-m", "assessment_pipeline_tests.pipeline.score_day")

Lines = Sequence[bytes]


def golden_lines() -> list[bytes]:
    """Return the lines of the golden deliveries in reading order."""
    files = sorted((GOLDEN / "deliveries" / DAY).iterdir())
    return [line for path in files for line in path.read_bytes().split(b"\n") if line]


def home_of(folder: Path, files: dict[str, bytes]) -> Path:
    """Return a home with the golden rubrics and these delivery files."""
    shutil.copytree(GOLDEN / "rubrics", folder / "rubrics")
    day = folder / "deliveries" / DAY
    day.mkdir(parents=True)
    for name, content in files.items():
        (day / name).write_bytes(content)
    return folder


def run(home: Path, **environment: str) -> None:
    subprocess.run(
        [*PROGRAM, str(home), DAY], cwd=ROOT, check=True, env={**os.environ, **environment}
    )


def made(home: Path) -> dict[str, bytes]:
    """Return all that was made of the deliveries, without the ledger."""
    return {
        name: content
        for name, content in files_below(home).items()
        if name.startswith(("artifacts/", "current/", "exports/", "quarantine/"))
        and not name.startswith("current/.")
    }


def exported(home: Path) -> dict[str, bytes]:
    return files_below(home / "exports" / DAY)


def content_hashes(home: Path) -> dict[str, str]:
    """Return the content hash of each asset, as its pointer says."""
    pointers = {asset: Home(home).pointer(asset, DAY) for asset in PARTITIONED_ASSETS}
    return {asset: pointer.content_hash for asset, pointer in pointers.items() if pointer}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which the golden lines were delivered as one file and scored."""
    content = b"\n".join(golden_lines()) + b"\n"
    home = home_of(tmp_path_factory.mktemp("plain") / "home", {"a.jsonl": content})
    run(home)
    return home


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "4242"},
        {"TZ": "Pacific/Kiritimati"},
        {"TZ": "America/St_Johns"},
        {"LC_ALL": "C"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONUTF8": "1", "PYTHONOPTIMIZE": "2"},
    ],
    ids=lambda environment: ",".join(f"{name}={value}" for name, value in environment.items()),
)
def test_every_byte_is_the_same_in_any_environment_and_at_any_path(
    plain: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    files = {"a.jsonl": (plain / "deliveries" / DAY / "a.jsonl").read_bytes()}
    home = home_of(tmp_path / "another way" / "tŷ", files)

    run(home, **environment)

    assert made(home) == made(plain)


def test_a_second_run_changes_no_byte(plain: Path) -> None:
    before = made(plain)

    run(plain, PYTHONHASHSEED="7")

    assert made(plain) == before


def test_the_order_in_which_files_are_written_does_not_matter(plain: Path, tmp_path: Path) -> None:
    lines = golden_lines()
    files = {f"{number:02}.jsonl": line + b"\n" for number, line in enumerate(lines)}
    homes = [
        home_of(tmp_path / "up" / "home", files),
        home_of(tmp_path / "down" / "home", dict(reversed(files.items()))),
    ]
    for home in homes:
        run(home)

    assert made(homes[0]) == made(homes[1])
    assert exported(homes[0]) == exported(plain)


def split(lines: Lines, parts: int) -> dict[str, bytes]:
    size = -(-len(lines) // parts)
    return {
        f"{part}.jsonl": b"\n".join(lines[part * size : (part + 1) * size]) for part in range(parts)
    }


def gz(lines: Lines) -> dict[str, bytes]:
    half = len(lines) // 2
    return {
        "a.jsonl": b"\n".join(lines[:half]),
        "b.jsonl.gz": gzip.compress(b"\n".join(lines[half:])),
    }


def zst(lines: Lines) -> dict[str, bytes]:
    return {"a.jsonl.zst": zstandard.ZstdCompressor().compress(b"\n".join(lines) + b"\n")}


def crlf(lines: Lines) -> dict[str, bytes]:
    return {"a.jsonl": b"\r\n".join(lines) + b"\r\n"}


@pytest.mark.parametrize(
    "deliver",
    [lambda lines: split(lines, 3), lambda lines: split(lines, 9), gz, zst, crlf],
    ids=["3 files", "9 files", "gzip", "zstd", "CRLF"],
)
def test_exports_and_hashes_do_not_depend_on_how_sessions_lie_in_files(
    plain: Path, tmp_path: Path, deliver: object
) -> None:
    assert callable(deliver)
    home = home_of(tmp_path / "home", deliver(golden_lines()))

    run(home)

    assert exported(home) == exported(plain)
    assert content_hashes(home) == content_hashes(plain)


def test_exports_do_not_depend_on_the_order_of_sessions_that_stand_alone(
    plain: Path, tmp_path: Path
) -> None:
    # What follows another record of its session is decided by order, and stays behind it.
    lines = golden_lines()
    alone = [line for line in lines if is_alone(line, lines)]
    others = [line for line in lines if not is_alone(line, lines)]
    assert len(alone) > 8
    home = home_of(
        tmp_path / "home",
        {"a.jsonl": b"\n".join(alone[::-2]), "b.jsonl": b"\n".join([*others, *alone[-2::-2]])},
    )

    run(home)

    assert exported(home) == exported(plain)


def is_alone(line: bytes, lines: Lines) -> bool:
    name = line.partition(b'"candidate_id"')[0]
    return name != line and sum(each.startswith(name) for each in lines) == 1


def test_key_order_and_blanks_change_no_hash_of_a_session_that_is_read(
    plain: Path, tmp_path: Path
) -> None:
    content = b"\n".join(line.replace(b'": ', b'" :  ') for line in golden_lines())
    home = home_of(tmp_path / "home", {"a.jsonl": content})

    run(home)

    assert content_hashes(home)["score_runs"] == content_hashes(plain)["score_runs"]
