"""A private Redis for tests: on loopback, on a free port, with a password, gone afterwards.

Needs the program of Debian's `redis-server`.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Looked for in every output: nothing may show it.
PASSWORD = "r3dis-canary"  # noqa: S105 - of a server that lives for seconds

_ATTEMPTS = 3
_START_SECONDS = 20


class Redis:
    """A server that can be restarted at the same place; it forgets nothing that it was told."""

    def __init__(self, program: str, folder: Path) -> None:
        """Start it on a free port."""
        self._program, self._folder = program, folder
        for _ in range(_ATTEMPTS):
            self._port = _free_port()
            if self._start():
                return
        pytest.fail(f"Redis does not start: {(folder / 'redis.log').read_text()}")

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self._port}/0"

    def restart(self) -> None:
        self.end()
        assert self._start()

    def end(self) -> None:
        self._server.terminate()
        self._server.wait()

    def _start(self) -> bool:
        # By a file: a password among the arguments shows in every list of processes.
        config = self._folder / "redis.conf"
        config.write_text(
            f"bind 127.0.0.1\nport {self._port}\nrequirepass {PASSWORD}\ndir {self._folder}\n"
            f'save ""\nappendonly yes\nappendfsync no\nlogfile {self._folder / "redis.log"}\n'
        )
        self._server = subprocess.Popen([self._program, str(config)], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return True
            time.sleep(0.02)
        self._server.kill()
        self._server.wait()
        return False


@contextmanager
def private_redis() -> Iterator[Redis]:
    """Run a server; skip where there is no Redis."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server (Debian: redis-server)")
    with tempfile.TemporaryDirectory(prefix="assessment-pipeline-redis-") as name:
        server = Redis(program, Path(name))
        try:
            yield server
        finally:
            server.end()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
