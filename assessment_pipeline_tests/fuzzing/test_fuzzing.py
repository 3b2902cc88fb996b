"""The fuzzer's short run of every day; `make fuzz` is the long one.

The number of runs and the seed are fixed, so that a day's run is as good as another's. What a long
run has found lies in `corpus/`, and is replayed here without the fuzzer, on every platform.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from assessment_pipeline_tests.fuzzing.invariants import TARGETS

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
MODULE = "assessment_pipeline_tests.fuzzing.harness"
# Each target for about a second of work; a process takes two more to start.
RUNS = {"session_line": 4_000, "stream": 1_500, "rubric": 250, "qti_item": 3_000}
OTHER_RUNS = 3_000

# Something that breaks its promise for one input in 256, if the fuzzer can find it.
BROKEN = f"""\
import sys
from {MODULE} import TARGETS, main

def broken(data: bytes) -> None:
    assert not data.startswith(b"x")

TARGETS["broken"] = broken
main()
"""


def cases() -> list[tuple[str, str]]:
    return [
        (target, path.name) for target in TARGETS for path in sorted((CORPUS / target).iterdir())
    ]


def fuzz(
    program: list[str], folder: Path, *options: str | Path
) -> subprocess.CompletedProcess[str]:
    """Fuzz in a process of its own; what is found is left in the folder."""
    if find_spec("atheris") is None:
        pytest.skip("there is no atheris: it ships for Linux on x86-64 alone")
    grown = folder / "grown"
    grown.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    return subprocess.run(
        [sys.executable, *program, grown, *options, "-seed=1"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_fuzz_knows_all_targets() -> None:
    assert f"TARGETS := {' '.join(TARGETS)}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize(("target", "name"), cases())
def test_no_promise_is_broken_by_what_is_in_the_corpus(target: str, name: str) -> None:
    TARGETS[target]((CORPUS / target / name).read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_the_fuzzer_finds_nothing_that_breaks_a_promise(target: str, tmp_path: Path) -> None:
    runs = RUNS.get(target, OTHER_RUNS)

    found = fuzz(["-m", MODULE, target], tmp_path, CORPUS / target, f"-runs={runs}")

    assert found.returncode == 0, found.stdout + found.stderr
    assert f"Done {runs} runs" in found.stderr


@pytest.mark.slow
def test_the_fuzzer_finds_a_promise_that_is_broken(tmp_path: Path) -> None:
    found = fuzz(["-c", BROKEN, "broken"], tmp_path, "-runs=20000")

    assert found.returncode != 0
    (crash,) = tmp_path.glob("crash-*")
    assert crash.read_bytes().startswith(b"x")
