"""Alerts: who is told of what, once, and without what a candidate has written."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster_shared.error import SerializableErrorInfo
from pydantic import SecretStr

from assessment_pipeline.defs.alerts import (
    FAILED_RUN_ALERT,
    WILL_RETRY_TAG,
    build_missed_night_alert,
    schedule_problems,
)
from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.defs.instance import open_instance
from assessment_pipeline.settings import Settings
from assessment_pipeline_tests.installations import DAY, Installation, answers
from assessment_pipeline_tests.mail_servers import Received, mail_server

CANARY = "Zsofia-Canary"
NOON = datetime(2025, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Received]:
    with mail_server() as server:
        yield server


@pytest.fixture
def installation(tmp_path: Path, server: Received) -> Installation:
    return Installation(
        tmp_path / "home",
        smtp_url=f"smtp://127.0.0.1:{server.port}",
        alert_email_from="scoring@example.org",
        alert_email_to="night@example.org",
        ui_addresses="https://scores.example.org",
    )


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def ticking(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Return an instance that keeps ticks, which one in memory does not."""
    installation = Installation(tmp_path / "home")
    with open_instance(installation.home, installation.settings) as instance:
        yield instance


def fail(installation: Installation, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Score a day whose delivery was changed after it was captured."""
    installation.deliver(answers("s1", CANARY, candidate_id=CANARY))
    installation.score()
    installation.deliver(answers("s1", CANARY, candidate_id=CANARY), answers("s2", CANARY))
    job = build_defs(installation.settings).resolve_job_def("nightly_scoring")
    result = job.execute_in_process(instance=instance, partition_key=DAY, raise_on_error=False)
    assert not result.success
    return result


def tell(
    settings: Settings, instance: dg.DagsterInstance, failed: dg.ExecuteInProcessResult
) -> object:
    """Let the sensor look at a failed run."""
    sensor = build_defs(settings).resolve_sensor_def(FAILED_RUN_ALERT)
    (event,) = [event for event in failed.all_events if event.is_run_failure]
    context = dg.build_run_status_sensor_context(
        sensor_name=FAILED_RUN_ALERT,
        dagster_event=event,
        dagster_instance=instance,
        dagster_run=failed.dagster_run,
    ).for_run_failure()
    return sensor(context)


def test_a_failed_run_is_told_with_its_day_its_reason_and_where_to_look(
    installation: Installation, instance: dg.DagsterInstance, server: Received
) -> None:
    failed = fail(installation, instance)
    tell(installation.settings, instance, failed)
    (mail,) = server.mails
    text = mail.get_content()
    assert f"Scoring failed: {DAY}" in str(mail["Subject"])
    assert "a.jsonl has changed" in text
    assert "Step:   response_snapshots" in text
    assert f"https://scores.example.org/runs/{failed.run_id}" in text
    assert f"assessment-pipeline score --date {DAY}" in text
    assert CANARY not in mail.as_string()


def test_a_run_that_will_be_tried_again_alarms_nobody(
    installation: Installation, instance: dg.DagsterInstance, server: Received
) -> None:
    failed = fail(installation, instance)
    instance.add_run_tags(failed.run_id, {WILL_RETRY_TAG: "true"})
    assert isinstance(tell(installation.settings, instance, failed), dg.SkipReason)
    assert server.mails == []


def test_without_anybody_to_tell_nothing_is_sent(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    installation = Installation(tmp_path / "quiet")
    answer = tell(installation.settings, instance, fail(installation, instance))
    assert isinstance(answer, dg.SkipReason)
    assert "ALERT_EMAIL_TO" in str(answer.skip_message)


def test_a_mail_server_that_is_gone_fails_the_tick_without_its_address(
    installation: Installation, instance: dg.DagsterInstance
) -> None:
    failed = fail(installation, instance)
    settings = installation.settings.model_copy(
        update={"smtp_url": SecretStr("smtp://u:s3cret@127.0.0.1:9")}
    )
    with pytest.raises(dg.Failure) as refused:
        tell(settings, instance, failed)
    assert "ASSESSMENT_PIPELINE_SMTP_URL" in str(refused.value.description)
    assert "s3cret" not in str(refused.value.description)


@pytest.mark.parametrize(("is_told", "status"), [(True, "RUNNING"), (False, "STOPPED")])
def test_the_sensors_are_on_where_somebody_is_to_be_told(
    installation: Installation, tmp_path: Path, is_told: bool, status: str
) -> None:
    settings = installation.settings if is_told else Installation(tmp_path / "quiet").settings
    defs = build_defs(settings)
    for name in ("failed_run_alert", "missed_night_alert"):
        assert defs.resolve_sensor_def(name).default_status.value == status


def look(
    installation: Installation,
    ticking: dg.DagsterInstance,
    now: datetime = NOON,
    cursor: str | None = None,
) -> SensorExecutionData:
    sensor = build_missed_night_alert(installation.settings, lambda: now)
    with dg.build_sensor_context(instance=ticking, cursor=cursor) as context:
        return sensor.evaluate_tick(context)


def test_a_night_that_never_ran_is_told_once(
    installation: Installation, ticking: dg.DagsterInstance, server: Received
) -> None:
    path = installation.deliver(answers("s1", CANARY))
    age(path, NOON - timedelta(days=9))
    first = look(installation, ticking)
    (mail,) = server.mails
    assert f"{DAY} has waited for more than 26 hours: not scored yet." in mail.get_content()
    assert CANARY not in mail.as_string()
    second = look(installation, ticking, cursor=first.cursor)
    assert len(server.mails) == 1
    assert DAY in str(second.skip_message)


def test_a_day_that_was_scored_and_waits_again_is_told_again(
    installation: Installation, ticking: dg.DagsterInstance, server: Received
) -> None:
    age(installation.deliver(answers("s1")), NOON - timedelta(days=9))
    told = look(installation, ticking)
    installation.score()
    over = look(installation, ticking, cursor=told.cursor)
    assert over.cursor == "[]"
    age(installation.deliver(answers("s2"), name="late"), NOON - timedelta(days=3))
    look(installation, ticking, cursor=over.cursor)
    assert len(server.mails) == 2


def test_a_cursor_that_cannot_be_read_has_told_nothing(
    installation: Installation, ticking: dg.DagsterInstance, server: Received
) -> None:
    age(installation.deliver(answers("s1")), NOON - timedelta(days=9))
    look(installation, ticking, cursor="no JSON")
    look(installation, ticking, cursor="{}")
    assert len(server.mails) == 2


def age(path: Path, moment: datetime) -> None:
    """Let a delivery file, and the folder it lies in, be of a moment."""
    import os

    for each in (path, path.parent):
        os.utime(each, (moment.timestamp(), moment.timestamp()))


def schedule_state(
    ticking: dg.DagsterInstance, status: InstigatorStatus = InstigatorStatus.RUNNING
) -> InstigatorState:
    origin = RemoteInstigatorOrigin(
        RemoteRepositoryOrigin(
            InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="any")), "__repository__"
        ),
        "nightly_scoring_schedule",
    )
    state = InstigatorState(
        origin, InstigatorType.SCHEDULE, status, ScheduleInstigatorData("0 2 * * *")
    )
    ticking.add_instigator_state(state)
    return state


def tick(
    ticking: dg.DagsterInstance,
    state: InstigatorState,
    moment: datetime,
    status: TickStatus = TickStatus.SUCCESS,
) -> None:
    is_failure = status is TickStatus.FAILURE
    ticking.create_tick(
        TickData(
            state.instigator_origin_id,
            state.instigator_name,
            InstigatorType.SCHEDULE,
            status,
            moment.timestamp(),
            selector_id=state.selector_id,
            run_ids=[],
            error=SerializableErrorInfo("wrong", [], None) if is_failure else None,
        )
    )


def test_a_schedule_that_is_on_and_silent_is_a_problem(ticking: dg.DagsterInstance) -> None:
    state = schedule_state(ticking)
    assert schedule_problems(ticking, NOON) == []
    tick(ticking, state, NOON - timedelta(hours=25))
    assert schedule_problems(ticking, NOON) == []
    (problem,) = schedule_problems(ticking, NOON + timedelta(hours=2))
    assert "has not ticked since 2025-11-30 11:00 UTC" in problem


def test_a_tick_that_failed_is_a_problem(ticking: dg.DagsterInstance) -> None:
    tick(ticking, schedule_state(ticking), NOON, TickStatus.FAILURE)
    (problem,) = schedule_problems(ticking, NOON)
    assert "failed" in problem


def test_a_schedule_that_is_off_is_no_problem(ticking: dg.DagsterInstance) -> None:
    state = schedule_state(ticking, InstigatorStatus.STOPPED)
    tick(ticking, state, NOON - timedelta(days=9))
    assert schedule_problems(ticking, NOON) == []
