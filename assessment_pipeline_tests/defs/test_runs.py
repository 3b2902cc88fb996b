"""Runs of the command line: in this process, in the home's own Dagster instance."""

import json
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.test_utils import create_run_for_test

from assessment_pipeline.defs.instance import open_instance, write_instance_config
from assessment_pipeline.defs.jobs import NIGHTLY_SCORING
from assessment_pipeline.defs.runs import STARTED_BY, PartitionOutcome, score_partitions
from assessment_pipeline.services.event_log import configure_event_log
from assessment_pipeline.settings import load_settings
from assessment_pipeline_tests.installations import DAY, Installation, answers

pytestmark = pytest.mark.slow


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s1"), answers("s2", "A"), answers("s1"), b"no JSON")
    return installation


def score(installation: Installation, **options: bool) -> PartitionOutcome:
    (outcome,) = score_partitions(installation.settings, [DAY], **options)  # type: ignore[arg-type]
    return outcome


def test_an_outcome_says_what_score_prints(
    installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    printed = score(installation).as_json()
    assert json.loads(json.dumps(printed)) == printed
    assert [printed[name] for name in ("lines_read", "accepted", "duplicates", "quarantined")] == [
        4,
        2,
        1,
        1,
    ]
    assert printed["score_runs"] == 2
    assert printed["success"] is printed["complete"] is True
    assert printed["failed_checks"] == []
    assert printed["error"] is None
    assert capfd.readouterr() == ("", "")


def test_a_second_score_skips_everything_and_gives_the_same_hashes(
    installation: Installation,
) -> None:
    first, second = score(installation).as_json(), score(installation).as_json()
    assert second["content_hashes"] == first["content_hashes"]
    assert second["changed"] == []
    assert second["skipped"] == first["changed"]


def test_the_page_finds_the_run_with_its_partition(installation: Installation) -> None:
    outcome = score(installation)
    with open_instance(installation.home, installation.settings) as instance:
        run = instance.get_run_by_id(outcome.run_id)
        assert run is not None
        assert run.status is dg.DagsterRunStatus.SUCCESS
        assert run.tags["dagster/partition"] == DAY
        assert instance.get_latest_data_version_record(dg.AssetKey("csv_exports")) is not None


def test_a_failed_run_says_why_and_the_next_day_is_scored(installation: Installation) -> None:
    score(installation)
    installation.deliver(answers("s3"))
    installation.deliver(answers("s4"), day="2025-11-21")
    failed, other = score_partitions(installation.settings, [DAY, "2025-11-21"])
    assert not failed.is_success
    assert "a.jsonl" in str(failed.error)
    assert other.is_complete
    assert score(installation, accept_changed=True).is_complete


def test_a_blocked_assessment_leaves_the_day_incomplete(installation: Installation) -> None:
    installation.write_rubric("1", "assessment_id: literacy\n", "literacy")
    installation.deliver(answers("s3", assessment_id="literacy"), name="b")
    outcome = score(installation)
    assert outcome.is_success
    assert not outcome.is_complete
    assert any("literacy" in note for note in outcome.notes)


def test_a_run_whose_command_line_was_killed_is_ended_by_the_next_score(
    installation: Installation,
) -> None:
    def at_work(instance: dg.DagsterInstance, day: str, tags: dict[str, str]) -> str:
        status = dg.DagsterRunStatus.STARTED
        tags = {**tags, "dagster/partition": day}
        run = create_run_for_test(instance, NIGHTLY_SCORING, status=status, tags=tags)
        return str(run.run_id)

    with open_instance(installation.home, installation.settings) as instance:
        killed = at_work(instance, DAY, STARTED_BY)
        of_the_daemon = at_work(instance, DAY, {})
        of_another_day = at_work(instance, "2025-11-21", STARTED_BY)
        outcome = score(installation)
        ended = {
            run.run_id: run.status.value
            for run in instance.get_runs()
            if run.status is not dg.DagsterRunStatus.STARTED
        }
        assert ended == {killed: "CANCELED", outcome.run_id: "SUCCESS"}
        assert {of_the_daemon, of_another_day}.isdisjoint(ended)


def test_progress_is_told_by_asset(installation: Installation) -> None:
    told: dict[str, int] = {}

    def progress(asset: str, count: int) -> None:
        told[asset] = told.get(asset, 0) + count

    list(score_partitions(installation.settings, [DAY], on_progress=progress))
    assert told["score_runs"] == told["csv_exports"] == 2


def test_the_instance_is_configured_by_the_settings_alone(installation: Installation) -> None:
    path = write_instance_config(installation.home, installation.settings)
    content = path.read_bytes()
    path.write_text("telemetry: {enabled: true}\n", encoding="utf-8")
    write_instance_config(installation.home, installation.settings)
    assert path.read_bytes() == content
    config = yaml.safe_load(content)
    assert config["telemetry"] == {"enabled": False}
    assert config["nux"] == {"enabled": False}
    assert config["concurrency"]["runs"]["max_concurrent_runs"] == 2


def test_nothing_below_the_home_is_readable_by_others(
    installation: Installation,
) -> None:
    import os

    before = os.umask(0o077)
    try:
        score(installation)
    finally:
        os.umask(before)
    written = [*installation.home.dagster.rglob("*"), *installation.home.current.rglob("*")]
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_with_the_event_log_every_step_is_a_line_and_dagster_keeps_its_events(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    installation = Installation(tmp_path / "home", log_format="json")
    installation.deliver(answers("s1", "Zsofia-Canary", candidate_id="Zsofia-Canary"))
    (outcome,) = score_partitions(installation.settings, [DAY])
    configure_event_log(load_settings(log_format="none"))
    text = capfd.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    told = {line["asset"]: line for line in lines if line["event"] == "step"}
    assert told.keys() == outcome.steps.keys()
    assert told["score_runs"]["run_id"] == outcome.run_id
    assert told["score_runs"]["content_hash"] == outcome.steps["score_runs"].content_hash
    assert "Zsofia-Canary" not in text
    with open_instance(installation.home, installation.settings) as instance:
        kept = {entry.step_key for entry in instance.all_logs(outcome.run_id)}
        assert told.keys() <= kept


def test_a_step_that_fails_is_a_line_with_the_reason(
    installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    list(score_partitions(installation.settings, [DAY]))
    installation.deliver(answers("s9", "Zsofia-Canary"))
    settings = installation.settings.model_copy(update={"log_format": "json"})
    (outcome,) = score_partitions(settings, [DAY])
    configure_event_log(load_settings(log_format="none"))
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    (failed,) = [line for line in lines if line["event"] == "step_failed"]
    assert (failed["asset"], failed["level"]) == ("response_snapshots", "error")
    assert failed["why"] == outcome.error
