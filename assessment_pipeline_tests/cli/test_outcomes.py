"""How commands end: every error is one sentence, and its kind decides the exit code."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from assessment_pipeline import errors
from assessment_pipeline.cli import cli
from assessment_pipeline.cli.options import common_options
from assessment_pipeline.cli.outcomes import ending, exit_code_of, printable, sentence
from assessment_pipeline_tests.cli.command_lines import scored_installation

CANARY = "canary-answer-4711"


def group_that(act: Callable[[], object]) -> click.Group:
    """Return a command line with one command, which does this."""

    @click.group()
    @common_options
    def group() -> None:
        pass

    @group.command("act")
    @common_options
    def command() -> object:
        return act()

    return group


def raising(error: BaseException) -> click.Group:
    def act() -> None:
        raise error

    return group_that(act)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("no x"), 2),
        (errors.RubricError("no x"), 2),
        (errors.NothingThereError("no x"), 3),
        (errors.DeliveryChangedError("no x"), 4),
        (errors.IntegrityError("no x"), 4),
        (errors.LedgerError("no x"), 4),
        (errors.StorageError("no x"), 4),
        (errors.AssessmentPipelineError("no x"), 4),
    ],
)
def test_every_error_of_ours_has_its_exit_code(
    error: errors.AssessmentPipelineError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(error) == code
    assert ending(raising(error), ["act"], "x") == code
    assert capsys.readouterr() == ("", "Error: No x.\n")


def test_an_unexpected_error_is_named_and_its_text_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ending(raising(ValueError(CANARY)), ["act"], "x") == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "ValueError" in err
    assert "Traceback" not in err
    assert CANARY not in err


@pytest.mark.parametrize("arguments", [["--debug", "act"], ["act", "--debug"]])
def test_debugging_shows_where_an_error_comes_from(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending(raising(ValueError("x")), arguments, "x") == 4
    assert "Traceback" in capsys.readouterr().err


def test_an_error_of_the_operating_system_names_the_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = OSError(28, "No space left on device", "/mnt/full")
    assert ending(raising(error), ["act"], "x") == 4
    assert "/mnt/full: No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupted_command_ends_with_130(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending(raising(error), ["act"], "x") == 130
    assert "Interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1), (3, 3)])
def test_a_command_that_runs_to_its_end_returns_its_exit_code(
    returned: int | None, code: int
) -> None:
    assert ending(group_that(lambda: returned), ["act"], "x") == code


def test_no_error_reaches_a_terminal_with_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ending(raising(errors.UsageError("no file \x1b[2Jx")), ["act"], "x")
    assert capsys.readouterr().err == "Error: No file \\x1b[2Jx.\n"


def test_text_of_people_is_printed_as_it_is() -> None:
    assert printable("Zoë — “né”\n\tx") == "Zoë — “né”\n\\tx"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", "A b."),
        ("A b.", "A b."),
        ("Why?", "Why?"),
        ("a/b is", "a/b is."),
        ("school is a folder", "school is a folder."),
        ("anna has 2 scorecards", "anna has 2 scorecards."),
        ("there is none", "There is none."),
        ("time stamps need", "Time stamps need."),
    ],
)
def test_an_error_is_a_sentence(text: str, shown: str) -> None:
    assert sentence(text) == shown


def test_the_process_ends_with_the_exit_code() -> None:
    assert CliRunner().invoke(cli, ["nonsense"]).exit_code == 2


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_reason_to_complain(tmp_path: Path) -> None:
    home = scored_installation(tmp_path / "home").home.folder
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "assessment_pipeline", "--home", str(home), "ledger", "show"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")
