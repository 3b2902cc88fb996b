"""The event log: lines of JSON where they are asked for, silence where they are not."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest

from assessment_pipeline.services.event_log import configure_event_log, log_event, log_failure
from assessment_pipeline.settings import load_settings

JSON = load_settings(log_format="json")
NONE = load_settings(log_format="none")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    yield
    configure_event_log(NONE)


def test_an_event_is_one_line_with_its_fields() -> None:
    stream = StringIO()
    configure_event_log(JSON, stream)
    log_event("step", asset="score_runs", counts={"sessions": 3}, note="a\nb – é")
    (line,) = stream.getvalue().splitlines()
    assert line.isascii()
    said = json.loads(line)
    assert said.pop("time").endswith("Z")
    assert said == {
        "level": "info",
        "event": "step",
        "asset": "score_runs",
        "counts": {"sessions": 3},
        "note": "a\nb – é",
    }


def test_a_failure_is_an_error() -> None:
    stream = StringIO()
    configure_event_log(JSON, stream)
    log_failure("step_failed", why="The disk is full.")
    assert json.loads(stream.getvalue())["level"] == "error"


def test_configuring_again_writes_each_line_once() -> None:
    first, second = StringIO(), StringIO()
    configure_event_log(JSON, first)
    configure_event_log(JSON, second)
    log_event("step")
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1


def test_without_the_setting_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    configure_event_log(NONE)
    log_event("step")
    log_failure("step_failed")
    assert capfd.readouterr() == ("", "")
