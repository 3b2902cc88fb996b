"""Celery workers as `assessment-pipeline worker` starts them, for tests that kill them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_START_SECONDS = 120
_END_SECONDS = 60
_LOOK_SECONDS = 0.1

Found = TypeVar("Found")


def awaited(look: Callable[[], Found | None], seconds: float, what: str) -> Found:
    """Look until there is something; fail, naming it, if there is nothing in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"{what}: not within {seconds} seconds")


@dataclass(frozen=True)
class Worker:
    """A worker, its log, and a process group of its own."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def node_name_start(self) -> str:
        """How its name among Celery's nodes begins."""
        return f"assessment-pipeline-{self.process.pid}@"

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return " ready." in self.log.read_text()

    def kill(self) -> None:
        """Kill it and all that it started, as a machine that is switched off would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """Ask it to finish what it has and end; return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_END_SECONDS)
            finally:
                self.kill()
        return self.process.wait()


@contextmanager
def celery_workers(folder: Path, home: Path, count: int, **settings: str) -> Iterator[list[Worker]]:
    """Run workers for a home until they are ready, and end them afterwards.

    Args:
        folder: where their logs go.
        home: the home folder.
        count: how many.
        settings: variables of the environment, the broker's among them.
    """
    environment: Mapping[str, str] = {**os.environ, **settings}
    workers: list[Worker] = []
    try:
        for number in range(count):
            log = folder / f"worker-{number}.log"
            with log.open("wb") as stream:
                process = subprocess.Popen(
                    [sys.executable, "-m", "assessment_pipeline", "--home", str(home), "worker"],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            workers.append(Worker(process, log))
        for worker in workers:
            awaited(worker.is_ready, _START_SECONDS, "a worker that is ready")
        yield workers
    finally:
        for worker in workers:
            worker.end()
