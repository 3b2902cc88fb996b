"""`erase`: the plan, the question, and what is said afterwards."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from assessment_pipeline.cli import cli
from assessment_pipeline_tests.cli.command_lines import SETTINGS, json_of, run
from assessment_pipeline_tests.installations import DAY, Installation, answers


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s-1"), answers("s-2", candidate_id="c-gone"))
    installation.score()
    return installation


def test_a_dry_run_says_what_there_is_and_changes_nothing(installation: Installation) -> None:
    home = installation.home.folder
    result = run("erase", "--candidate", "c-gone", "--dry-run", "--json", home=home)
    assert json_of(result)["days"] == [
        {"delivery_date": DAY, "files": 1, "lines": 1, "snapshots": 1}
    ]
    assert run("verify", "--session", "s-2", home=home).exit_code == 0


def test_an_erased_candidate_is_gone_and_verify_says_erased(installation: Installation) -> None:
    home = installation.home.folder
    result = run("erase", "--candidate", "c-gone", "--request", "ticket-17", "--yes", home=home)
    assert result.exit_code == 0
    assert "Erased by request ticket-17" in result.stdout
    verified = run("verify", home=home)
    assert verified.exit_code == 0
    assert "snapshots erased: 1 (request ticket-17" in verified.stdout
    explained = run("verify", "--session", "s-2", home=home)
    assert explained.exit_code == 3
    assert "was erased: request ticket-17" in explained.stdout
    shown = run("ledger", "show", "--session", "s-2", home=home)
    assert "SNAPSHOT_ERASED" in shown.stdout


def test_who_does_not_say_yes_erases_nothing(installation: Installation) -> None:
    arguments = ["--home", str(installation.home.folder), "erase", "--candidate", "c-gone"]
    result = CliRunner(env=SETTINGS).invoke(cli, arguments, input="n\n")
    assert result.exit_code == 130
    assert "Nothing was erased." in result.output
    assert run("verify", "--session", "s-2", home=installation.home.folder).exit_code == 0


def test_json_needs_a_yes(installation: Installation) -> None:
    result = run("erase", "--candidate", "c-gone", "--json", home=installation.home.folder)
    assert result.exit_code == 2
    assert "--yes" in result.stderr


def test_the_result_as_json(installation: Installation) -> None:
    home = installation.home.folder
    erased = json_of(run("erase", "--candidate", "c-gone", "--yes", "--json", home=home))
    assert erased["request"].startswith("erasure-")
    assert erased["days"][0]["lines"] == 1
    assert erased["leftovers"] == 0
    assert erased["ledger_entries"] == 5


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (("--candidate", "c-nobody"), 3, "nothing of a candidate of this id"),
        (("--candidate", "not an id"), 2, "candidate_id"),
        (("--candidate", "c-gone", "--request", "Ann Lee"), 2, "no name of a person"),
        ((), 2, "--candidate"),
    ],
)
def test_what_cannot_be_done_is_said(
    installation: Installation, arguments: tuple[str, ...], exit_code: int, said: str
) -> None:
    result = run("erase", *arguments, home=installation.home.folder)
    assert result.exit_code == exit_code
    assert said in result.stderr


def test_leftovers_of_a_killed_run_are_told_and_the_erasure_is_not_done(
    installation: Installation,
) -> None:
    unfinished = installation.home.artifacts.folder / ".1-ab.tmp"
    unfinished.write_bytes(b'{"candidate_id":"c-gone"')
    result = run("erase", "--candidate", "c-gone", "--yes", home=installation.home.folder)
    assert result.exit_code == 4
    assert "erase again in an hour" in result.stdout


def test_an_erasure_that_was_killed_at_its_end_is_finished_by_the_same_command(
    installation: Installation,
) -> None:
    home = installation.home
    before = {path: path.read_bytes() for path in home.artifacts.folder.iterdir()}
    assert run("erase", "--candidate", "c-gone", "--yes", home=home.folder).exit_code == 0
    for path, content in before.items():
        path.write_bytes(content)

    again = run("erase", "--candidate", "c-gone", "--yes", home=home.folder)

    assert again.exit_code == 0
    assert not any(b"c-gone" in path.read_bytes() for path in home.artifacts.folder.iterdir())
    assert run("erase", "--candidate", "c-gone", "--yes", home=home.folder).exit_code == 3
