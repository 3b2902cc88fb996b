"""Assets: thin, and honest about what they did; nothing personal gets into Dagster."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.defs import steps
from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.defs.checks import CHECKS
from assessment_pipeline.defs.metadata import COMMAND_LINE, REASON_TAG, number, short
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import failing_plainly
from assessment_pipeline.errors import StorageError
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline_tests.installations import DAY, Installation, answers

ASSETS = (
    "response_snapshots",
    "response_features",
    "rubrics",
    "score_runs",
    "scorecards",
    "csv_exports",
)
CANARY = "Zsofia-Canary"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path / "home")
    installation.deliver(
        answers("s1", CANARY, candidate_id=CANARY), answers("s2"), b'{"x": "%s"}' % CANARY.encode()
    )
    return installation


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(
    installation: Installation, instance: dg.DagsterInstance, **config: object
) -> dg.ExecuteInProcessResult:
    job = build_defs(installation.settings).resolve_job_def("nightly_scoring")
    return job.execute_in_process(
        instance=instance, partition_key=DAY, raise_on_error=False, run_config=config
    )


def materializations(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetMaterialization]:
    events = result.get_asset_materialization_events()
    found = [event.step_materialization_data.materialization for event in events]
    return {each.asset_key.to_user_string(): each for each in found}


def values(materialization: dg.AssetMaterialization) -> Mapping[str, Any]:
    return {key: value.value for key, value in materialization.metadata.items()}


def test_each_materialization_carries_the_metadata_of_the_contract(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    result = run(installation, instance)
    assert result.success
    made = materializations(result)
    assert set(made) == set(ASSETS)
    for materialization in made.values():
        metadata = values(materialization)
        assert metadata["audit/content_hash"].startswith("sha256:")
        assert metadata["audit/content_hash_short"] == metadata["audit/content_hash"][7:19]
        assert metadata["audit/ledger_head"].keys() == {"size", "head"}
        # What docs/anchors.md says: it serves as an anchor as it stands.
        assert Anchor.model_validate(metadata["audit/ledger_head"]).size > 0
        assert isinstance(metadata["audit/input_hashes"], dict)
        assert isinstance(metadata["audit/rubric_versions"], list)
        assert metadata["audit/skipped"] == 0
        assert metadata["dagster/row_count"] == metadata["count/out"]
    counts = values(made["response_snapshots"])
    assert (counts["count/in"], counts["count/out"], counts["count/quarantined"]) == (3, 2, 1)
    for name in ("rubrics", "score_runs", "scorecards", "csv_exports"):
        assert values(made[name])["audit/rubric_versions"] == ["numeracy/1"]


def test_pages_are_made_by_their_own_job_and_tell_dagster_where_and_nothing_else(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    assert run(installation, instance).success
    job = build_defs(installation.settings).resolve_job_def("scorecard_pages_job")
    result = job.execute_in_process(instance=instance, partition_key=DAY)
    metadata = values(materializations(result)["scorecard_pages"])
    assert metadata["reports"] == str(installation.home.report_folder(DAY))
    assert (metadata["count/in"], metadata["count/out"]) == (2, 2)
    assert metadata["audit/content_hash"].startswith("sha256:")
    shown = (installation.home.report_folder(DAY) / "index.html").read_text(encoding="utf-8")
    assert CANARY in shown
    assert CANARY not in repr(result.all_events)


def test_the_data_version_is_the_content_hash(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    for materialization in materializations(run(installation, instance)).values():
        version = (materialization.tags or {})["dagster/data_version"]
        assert version == values(materialization)["audit/content_hash"]


def test_a_second_run_skips_everything_and_has_the_same_data_versions(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    first = materializations(run(installation, instance))
    second = materializations(run(installation, instance))
    for name in ASSETS:
        before, after = values(first[name]), values(second[name])
        assert after["audit/content_hash"] == before["audit/content_hash"]
        assert (before["audit/changed"], before["audit/skipped"]) == (1, 0)
        assert (after["audit/changed"], after["audit/skipped"]) == (0, 1)
        assert after["audit/ledger_head"] == values(first["csv_exports"])["audit/ledger_head"]


def test_rubrics_say_whether_they_changed(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    run(installation, instance)
    installation.write_rubric(
        "1", "assessment_id: other\nversion: '1'\nitems: {a: {rule: void}}\n", "other"
    )
    changed = values(materializations(run(installation, instance))["rubrics"])
    assert (changed["audit/changed"], changed["audit/skipped"]) == (1, 0)


def test_a_mean_is_shown_of_many_and_hidden_of_few(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    few = values(materializations(run(installation, instance))["scorecards"])
    assert "score/mean_percent" not in few
    assert few["score/mean_percent_hidden"] == "not shown: fewer than 5 candidates"
    others = [answers(f"m{number}", candidate_id=f"c{number}") for number in range(4)]
    installation.deliver(*others, name="b")
    many = values(materializations(run(installation, instance))["scorecards"])
    assert "score/mean_percent_hidden" not in many
    # Five of six have full marks; that of CANARY is 66.67.
    assert many["score/mean_percent"] == 94


def test_plots_over_time_have_a_point_for_every_status(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    counts = values(materializations(run(installation, instance))["scorecards"])
    found = [counts[f"count/{status}"] for status in ("complete", "provisional", "blocked")]
    assert found == [2, 0, 0]
    assert isinstance(counts["seconds"], float)


def test_runs_are_found_by_tags(installation: Installation, instance: dg.DagsterInstance) -> None:
    result = run(installation, instance)
    exported = values(materializations(result)["csv_exports"])["audit/content_hash_short"]
    tags = {"assessment/quarantined": "some", "assessment/exports": exported}
    (found,) = instance.get_runs(dg.RunsFilter(tags=tags))
    assert found.run_id == result.run_id


def test_nothing_that_a_candidate_wrote_gets_into_the_event_log(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    result = run(installation, instance)
    installation.deliver(answers("s1", CANARY, candidate_id=CANARY))
    failed = run(installation, instance)
    assert not failed.success
    for run_id in (result.run_id, failed.run_id):
        for entry in instance.all_logs(run_id):
            assert CANARY not in dg.serialize_value(entry)


def test_a_changed_delivery_fails_the_run_and_says_which_file(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    run(installation, instance)
    installation.deliver(answers("s3"))
    result = run(installation, instance)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert failure.step_key == "response_snapshots"
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    assert "a.jsonl" in str(data.description)
    assert failure.step_failure_data.error is not None
    assert failure.step_failure_data.error.cause is None
    assert failure.step_failure_data.error.context is None


def test_a_changed_delivery_is_taken_where_that_is_asked_for(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    run(installation, instance)
    installation.deliver(answers("s3"))
    config = {"response_snapshots": {"config": {"accept_changed": True}}}
    result = run(installation, instance, ops=config)
    assert result.success
    assert values(materializations(result)["score_runs"])["dagster/row_count"] == 1


def test_a_bad_rubric_does_not_fail_the_run(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    installation.write_rubric("1", "assessment_id: literacy\n", "literacy")
    result = run(installation, instance)
    assert result.success
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert [(check.check_name, check.severity) for check in failed] == [
        ("no_rubric_problems", dg.AssetCheckSeverity.WARN)
    ]


def test_checks_are_recorded_for_their_day(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    evaluations = run(installation, instance).get_asset_check_evaluations()
    assert len(evaluations) == sum(map(len, CHECKS.values()))
    for evaluation in evaluations:
        is_of_rubrics = evaluation.asset_key.to_user_string() == "rubrics"
        assert evaluation.partition == (None if is_of_rubrics else DAY)


def test_a_run_mends_an_export_that_was_changed(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    run(installation, instance)
    path = installation.home.export_folder(DAY) / "scorecards.csv"
    content = path.read_bytes()
    path.write_bytes(content + b"more\n")
    result = run(installation, instance)
    assert path.read_bytes() == content
    assert all(check.passed for check in result.get_asset_check_evaluations())


def test_what_may_pass_can_be_retried_and_the_rest_cannot() -> None:
    with pytest.raises(dg.Failure) as passing, failing_plainly():
        raise StorageError("The disk is full.")
    assert passing.value.allow_retries
    with pytest.raises(dg.Failure) as defect, failing_plainly():
        raise ValueError(CANARY)
    assert not defect.value.allow_retries
    assert CANARY not in str(defect.value.description)
    assert "ValueError at test_assets" in str(defect.value.description)


def test_numbers_that_the_page_would_round_are_text() -> None:
    assert number(2**53).value == 2**53
    assert number(2**53 + 1).value == str(2**53 + 1)


def test_a_short_hash_has_twelve_characters() -> None:
    assert short("sha256:" + "0123456789abcdef" * 4) == "0123456789ab"


def test_input_hashes_are_those_of_the_assets_before(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    made = materializations(run(installation, instance))
    inputs = values(made["score_runs"])["audit/input_hashes"]
    assert inputs["response_snapshots"] == values(made["response_snapshots"])["audit/content_hash"]


class FlakyPipeline(PipelineResource):
    """A pipeline whose disk fails the first times."""

    @contextmanager
    def workplace(self, run_id: str | None, actor: str) -> Iterator[Workplace]:
        FAILURES.append(str(run_id))
        if len(FAILURES) <= 2:
            raise StorageError("The disk is full.")
        with super().workplace(run_id, actor) as place:
            yield place


FAILURES: list[str] = []


def run_on_a_flaky_disk(
    installation: Installation, instance: dg.DagsterInstance, tags: dict[str, str]
) -> dg.ExecuteInProcessResult:
    FAILURES.clear()
    pipeline = PipelineResource.of(installation.settings)
    flaky = FlakyPipeline(**pipeline.model_dump())
    job = build_defs(installation.settings, {"pipeline": flaky}).resolve_job_def("nightly_scoring")
    return job.execute_in_process(
        instance=instance, partition_key=DAY, tags=tags, raise_on_error=False
    )


def test_what_may_pass_is_tried_again_by_the_daemons_runs_and_not_at_a_terminal(
    installation: Installation, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "FIRST_RETRY_SECONDS", 0)
    assert not run_on_a_flaky_disk(installation, instance, {REASON_TAG: COMMAND_LINE}).success
    again = run_on_a_flaky_disk(installation, instance, {})
    assert again.success
    retried = [event for event in again.all_events if event.is_step_up_for_retry]
    assert len(retried) == 2


def test_what_does_not_pass_is_given_up(
    installation: Installation, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "FIRST_RETRY_SECONDS", 0)
    monkeypatch.setattr(steps, "MOST_RETRIES", 0)
    failed = run_on_a_flaky_disk(installation, instance, {})
    failure = next(event for event in failed.all_events if event.is_step_failure)
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert told.description == "The disk is full."
