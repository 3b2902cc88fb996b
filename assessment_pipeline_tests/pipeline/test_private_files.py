"""What is written is its owner's alone, however the writer was started and whatever its umask."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assessment_pipeline_tests.installations import DAY, Installation, answers

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OTHERS = 0o077


def start(home: Path, *command: str | Path, **environment: str) -> None:
    """Run a program as a careless shell starts it: all that it writes may be read by all."""
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={
            **os.environ,
            "ASSESSMENT_PIPELINE_HOME": str(home),
            "ASSESSMENT_PIPELINE_FIRST_DATE": "2025-01-01",
            **environment,
        },
        umask=0o022,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def command_line(home: Path) -> None:
    start(home, "assessment_pipeline", "score", "--date", DAY)
    start(home, "assessment_pipeline", "verify")


def dagster_run(home: Path) -> None:
    """Start a run as Dagster's own programs do, in a folder that somebody made for it."""
    instance = home / "dagster"
    instance.mkdir()
    tags = json.dumps({"dagster/partition": DAY})
    module = ["-m", "assessment_pipeline.definitions", "-j", "nightly_scoring", "--tags", tags]
    start(home, "dagster", "job", "execute", *module, DAGSTER_HOME=str(instance))
    assert any(instance.rglob("*.db"))


def readable_by_others(folder: Path) -> list[str]:
    """Return what others can come to: what is open itself, and so is all that leads to it."""
    found = []
    for path in sorted(folder.iterdir()):
        status = path.lstat()
        if not status.st_mode & OTHERS:
            continue
        found.append(f"{stat.filemode(status.st_mode)} {path.name}")
        if path.is_dir():
            found += readable_by_others(path)
    return found


@pytest.mark.parametrize("run", [command_line, dagster_run])
def test_nothing_that_a_run_writes_can_be_read_by_others(
    tmp_path: Path, run: Callable[[Path], None]
) -> None:
    installation = Installation(tmp_path / "home")
    delivered = installation.deliver(answers("s-1"), b"no JSON")
    for path in (delivered.parent.parent, delivered.parent, installation.home.rubrics):
        path.chmod(0o700)

    run(installation.home.folder)

    assert installation.home.scored_days() == [DAY]
    assert readable_by_others(installation.home.folder) == []


def test_what_can_be_read_by_others_is_seen(tmp_path: Path) -> None:
    for name, mode in (("open", 0o755), ("closed", 0o700)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch(0o644)
        (tmp_path / name).chmod(mode)

    assert readable_by_others(tmp_path) == ["drwxr-xr-x open", "-rw-r--r-- file"]
