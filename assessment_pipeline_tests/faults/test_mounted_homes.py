"""Homes on real file systems that are full or read-only, mounted for a moment and seen by nobody.

A namespace of mounts of its own needs root, or a kernel that gives everybody one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assessment_pipeline_tests.builders import Bench
from assessment_pipeline_tests.faults.days import (
    IS_FULL_SIZE,
    files_of,
    outcome_of,
    small_day,
    undisturbed,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NAMESPACE = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
# Room for the deliveries and more or less of what is made of them; all of it takes about 800 KiB.
KIBIBYTES = range(100, 800, 40) if IS_FULL_SIZE else (260, 660)

# Each command's code and what it says go to files of its number, outside of the mount.
SHELL = """\
set -u
say() {{ number=$1; shift; "$@" >{said}/$number.text 2>&1; echo $? >{said}/$number.code; }}
"""
FULL = """\
mount -t tmpfs -o size={kibibytes}k tmpfs {mount}
cp -r {home} {mount}/home
say 1 {program} score
say 2 {program} verify
mount -o remount,size=64m {mount}
say 3 {program} score
say 4 {program} verify
cp -r {mount}/home {mount}-after
"""
READ_ONLY = """\
mount --bind {home} {home}
mount -o remount,bind,ro {home}
say 1 {program} score
say 2 {program} verify
say 3 {program} ledger verify
say 4 {program} export --date {day} --to {mount}
"""


class Mounted:
    """Commands run on a home in a namespace of mounts, and what they say."""

    def __init__(self, folder: Path, home: Path, script: str, **names: object) -> None:
        """Run a script; skip where nothing can be mounted."""
        self.said = folder / "said"
        self.mount = folder / "mount"
        for path in (self.said, self.mount):
            path.mkdir()
        at = self.mount / "home" if "tmpfs" in script else home
        program = f"{sys.executable} -m assessment_pipeline --home {at}"
        written = (SHELL + script).format(
            said=self.said, mount=self.mount, home=home, program=program, **names
        )
        environment = {**os.environ, "ASSESSMENT_PIPELINE_FIRST_DATE": "2025-01-01"}
        subprocess.run([*NAMESPACE, "sh", "-c", written], cwd=ROOT, check=True, env=environment)

    def code(self, number: int) -> int:
        return int((self.said / f"{number}.code").read_text())

    def text(self, number: int) -> str:
        return " ".join((self.said / f"{number}.text").read_text().split())


@pytest.fixture(autouse=True)
def _mounts(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        pytest.skip("there are no unshare and mount (Debian: util-linux, mount)")
    probe = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if subprocess.run(probe, check=False, capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here, not even in a namespace of our own")


@pytest.mark.parametrize("kibibytes", KIBIBYTES)
def test_on_a_full_disk_score_says_where_and_what_and_the_next_one_is_right(
    tmp_path: Path, kibibytes: int
) -> None:
    bench = small_day(tmp_path)

    mounted = Mounted(tmp_path, bench.home.folder, FULL, kibibytes=kibibytes)

    assert mounted.code(1) == 4, mounted.text(1)
    assert f"{mounted.mount}/home" in mounted.text(1)
    assert "Traceback" not in mounted.text(1)
    assert mounted.code(2) in {0, 3}, mounted.text(2)
    assert (mounted.code(3), mounted.code(4)) == (0, 0), mounted.text(3) + mounted.text(4)
    after = Bench(Path(f"{mounted.mount}-after"))
    assert files_of(after) == undisturbed(tmp_path / "undisturbed").files


def test_on_a_read_only_disk_score_says_so_and_everything_that_reads_works(tmp_path: Path) -> None:
    bench = small_day(tmp_path)
    bench.run()
    before = outcome_of(bench)
    bench.deliver(b"{}", name="c")

    mounted = Mounted(tmp_path, bench.home.folder, READ_ONLY, day="2025-11-20")

    assert mounted.code(1) == 4, mounted.text(1)
    assert "Read-only file system" in mounted.text(1)
    assert str(bench.home.folder) in mounted.text(1)
    assert mounted.code(2) == 3, "the new file is not scored"
    assert "c.jsonl is not scored yet" in mounted.text(2)
    assert mounted.code(3) == 0, mounted.text(3)
    assert mounted.code(4) == 0, mounted.text(4)
    assert outcome_of(bench) == before
