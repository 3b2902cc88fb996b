"""The sensor: what one tick after another asks for."""

import json
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.defs.sensors import MOST_ATTEMPTS, build_delivery_session_sensor
from assessment_pipeline.services.locks import fetch_lock
from assessment_pipeline_tests.deliveries import line_of
from assessment_pipeline_tests.installations import DAY, Installation, answers

NOW = datetime(2025, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


class Daemon:
    """Ticks the sensor and keeps its cursor, as Dagster's daemon does."""

    def __init__(self, installation: Installation, instance: dg.DagsterInstance) -> None:
        self.installation = installation
        self.instance = instance
        self.cursor: str | None = None
        self.skip_message: str | None = None
        self.repository = build_defs(installation.settings).get_repository_def()
        self.job = self.repository.get_job("nightly_scoring")

    def tick(self) -> list[dg.RunRequest]:
        """Look until what is there has been seen twice; return what is asked for."""
        return self.look() or self.look()

    def look(self) -> list[dg.RunRequest]:
        """Evaluate the sensor once and keep the cursor."""
        sensor = build_delivery_session_sensor(self.installation.settings, clock=lambda: NOW)
        with dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, repository_def=self.repository
        ) as context:
            evaluation = sensor.evaluate_tick(context)
        self.cursor = evaluation.cursor
        self.skip_message = evaluation.skip_message
        return list(evaluation.run_requests or ())

    def launch(self, request: dg.RunRequest) -> bool:
        """Run what was asked for; return whether it succeeded."""
        result = self.job.execute_in_process(
            instance=self.instance,
            partition_key=request.partition_key,
            tags={"dagster/run_key": str(request.run_key)},
            raise_on_error=False,
        )
        return result.success


@pytest.fixture
def daemon(tmp_path: Path, instance: dg.DagsterInstance) -> Daemon:
    settings = {"first_date": "2025-11-01", "sensor_lookback_days": 7}
    return Daemon(Installation(tmp_path / "home", **settings), instance)


def days(requests: list[dg.RunRequest]) -> list[str | None]:
    return [request.partition_key for request in requests]


def test_new_files_are_grouped_by_day(daemon: Daemon) -> None:
    for day in (DAY, "2025-11-21"):
        for name in ("a", "b"):
            daemon.installation.deliver(answers(f"s-{day}-{name}"), day=day, name=name)
    assert days(daemon.tick()) == [DAY, "2025-11-21"]


