"""The graph: which assets there are, what follows from what, and what starts them."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context

from assessment_pipeline.core.exports import COLUMNS
from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.defs.checks import CHECKS
from assessment_pipeline.defs.partitions import delivery_days
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.settings import PREFIX, Settings, load_settings

DEPENDENCIES = {
    "response_snapshots": set(),
    "response_features": {"response_snapshots"},
    "rubrics": set(),
    "score_runs": {"response_features", "rubrics"},
    "scorecards": {"score_runs"},
    "csv_exports": {"scorecards"},
    "item_statistics": {"score_runs"},
    "scorecard_pages": {"scorecards"},
}
GROUPS = {
    "capture": {"response_snapshots", "response_features"},
    "scoring": {"rubrics", "score_runs"},
    "reporting": {"scorecards", "csv_exports", "item_statistics", "scorecard_pages"},
}
# These are of many days, or of none.
UNPARTITIONED = {"rubrics", "item_statistics"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(
        home=tmp_path / "home",
        timezone="Europe/Berlin",
        first_date=date(2026, 9, 1),
        schedule_time="03:30",
        sensor_interval_seconds=90,
    )


@pytest.fixture
def defs(settings: Settings) -> dg.Definitions:
    return build_defs(settings)


def specs_of(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def test_the_graph_is_that_of_the_contract(defs: dg.Definitions) -> None:
    found = {
        name: {dep.asset_key.to_user_string() for dep in spec.deps}
        for name, spec in specs_of(defs).items()
    }
    assert found == DEPENDENCIES


def test_every_asset_has_a_group_an_owner_a_kind_and_a_description(defs: dg.Definitions) -> None:
    for name, spec in specs_of(defs).items():
        assert name in GROUPS[str(spec.group_name)]
        assert spec.owners == ["team:assessment"]
        assert spec.kinds
        assert len(spec.description or "") > 100


def test_owners_are_those_of_the_settings(settings: Settings) -> None:
    mine = settings.model_copy(update={"owners": ("scoring@example.org",)})
    assert all(
        spec.owners == ["scoring@example.org"] for spec in specs_of(build_defs(mine)).values()
    )


def test_the_columns_of_all_three_files_are_shown_with_their_meaning(
    defs: dg.Definitions,
) -> None:
    metadata = specs_of(defs)["csv_exports"].metadata
    shown = {
        "scorecards.csv": metadata["dagster/column_schema"],
        "subscores.csv": metadata["columns of subscores.csv"],
        "evidence.csv": metadata["columns of evidence.csv"],
    }
    for table, schema in shown.items():
        assert isinstance(schema, dg.TableSchema)
        assert [column.name for column in schema.columns] == list(COLUMNS[table])
        assert all(column.description for column in schema.columns)


def test_all_assets_of_a_day_have_a_partition_a_delivery_day(defs: dg.Definitions) -> None:
    partitioned = {name for name, spec in specs_of(defs).items() if spec.partitions_def}
    assert partitioned == DEPENDENCIES.keys() - UNPARTITIONED


def test_partitions_go_from_the_first_date_to_today_in_the_zone(settings: Settings) -> None:
    # 23:30 in London is half past midnight of the next day in Berlin.
    moment = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    with partition_loading_context(moment):
        keys = delivery_days(settings).get_partition_keys()
    assert (keys[0], keys[-1]) == ("2026-09-01", "2026-11-20")


def test_pages_have_a_job_of_their_own(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("scorecard_pages_job")
    assert job.executor_def is dg.in_process_executor
    assert {node.name for node in job.nodes} == {"scorecard_pages"}


def test_the_job_covers_what_scores_with_its_checks_in_one_process(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("nightly_scoring")
    assert job.executor_def is dg.in_process_executor
    assert job.partitions_def is not None
    steps = {node.name for node in job.nodes}
    scored = DEPENDENCIES.keys() - {"item_statistics", "scorecard_pages"}
    assert steps == scored | {f"{asset}_checks" for asset in CHECKS}


def test_statistics_have_a_job_of_their_own(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("item_statistics_job")
    assert job.executor_def is dg.in_process_executor
    assert {node.name for node in job.nodes} == {"item_statistics"}


def test_the_schedule_has_the_time_and_zone_of_the_settings(defs: dg.Definitions) -> None:
    schedule = defs.resolve_schedule_def("nightly_scoring_schedule")
    assert schedule.cron_schedule == "30 3 * * *"
    assert schedule.execution_timezone == "Europe/Berlin"
    assert schedule.job_name == "nightly_scoring"


def test_the_sensor_has_the_interval_of_the_settings(defs: dg.Definitions) -> None:
    sensor = defs.resolve_sensor_def("delivery_session_sensor")
    assert sensor.minimum_interval_seconds == 90
    assert sensor.job_name == "nightly_scoring"


def test_no_check_stops_what_follows_and_each_says_what_must_hold(defs: dg.Definitions) -> None:
    specs = [spec for checks in defs.asset_checks or () for spec in checks.check_specs]
    assert len(specs) == sum(map(len, CHECKS.values())) == 13
    for spec in specs:
        assert not spec.blocking
        assert (spec.description or "").endswith(".")
        assert (spec.partitions_def is None) == (spec.asset_key.to_user_string() == "rubrics")


def test_a_resource_can_be_replaced(settings: Settings, tmp_path: Path) -> None:
    other = PipelineResource(home=str(tmp_path / "other"), timezone="UTC")
    assert (build_defs(settings, {"pipeline": other}).resources or {})["pipeline"] is other


def test_the_module_that_dagster_loads_needs_no_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    dg.Definitions.validate_loadable(build_defs())
    assert list(tmp_path.iterdir()) == []
