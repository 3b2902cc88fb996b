"""Dagster's page as `assessment-pipeline ui` serves it, for tests that ask it over the network."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_START_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    """What a request came back with; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class ServedPage:
    """A page that is being served on loopback."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, target: str, body: str | None = None, **headers: str) -> Answer:
        """Send one request; `_` in a header's name stands for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, target, body, named)
            response = connection.getresponse()
            # Several headers of a name are one list, as HTTP has it.
            found: dict[str, str] = {}
            for name, value in response.getheaders():
                key = name.lower()
                found[key] = f"{found[key]}, {value}" if key in found else value
            # An opened websocket has no end to read to.
            is_open = response.status == http.HTTPStatus.SWITCHING_PROTOCOLS
            text = "" if is_open else response.read().decode()
            return Answer(response.status, found, text)
        finally:
            connection.close()

    def graphql(self, query: str, variables: object = None, **headers: str) -> Answer:
        """Send GraphQL as the page itself does."""
        body = json.dumps({"query": query, "variables": variables})
        given = {"content_type": "application/json", "origin": self.address, **headers}
        return self.ask("POST", "/graphql", body, **given)

    def queried(self, query: str, variables: object = None, **headers: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what a query gave."""
        answer = self.graphql(query, variables, **headers)
        assert answer.status == 200, answer.text
        return json.loads(answer.text)["data"]

    def wait(self, seconds: float) -> None:
        """Let time pass; the page may not end in it."""
        with suppress(subprocess.TimeoutExpired):
            code = self.process.wait(seconds)
            raise AssertionError(f"the page ended by itself, with code {code}")

    def is_open(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def served_page(home: Path, *options: str, **environment: str) -> Iterator[ServedPage]:
    """Serve the page of a home on a free port, and end it and all that it started."""
    port = free_port()
    command = [sys.executable, "-m", "assessment_pipeline", "ui", "--home", str(home)]
    process = subprocess.Popen(
        [*command, "--port", str(port), *options],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    )
    page = ServedPage(port, process)
    try:
        for _ in range(_START_SECONDS * 4):
            if page.is_open():
                break
            page.wait(0.25)
        yield page
    finally:
        process.send_signal(signal.SIGINT)
        with process:
            process.wait(60)


def descendants(process_id: int) -> dict[int, str]:
    """Return the processes that a process and its children started, with their command lines."""
    children = [
        int(text)
        for task in Path(f"/proc/{process_id}/task").glob("*/children")
        for text in task.read_text().split()
    ]
    found: dict[int, str] = {}
    for child in children:
        found[child] = command_line(child)
        found.update(descendants(child))
    return found


def command_line(process_id: int) -> str:
    """Return how a process was started; nothing if there is none."""
    with suppress(FileNotFoundError, ProcessLookupError):
        content = Path(f"/proc/{process_id}/cmdline").read_bytes()
        return content.replace(b"\0", b" ").decode(errors="replace")
    return ""


def environment_of(process_id: int) -> bytes:
    """Return the environment that a process was started with; nothing if there is none."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process_id}/environ").read_bytes()
    return b""
