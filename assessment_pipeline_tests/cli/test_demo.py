"""`demo`: from nothing to verified scores, in a fresh process."""

from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import json_of, run, run_fresh
from assessment_pipeline_tests.installations import Installation, answers

pytestmark = pytest.mark.slow


def test_the_demo_scores_and_verifies_and_a_second_one_does_nothing_new(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = run_fresh("demo", home=home)
    before = {path: path.read_bytes() for path in (home / "exports").rglob("*.*")}
    head = run("ledger", "head", home=home).stdout
    second = run_fresh("demo", home=home)

    assert (first.returncode, first.stderr) == (0, "")
    assert "Why did harbour-" in first.stdout
    assert "assessment-pipeline ui" in first.stdout
    assert str(home / "exports") in first.stdout
    assert first.stdout.splitlines()[-1].startswith("Everything verifies: 1,0")
    assert (second.returncode, second.stderr) == (0, "")
    assert "Nothing was new" in second.stdout
    assert {path: path.read_bytes() for path in (home / "exports").rglob("*.*")} == before
    assert run("ledger", "head", home=home).stdout == head

    (home / "exports" / "2026-11-18" / "subscores.csv").write_bytes(b"")
    told = json_of(run_fresh("demo", "--json", home=home))
    assert told["verification"]["outcome"] == "right", "score writes a lost export again"
    assert {summary["assessment_id"] for summary in told["assessments"]} >= {"lsat6", "harbour"}


def test_the_demo_leaves_a_home_with_deliveries_alone(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s-1"))
    result = run("demo", home=installation.home.folder)
    assert result.exit_code == 2
    assert "--home" in result.stderr
