"""`ui`: on loopback alone, and nothing that it started outlives it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import run

# Serves a child that has a child of its own, which ignores every polite request to end.
SERVE = """
import sys
from assessment_pipeline.cli.ui import _serve
STUBBORN = "import signal; signal.signal(2, signal.SIG_IGN); signal.pause()"
CHILD = f'''
import subprocess, sys, signal
grandchild = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}])
print(grandchild.pid, flush=True)
signal.pause()
'''
sys.exit(_serve([sys.executable, "-c", CHILD], {}))
"""


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "example.org", "::", ""])  # noqa: S104
def test_a_host_that_others_can_reach_is_refused(host: str, tmp_path: Path) -> None:
    result = run("ui", "--host", host, home=tmp_path / "home")
    assert result.exit_code == 2
    assert not (tmp_path / "home").exists()


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run("ui", "--port", str(port), home=tmp_path / "home")
    assert result.exit_code == 2
    assert f"Port {port}" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_of_the_command_is_the_end_of_all_it_started(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        grandchild = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait() == 0
        assert process.stdout.read() == "Ended.\n"
    with pytest.raises(ProcessLookupError):
        os.kill(grandchild, 0)


@pytest.mark.slow
def test_the_page_is_served_and_ends_on_request(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "assessment_pipeline", "ui", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--home", str(tmp_path / "home")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        assert _answers(port, process)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    assert not _is_open(port)


def _answers(port: int, process: "subprocess.Popen[str]") -> bool:
    """Wait until the page answers, or its process has ended."""
    while not _is_open(port):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
            return False
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info") as page:
        return bool(page.status == 200)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
