"""The intake as it runs: whatever it acknowledged is delivered once, wherever it is killed."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

pytest.importorskip("fastapi")

from assessment_pipeline.core.hashing import content_hash
from assessment_pipeline.storage.home import Home
from assessment_pipeline_tests.deliveries import session

pytestmark = pytest.mark.slow

CLIENTS = 4
KILLS = 3
START_SECONDS = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def post(port: int, delivery: object) -> int:
    """Send a session; return the status of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = json.dumps(delivery)
        connection.request("POST", "/deliveries", body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def running(home: Home, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the intake in a process of its own, until it is killed or told to end."""
    command = [sys.executable, "-m", "assessment_pipeline", "--home", str(home.folder), "intake"]
    with subprocess.Popen(
        [*command, "--port", str(port)],
        env={**os.environ, "ASSESSMENT_PIPELINE_INTAKE_SEAL_SECONDS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            deadline = monotonic() + START_SECONDS
            while not is_open(port):
                assert monotonic() < deadline
                with suppress(subprocess.TimeoutExpired):
                    code = process.wait(0.05)
                    raise AssertionError(f"the intake ended by itself, with code {code}")
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Client(threading.Thread):
    """Sends one session after the other, each again until it is acknowledged."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__()
        self.port = port
        self.number = number
        self.acknowledged: list[str] = []
        self.ending = threading.Event()
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        sent = 0
        while not self.ending.is_set():
            delivery = session(session_id=f"s-{self.number}-{sent}")
            try:
                status = post(self.port, delivery)
            except (OSError, http.client.HTTPException):
                self.ending.wait(0.02)
                continue
            self.statuses[status] += 1
            if status in {200, 201}:
                self.acknowledged.append(content_hash(delivery))
                sent += 1


def delivered(home: Home) -> Counter[str]:
    """Return how often each session is in the delivery folder."""
    return Counter(
        content_hash(json.loads(line))
        for path in home.deliveries.glob("*/*.jsonl")
        for line in path.read_bytes().splitlines()
    )


def test_what_was_acknowledged_is_delivered_once_however_often_it_is_killed(tmp_path: Path) -> None:
    home, port = Home(tmp_path / "home"), free_port()
    chance = random.Random(20_261_120)  # noqa: S311 - to be repeatable, not secret
    clients = [Client(port, number) for number in range(CLIENTS)]
    try:
        for turn in range(KILLS):
            with running(home, port) as process:
                if not turn:
                    for client in clients:
                        client.start()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0.5, 1.5))
                process.kill()
            assert process.returncode == -signal.SIGKILL
        # Dead, it has acknowledged what the next one has to deliver.
        acknowledged = {each for client in clients for each in list(client.acknowledged)}
        with running(home, port) as process:
            for client in clients:
                client.ending.set()
                client.join()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert process.stdout is not None
            assert b"s-0-" not in process.stdout.read()
    finally:
        for client in clients:
            client.ending.set()
    found = delivered(home)

    assert len(acknowledged) > 50
    assert {status for client in clients for status in client.statuses} <= {200, 201}
    assert acknowledged <= set(found)
    assert {each for client in clients for each in client.acknowledged} <= set(found)
    assert set(found.values()) == {1}
    assert list(home.intake.glob("*/*")) == []
