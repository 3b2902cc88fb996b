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


@contextmanager
def private_redis() -> Iterator[str]:
    """Run a server, and yield its URL; skip where there is no Redis."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server (Debian: redis-server)")
    with tempfile.TemporaryDirectory(prefix="assessment-pipeline-redis-") as name:
        for _ in range(_ATTEMPTS):
            port = _free_port()
            server = _start(program, Path(name), port)
            if _answers(server, port):
                break
            server.kill()
            server.wait()
        else:
            pytest.fail(f"Redis does not start: {(Path(name) / 'redis.log').read_text()}")
        try:
            yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait()


def _start(program: str, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    # By a file: a password among the arguments shows in every list of processes.
    config = folder / "redis.conf"
    config.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {PASSWORD}\ndir {folder}\nsave ""\n'
        f"logfile {folder / 'redis.log'}\n"
    )
    return subprocess.Popen([program, str(config)], stdin=subprocess.DEVNULL)


def _answers(server: "subprocess.Popen[bytes]", port: int) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.02)
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
