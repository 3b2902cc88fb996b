"""The asset `item_statistics`: asked for by itself, over days it is told, or with all others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assessment_pipeline.defs.build import build_defs
from assessment_pipeline_tests.builders import DAY, Bench
from assessment_pipeline_tests.installations import Installation, answers
from assessment_pipeline_tests.statistics_homes import CANDIDATES, bench_of


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("asset") / "home")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(bench: Bench, instance: dg.DagsterInstance, **config: object) -> dg.ExecuteInProcessResult:
    job = build_defs(bench.settings).resolve_job_def("item_statistics_job")
    ops = {"ops": {"item_statistics": {"config": config}}} if config else {}
    return job.execute_in_process(instance=instance, raise_on_error=False, run_config=ops)


def metadata_of(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    made = event.step_materialization_data.materialization
    return {name: value.value for name, value in made.metadata.items()}


def test_it_says_what_it_found_and_where_the_pages_are(
    bench: Bench, instance: dg.DagsterInstance
) -> None:
    found = metadata_of(run(bench, instance))
    assert found["audit/content_hash"].startswith("sha256:")
    assert found["count/candidates"] == CANDIDATES
    assert found["count/flagged_items"] == 1
    assert found["dagster/row_count"] == 5
    assert found["audit/rubric_versions"] == ["harbour/1"]
    assert (Path(found["pages"]) / "harbour-v1.html").is_file()
    again = metadata_of(run(bench, instance, **{"from": DAY, "to": DAY, "assessment": "harbour"}))
    assert again["audit/content_hash"] == found["audit/content_hash"]
    assert again["audit/changed"] == 0


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"from": "yesterday"}, "A date of the config is none"),
        ({"from": "2030-01-01"}, "No day in that time is scored"),
        ({"assessment": "nothing"}, "No complete score run"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    bench: Bench, instance: dg.DagsterInstance, config: dict[str, object], said: str
) -> None:
    result = run(bench, instance, **config)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    assert said in str(failure.step_failure_data.user_failure_data)


def test_groups_can_come_from_the_context_or_a_table(
    bench: Bench, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    made = bench.home.statistics / "harbour-v1-dif.csv"
    assert run(bench, instance, group_by="language").success
    assert b",en,cy," in made.read_bytes()
    groups = tmp_path / "groups.csv"
    rows = [f"candidate-{number:02},{'ab'[number % 2]}\n" for number in range(CANDIDATES)]
    groups.write_text("".join(["candidate_id,group\n", *rows]), "utf-8")
    assert run(bench, instance, groups=str(groups), reference="b").success
    assert b",a,b," in made.read_bytes()


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ((answers("s-1"), answers("s-2", "C")), "fewer than 5 candidates"),
        ((b"{",), "No score run is complete"),
    ],
)
def test_all_assets_can_be_made_at_once_however_little_was_delivered(
    instance: dg.DagsterInstance, tmp_path: Path, lines: tuple[bytes, ...], note: str
) -> None:
    """What "Materialize all" in the page does."""
    installation = Installation(tmp_path / "home")
    installation.deliver(*lines)
    everything = build_defs(installation.settings).resolve_implicit_global_asset_job_def()
    result = everything.execute_in_process(
        instance=instance, partition_key=DAY, raise_on_error=False
    )
    assert result.success
    made = {
        event.step_materialization_data.materialization.asset_key.to_user_string(): event
        for event in result.get_asset_materialization_events()
    }
    assert len(made) == 8
    statistics = made["item_statistics"].step_materialization_data.materialization
    assert note in str(statistics.metadata["notes"].value)
    assert installation.home.scored_days() == [DAY]