def test_a_file_that_is_still_growing_is_left_until_two_looks_agree(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"))
    assert daemon.look() == []
    daemon.installation.deliver(answers("s1"), answers("s2"))
    assert daemon.look() == []
    assert days(daemon.look()) == [DAY]


def test_nothing_new_asks_for_nothing(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"))
    (request,) = daemon.tick()
    assert daemon.launch(request)
    assert daemon.tick() == []
    assert daemon.skip_message == "No new delivery files."


def test_a_late_file_for_an_old_day_asks_for_that_day_under_a_new_key(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"))
    (first,) = daemon.tick()
    daemon.launch(first)
    daemon.installation.deliver(answers("s2"), name="late")
    (second,) = daemon.tick()
    assert second.partition_key == DAY
    assert second.run_key != first.run_key


def test_a_lost_cursor_asks_again_under_the_same_key(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"))
    (first,) = daemon.tick()
    daemon.cursor = None
    (again,) = daemon.tick()
    assert again.run_key == first.run_key


@pytest.mark.parametrize("cursor", ["", "no JSON", "[]"])
def test_a_cursor_that_cannot_be_read_has_seen_nothing(daemon: Daemon, cursor: str) -> None:
    daemon.installation.deliver(answers("s1"))
    daemon.cursor = cursor
    assert days(daemon.tick()) == [DAY]


def test_a_day_that_was_scored_otherwise_is_not_asked_for(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"))
    daemon.installation.score()
    assert daemon.tick() == []


def test_days_without_a_partition_are_named_and_stop_nothing(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"), day="2025-10-31")
    daemon.installation.deliver(answers("s2"), day="2025-11-23")
    assert daemon.tick() == []
    assert "2025-10-31 has no partition" in str(daemon.skip_message)
    assert "2025-11-23 has no partition" in str(daemon.skip_message)
    daemon.installation.deliver(answers("s3"))
    assert days(daemon.tick()) == [DAY]


def test_the_cursor_holds_the_days_of_the_look_back_only(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"), day="2025-11-14")
    daemon.installation.deliver(answers("s2"), day="2025-11-15")
    assert days(daemon.tick()) == ["2025-11-15"]
    assert list(json.loads(str(daemon.cursor))) == ["2025-11-15"]


def test_an_empty_delivery_folder_asks_for_nothing(daemon: Daemon) -> None:
    daemon.installation.home.delivery_folder(DAY).mkdir(parents=True)
    assert daemon.tick() == []


def test_a_day_whose_run_is_under_way_is_not_asked_for_again(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"))
    (request,) = daemon.tick()
    daemon.instance.create_run_for_job(
        daemon.job,
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/run_key": str(request.run_key)},
    )
    assert daemon.tick() == []


def test_a_failed_run_does_not_block_its_day_and_is_not_tried_for_ever(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"))
    daemon.installation.score()
    # A captured file that changes fails every run until somebody decides.
    daemon.installation.deliver(answers("s1"), answers("s2"))
    keys = []
    for _ in range(MOST_ATTEMPTS):
        (request,) = daemon.tick()
        keys.append(request.run_key)
        assert not daemon.launch(request)
    assert len(set(keys)) == MOST_ATTEMPTS
    assert daemon.tick() == []
    assert f"{DAY} has failed {MOST_ATTEMPTS} times" in str(daemon.skip_message)
    daemon.installation.deliver(answers("s3"), name="new")
    assert days(daemon.tick()) == [DAY]


def test_a_failed_run_that_dagster_tries_again_is_left_to_it(daemon: Daemon) -> None:
    daemon.installation.deliver(answers("s1"))
    (request,) = daemon.tick()
    retry_id = str(uuid.uuid4())
    first = daemon.instance.create_run_for_job(
        daemon.job,
        status=dg.DagsterRunStatus.FAILURE,
        tags={"dagster/run_key": str(request.run_key), "dagster/will_retry": "true"},
    )
    assert daemon.tick() == [], "it is about to be launched"
    daemon.instance.add_run_tags(first.run_id, {"dagster/auto_retry_run_id": retry_id})
    daemon.instance.create_run_for_job(
        daemon.job, run_id=retry_id, status=dg.DagsterRunStatus.STARTED
    )
    assert daemon.tick() == [], "it is under way"
    retry = daemon.instance.get_run_by_id(retry_id)
    assert retry is not None
    daemon.instance.report_run_failed(retry)
    (again,) = daemon.tick()
    assert str(again.run_key).endswith("attempt-2")


def with_source(daemon: Daemon, folder: Path, **settings: object) -> None:
    """Let the daemon fetch from a folder whose files have been left alone for long."""
    for path in folder.rglob("*.jsonl"):
        os.utime(path, (1, 1))
    daemon.installation.settings = daemon.installation.settings.model_copy(
        update={"delivery_source": SecretStr(f"file://{folder}"), **settings}
    )


def outbox(tmp_path: Path) -> Path:
    """Return a folder of another system, with one delivery of the day."""
    folder = tmp_path / "outbox"
    (folder / DAY).mkdir(parents=True)
    (folder / DAY / "a.jsonl").write_bytes(line_of(answers("s1")))
    return folder


def test_what_is_new_in_a_source_is_fetched_and_asked_for(daemon: Daemon, tmp_path: Path) -> None:
    with_source(daemon, outbox(tmp_path))
    (request,) = daemon.tick()
    assert request.partition_key == DAY
    assert daemon.launch(request)
    assert daemon.tick() == []
    assert daemon.skip_message == "No new delivery files."


def test_a_source_that_fails_is_named_and_the_folder_is_looked_at_all_the_same(
    daemon: Daemon,
) -> None:
    update = {"delivery_database_url": SecretStr("postgresql://x:s3cret-canary@127.0.0.1:1/x")}
    daemon.installation.settings = daemon.installation.settings.model_copy(update=update)
    assert daemon.tick() == []
    assert "cannot be read" in str(daemon.skip_message)
    assert "s3cret-canary" not in str(daemon.skip_message)
    daemon.installation.deliver(answers("s1"))
    assert days(daemon.tick()) == [DAY]


def test_a_source_that_cannot_be_one_is_named_too(daemon: Daemon) -> None:
    update = {"delivery_source": SecretStr("nowhere")}
    daemon.installation.settings = daemon.installation.settings.model_copy(update=update)
    daemon.installation.deliver(answers("s1"))
    assert days(daemon.tick()) == [DAY]
    daemon.installation.score()
    assert daemon.tick() == []
    assert "ASSESSMENT_PIPELINE_DELIVERY_SOURCE" in str(daemon.skip_message)


def test_a_fetch_under_way_is_not_waited_for(daemon: Daemon, tmp_path: Path) -> None:
    with_source(daemon, outbox(tmp_path))
    with fetch_lock(daemon.installation.home):
        assert daemon.tick() == []
    assert "Another fetch is under way" in str(daemon.skip_message)
    assert days(daemon.tick()) == [DAY]


def test_a_run_that_failed_a_moment_ago_is_left_until_dagster_has_decided(
    tmp_path: Path,
) -> None:
    retrying = {"run_retries": {"enabled": True, "max_retries": 2}}
    with dg.DagsterInstance.ephemeral(settings=retrying) as instance:
        installation = Installation(tmp_path / "home", first_date="2025-11-01")
        daemon = Daemon(installation, instance)
        installation.deliver(answers("s1"))
        (request,) = daemon.tick()
        run = instance.create_run_for_job(
            daemon.job,
            status=dg.DagsterRunStatus.FAILURE,
            tags={"dagster/run_key": str(request.run_key)},
        )
        assert daemon.tick() == []
        instance.add_run_tags(run.run_id, {"dagster/will_retry": "false"})
        assert len(daemon.tick()) == 1
