"""`status`: what waits, what is wrong, and a code that cron can act on."""

import json
import shutil
from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import SETTINGS, json_of, run, scored_installation
from assessment_pipeline_tests.cli.test_cli import imported
from assessment_pipeline_tests.installations import DAY, Installation, answers

LONG_AGO = (1_700_000_000, 1_700_000_000)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return scored_installation(tmp_path / "home")


def deliver_long_ago(installation: Installation, name: str) -> None:
    import os

    path = installation.deliver(answers("s-9"), b"no JSON", name=name)
    for each in (*path.parent.iterdir(), path.parent):
        os.utime(each, LONG_AGO)


def test_a_home_in_which_all_is_scored_is_well(installation: Installation) -> None:
    result = run("status", home=installation.home.folder)
    assert result.exit_code == 0
    assert "1 delivery day, 1 scored, 0 waiting, 0 overdue." in result.stdout
    assert "Ledger: " in result.stdout


@pytest.mark.parametrize("command", ["status", "score"])
def test_another_time_zone_than_the_ledgers_is_refused_also_where_nothing_waits(
    installation: Installation, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(command, home=installation.home.folder).exit_code == 0
    monkeypatch.setitem(SETTINGS, "ASSESSMENT_PIPELINE_TIMEZONE", "Europe/Berlin")
    result = run(command, home=installation.home.folder)
    assert result.exit_code == 2
    assert "is fixed to the time zone UTC, not Europe/Berlin: set " in result.stderr


def test_a_day_that_waits_for_too_long_ends_with_the_code_of_a_failure(
    installation: Installation,
) -> None:
    deliver_long_ago(installation, "late")
    result = run("status", "--json", home=installation.home.folder)
    assert result.exit_code == 4
    found = json_of(result)
    assert found["scored"] == []
    assert found["waiting"][DAY]["is_overdue"] is True
    assert found["waiting"][DAY]["since"] == "2025-11-21T00:00:00Z"
    (problem,) = found["problems"]
    assert problem.startswith(f"{DAY} has waited for more than 26 hours: its delivery files")
    shown = run("status", home=installation.home.folder)
    assert "Look at this: 2025-11-20 has waited" in shown.stdout


def test_a_day_that_came_just_now_waits_and_alarms_nobody(installation: Installation) -> None:
    installation.deliver(answers("s-9"), name="late")
    result = run("status", "--json", home=installation.home.folder)
    assert result.exit_code == 0
    assert json_of(result)["waiting"][DAY]["is_overdue"] is False


def test_how_long_a_day_may_wait_can_be_said(installation: Installation) -> None:
    deliver_long_ago(installation, "late")
    hours = str(24 * 365 * 100)
    result = run("status", "--overdue-after", hours, home=installation.home.folder)
    assert result.exit_code == 0


def test_quarantined_lines_and_misplaced_deliveries_are_counted(
    installation: Installation,
) -> None:
    installation.deliver(b"no JSON", day="2025-11-21")
    installation.score("2025-11-21")
    (installation.home.deliveries / "inbox").mkdir()
    found = json_of(run("status", "--json", home=installation.home.folder))
    assert found["quarantined"] == {"2025-11-21": 1}
    assert found["misplaced"] == ["inbox"]
    shown = run("status", home=installation.home.folder).stdout
    assert "Quarantined: 1 line (2025-11-21 1)." in shown
    assert "deliveries/inbox is no day" in shown


def test_a_ledger_that_is_gone_is_a_problem(installation: Installation) -> None:
    shutil.rmtree(installation.home.ledger.parent)
    result = run("status", home=installation.home.folder)
    assert result.exit_code == 4
    assert "holds no audit ledger" in result.stdout or "no ledger" in result.stdout


def test_an_anchor_is_shown_with_what_it_covers(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchor = tmp_path / "anchor.json"
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ANCHOR", str(anchor))
    missing = run("status", home=installation.home.folder)
    assert missing.exit_code == 4
    assert "There is no anchor" in missing.stdout
    head = run("ledger", "head", "--json", home=installation.home.folder).stdout
    anchor.write_text(head)
    found = json_of(run("status", "--json", home=installation.home.folder))
    assert found["anchor"]["size"] == found["ledger"]["size"]
    assert "renewed 0 hours ago" in run("status", home=installation.home.folder).stdout


def test_a_ledger_that_does_not_continue_from_its_anchor_is_a_problem(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchor = tmp_path / "anchor.json"
    head = json.loads(run("ledger", "head", "--json", home=installation.home.folder).stdout)
    anchor.write_text(json.dumps(head | {"head": "sha256:" + "0" * 64}))
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ANCHOR", str(anchor))
    result = run("status", home=installation.home.folder)
    assert result.exit_code == 4
    assert "does not continue from the anchor" in result.stdout


def test_a_home_that_was_never_scored_has_no_ledger_to_miss(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s-1"))
    result = run("status", "--json", home=installation.home.folder)
    assert result.exit_code == 0
    assert json_of(result)["ledger"] is None


def test_without_a_home_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert run("status", home=tmp_path / "none").exit_code == 3


def test_it_needs_no_dagster(installation: Installation) -> None:
    assert imported("dagster,polars,pandas", "--home", installation.home.folder, "status") == ["0"]
