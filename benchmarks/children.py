"""Children: programs run as processes of their own, with what they cost.

CPU is user and system time of the process and of those that it waited for; the peak is the
largest resident size of any of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, Self

ROOT: Final = Path(__file__).parents[1]
# Settings of an installation here must not change what is measured.
_SETTINGS: Final = ("ASSESSMENT_PIPELINE_", "DAGSTER_")
_KIB_PER_MB: Final = 1_000_000 / 1024
_TOLD_CHARACTERS: Final = 2_000


class BenchmarkError(Exception):
    """The benchmark cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process cost."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


class Child:
    """A program that runs; `finish` waits for it."""

    def __init__(self, command: Sequence[str | Path], folder: Path, first_date: str) -> None:
        """Start a program in a folder, with the settings of a new installation.

        Linux counts the size of the process that starts another one into the peak of that: so
        this one stays small, and imports late what is large.
        """
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)
        }
        environment["ASSESSMENT_PIPELINE_FIRST_DATE"] = first_date
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
        )
        self._name = " ".join(map(str, command[1:4]))
        self._said: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed at exit
        self._began = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - our own programs
            list(command),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def finish(self) -> tuple[Usage, str]:
        """Wait for the end; return what it cost and what it said.

        BenchmarkError if it failed.
        """
        _, status, used = os.wait4(self._process.pid, 0)
        wall = time.perf_counter() - self._began
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        if self._process.returncode:
            told = said[-_TOLD_CHARACTERS:].strip()
            code = self._process.returncode
            raise BenchmarkError(f"{self._name} ended with code {code}: {told}")
        cpu = used.ru_utime + used.ru_stime
        return Usage(wall, cpu, used.ru_maxrss / _KIB_PER_MB), said


def run(command: Sequence[str | Path], folder: Path, first_date: str) -> tuple[Usage, str]:
    """Run a program to its end."""
    with Child(command, folder, first_date) as child:
        return child.finish()


def python(*arguments: str | Path) -> list[str | Path]:
    """Return the command of a Python module."""
    return [sys.executable, "-m", *arguments]
