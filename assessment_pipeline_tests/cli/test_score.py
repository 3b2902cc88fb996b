"""`score`: days through Dagster, counts and hashes as JSON, and what is left undone."""

import os
import pty
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.services.anchors import anchor_json, read_anchor
from assessment_pipeline.services.pending import pending_days
from assessment_pipeline_tests.cli.command_lines import SETTINGS, json_of, run, run_fresh
from assessment_pipeline_tests.installations import DAY, RUBRIC, Installation, answers

pytestmark = pytest.mark.slow

CANARY = "canary-answer-4711"
ASSETS = {
    "csv_exports",
    "response_features",
    "response_snapshots",
    "rubrics",
    "score_runs",
    "scorecards",
}


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Return a home with two accepted lines, a duplicate and one for quarantine."""
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s-1"), answers("s-1"), answers("s-2", CANARY), b"nonsense")
    return installation


def test_a_scored_day_is_told_in_counts_and_hashes(installation: Installation) -> None:
    (day,) = json_of(run("score", "--json", home=installation.home.folder))["partitions"]

    counts = ("lines_read", "accepted", "duplicates", "quarantined", "score_runs")
    assert [day[name] for name in counts] == [4, 2, 1, 1, 2]
    assert set(day["content_hashes"]) == ASSETS
    assert all(hash_.startswith("sha256:") for hash_ in day["content_hashes"].values())
    assert day["delivery_date"] == DAY


def test_scoring_again_changes_nothing(installation: Installation) -> None:
    home = installation.home
    first = json_of(run("score", "--date", DAY, "--json", home=home.folder))
    kept = [*home.exports.rglob("*"), *home.artifacts.folder.iterdir(), *home.current.rglob("*")]
    before = {path: path.read_bytes() for path in kept if path.is_file()}
    head = run("ledger", "head", home=home.folder).stdout

    second = json_of(run("score", "--date", DAY, "--json", home=home.folder))

    assert {path: path.read_bytes() for path in before} == before
    assert run("ledger", "head", home=home.folder).stdout == head
    (was,), (now,) = first["partitions"], second["partitions"]
    assert now["content_hashes"] == was["content_hashes"]
    assert now["changed"] == []
    assert set(now["skipped"]) >= ASSETS - {"rubrics"}


def test_without_dates_only_what_is_pending_is_scored(installation: Installation) -> None:
    home = installation.home.folder
    run("score", home=home)
    installation.deliver(answers("s-3"), day="2025-11-21")

    later = json_of(run("score", "--json", home=home))
    nothing = run("score", home=home)

    assert [day["delivery_date"] for day in later["partitions"]] == ["2025-11-21"]
    assert nothing.exit_code == 0
    assert "Nothing to score" in nothing.stdout


def test_a_range_scores_each_of_its_days_and_empty_ones_have_no_rows(
    installation: Installation,
) -> None:
    home = installation.home
    result = run("score", "--from", "2025-11-19", "--to", DAY, "--json", home=home.folder)
    days = json_of(result)["partitions"]
    assert [(day["delivery_date"], day["lines_read"]) for day in days] == [
        ("2025-11-19", 0),
        (DAY, 4),
    ]
    exported = (home.export_folder("2025-11-19") / "scorecards.csv").read_text()
    assert exported.count("\n") == 1


def test_people_are_told_where_things_are_and_nothing_of_a_response(
    installation: Installation,
) -> None:
    result = run("score", home=installation.home.folder)
    assert result.exit_code == 0
    for place in (installation.home.export_folder(DAY), installation.home.quarantine / DAY):
        assert str(place) in result.stdout
    assert CANARY not in result.output


def test_a_bad_rubric_leaves_its_assessment_unscored_and_ends_with_4(
    installation: Installation,
) -> None:
    installation.write_rubric("1", RUBRIC.replace("rule: numeric", "rule: numerical"), "reading")
    installation.deliver(answers("s-9", assessment_id="reading"), name="b")

    result = run("score", home=installation.home.folder)

    assert result.exit_code == 4
    assert "rubrics/reading/1.yaml at /items/q02" in result.stdout
    assert "in part" in result.stdout
    exported = (installation.home.export_folder(DAY) / "scorecards.csv").read_text()
    assert ",s-1,1,c-9f2,2026-11-20T09:41:07Z,complete," in exported


def test_a_changed_delivery_fails_its_day_and_can_be_accepted(installation: Installation) -> None:
    home = installation.home.folder
    run("score", home=home)
    installation.deliver(answers("s-1"), answers("s-5"))

    failed = run("score", "--date", DAY, home=home)
    accepted = json_of(run("score", "--date", DAY, "--accept-changed", "--json", home=home))

    assert failed.exit_code == 4
    assert "a.jsonl" in failed.stdout
    assert accepted["partitions"][0]["accepted"] == 2


def test_the_anchor_is_renewed(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, path = installation.home.folder, tmp_path / "anchor.json"
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ANCHOR", str(path))
    run("score", home=home)
    first = read_anchor(path)
    installation.deliver(answers("s-6"), name="b")
    run("score", home=home)
    assert read_anchor(path).size > first.size
    assert run("ledger", "verify", "--anchor", path, home=home).exit_code == 0


def test_nothing_is_scored_into_a_ledger_that_its_anchor_contradicts(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, path = installation.home.folder, tmp_path / "anchor.json"
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ANCHOR", str(path))
    path.write_bytes(anchor_json(Anchor(size=9, head="sha256:" + "1" * 64)))

    assert run("score", home=home).exit_code == 4
    installation.score()
    head = run("ledger", "head", home=home).stdout
    installation.deliver(answers("s-6"), name="b")
    result = run("score", home=home)

    assert result.exit_code == 4
    assert str(path) in result.stderr
    assert run("ledger", "head", home=home).stdout == head


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", DAY),
        ("--to", DAY),
        ("--date", DAY, "--from", DAY, "--to", DAY),
        ("--from", "2025-11-21", "--to", DAY),
        ("--date", "2999-01-01"),
        ("--from", DAY, "--to", "2999-01-01"),
    ],
)
def test_dates_that_make_no_range_end_with_2(
    arguments: tuple[str, ...], installation: Installation
) -> None:
    assert run("score", *arguments, home=installation.home.folder).exit_code == 2


def test_a_home_without_deliveries_ends_with_3(tmp_path: Path) -> None:
    assert run("score", home=tmp_path / "home").exit_code == 3


def test_a_delivery_day_without_a_partition_is_named_and_left_out(
    installation: Installation,
) -> None:
    installation.deliver(answers("s-1"), day="2999-01-01")
    result = run("score", home=installation.home.folder)
    assert result.exit_code == 0
    assert "2999-01-01" in result.stderr
    assert "2999-01-01" not in result.stdout


def test_today_can_be_scored(installation: Installation) -> None:
    today = datetime.now(UTC).date().isoformat()
    result = run("score", "--date", today, "--json", home=installation.home.folder)
    assert json_of(result)["partitions"][0]["lines_read"] == 0


def test_a_fresh_process_prints_json_and_nothing_else(installation: Installation) -> None:
    ended = run_fresh("score", "--json", home=installation.home.folder)
    assert json_of(ended)["partitions"][0]["success"] is True
    assert (ended.returncode, ended.stderr) == (0, "")


def test_progress_is_shown_on_a_terminal(installation: Installation) -> None:
    ours, theirs = pty.openpty()
    home = str(installation.home.folder)
    with subprocess.Popen(
        [sys.executable, "-m", "assessment_pipeline", "score", "--home", home, "--json"],
        env={**os.environ, **SETTINGS, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        while block := _read(ours):
            shown += block
        assert process.wait() == 0
    os.close(ours)
    assert b"Scoring" in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other end of a terminal is closed
        return b""


def test_an_interrupted_score_ends_with_130_and_the_next_one_finishes(
    installation: Installation,
) -> None:
    home = installation.home.folder
    many = [answers(f"many-{number}") for number in range(5000)]
    installation.deliver(*many, name="b")
    installation.deliver(answers("s-1"), day="2025-11-21")
    with subprocess.Popen(
        [sys.executable, "-m", "assessment_pipeline", "score", "--home", str(home)],
        env={**os.environ, **SETTINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        begun = home / "current" / "response_snapshots" / f"{DAY}.json"
        while process.poll() is None and not begun.exists():
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()

    assert (process.returncode, out) == (130, b"")
    assert b"Interrupted" in err
    assert not (home / "current" / "response_snapshots" / "2025-11-21.json").exists()
    days = json_of(run("score", "--json", home=home))["partitions"]
    # The first of the two may have come to its end just before.
    assert [day["delivery_date"] for day in days][-2:] in ([DAY, "2025-11-21"], ["2025-11-21"])
    assert all(day["success"] for day in days)
    assert pending_days(installation.home) == {}
