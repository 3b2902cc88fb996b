"""The README's table of promises names tests that are there; those of two sizes run at full one."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "assessment_pipeline_tests"


def held_by() -> list[str]:
    """Return what the table's last column names."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Security properties\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")]
    return [name for row in rows[1:] for name in re.findall(r"`([^`]+)`", row[-2])]


def test_every_promise_names_tests_that_are_there() -> None:
    names = [name for name in held_by() if "/" in name]

    assert len(names) > 20
    assert [name for name in names if not (TESTS / name).exists()] == []


def test_tests_of_two_sizes_are_run_at_full_size_by_make_test_faults() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = re.findall(r"assessment_pipeline_tests/\S+", makefile.partition("\nFAULTS := ")[2])
    sized = [
        path.relative_to(ROOT).as_posix()
        for path in TESTS.rglob("*.py")
        if "IS_FULL_SIZE" in path.read_text(encoding="utf-8") and path != Path(__file__)
    ]

    assert len(sized) > 4
    assert [path for path in sized if not path.startswith(tuple(listed))] == []
