"""`ui`: where it may be served, and nothing that it started outlives it."""

import os
import signal
import socket
import subprocess
import sys
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


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])  # noqa: S104 - refused
def test_a_host_that_others_can_reach_wants_a_password(host: str, tmp_path: Path) -> None:
    result = run("ui", "--host", host, home=tmp_path / "home")

    assert result.exit_code == 2
    assert "ASSESSMENT_PIPELINE_UI_PASSWORD" in result.stderr
    assert not (tmp_path / "home").exists()


def test_all_addresses_of_a_machine_want_the_one_that_people_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_UI_PASSWORD", "a password for tests")
    result = run("ui", "--host", "0.0.0.0", home=tmp_path / "home")  # noqa: S104 - refused

    assert result.exit_code == 2
    assert "ASSESSMENT_PIPELINE_UI_ADDRESSES" in result.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("host", ["example.org", "127.1", ""])
def test_a_host_that_is_no_address_is_refused(host: str, tmp_path: Path) -> None:
    result = run("ui", "--host", host, home=tmp_path / "home")

    assert result.exit_code == 2
    assert "no IP address" in result.stderr


def test_a_short_password_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_UI_PASSWORD", "hunter2")
    result = run("ui", home=tmp_path / "home")

    assert result.exit_code == 2
    assert "ASSESSMENT_PIPELINE_UI_PASSWORD" in result.stderr
    assert "hunter2" not in result.output


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
