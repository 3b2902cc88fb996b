"""The sensors that tell people: of a run that failed, and of a night that never ran.

They are on from the start where somebody is configured to be told, and say nothing otherwise.
What is told, and by which way, is `services.alerts`. That the daemon itself is dead cannot be told
from inside it: `assessment-pipeline status` from cron does that.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus

from assessment_pipeline.defs import schedules
from assessment_pipeline.defs.failures import failure_sentence
from assessment_pipeline.defs.steps import failing_plainly
from assessment_pipeline.services.alerts.messages import Alert, failed_run, missed_nights
from assessment_pipeline.services.alerts.sending import is_configured, send
from assessment_pipeline.services.overdue import overdue_days
from assessment_pipeline.services.steps import utc_now
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.home import Home

FAILED_RUN_ALERT: Final = "failed_run_alert"
MISSED_NIGHT_ALERT: Final = "missed_night_alert"
WILL_RETRY_TAG: Final = "dagster/will_retry"
PARTITION_TAG: Final = "dagster/partition"
_ALERT_SECONDS: Final = 30
_LOOK_SECONDS: Final = 900
# A schedule ticks once a day; some hours may pass while the machine is started again.
_LONGEST_SILENCE: Final = timedelta(hours=26)
_NOBODY: Final = (
    "Nobody is configured to be told: set ASSESSMENT_PIPELINE_ALERT_EMAIL_TO, or a Slack webhook."
)


def build_alerts(settings: Settings) -> Sequence[dg.SensorDefinition]:
    """Return both sensors."""
    return [_failed_run_alert(settings), build_missed_night_alert(settings)]


def _status(settings: Settings) -> dg.DefaultSensorStatus:
    is_on = is_configured(settings)
    return dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED


def _page(settings: Settings) -> str | None:
    return settings.ui_addresses[0] if settings.ui_addresses else None


def _failed_run_alert(settings: Settings) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name=FAILED_RUN_ALERT,
        description=(
            "Tells by mail or Slack of a run that failed, once, with its day, its run id and why; "
            "not of one that will be tried again by itself."
        ),
        default_status=_status(settings),
        minimum_interval_seconds=_ALERT_SECONDS,
        # Also what the command line ran, which has no code location; the instance is ours alone.
        monitor_all_code_locations=True,
    )
    def failed_run_alert(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        alert = alert_of(settings, context)
        if alert is None:
            return dg.SkipReason("It will be tried again by itself; the last try will be told.")
        if not is_configured(settings):
            return dg.SkipReason(_NOBODY)
        with failing_plainly():
            send(settings, alert)
        return None

    return failed_run_alert


def alert_of(settings: Settings, context: dg.RunFailureSensorContext) -> Alert | None:
    """Return what is to be told of a failed run; nothing if it will be tried again by itself."""
    # Read anew: the tag is set when the failure is recorded, which may be after this was built.
    run = context.instance.get_run_by_id(context.dagster_run.run_id) or context.dagster_run
    if run.tags.get(WILL_RETRY_TAG) == "true":
        return None
    failures = context.get_step_failure_events()
    return failed_run(
        job=run.job_name,
        run_id=run.run_id,
        partition=run.tags.get(PARTITION_TAG),
        steps=[event.step_key for event in failures if event.step_key],
        why=failure_sentence(run.run_id, failures),
        page=_page(settings),
    )


def build_missed_night_alert(
    settings: Settings, clock: Callable[[], datetime] = utc_now
) -> dg.SensorDefinition:
    """Return the sensor that notices a night that never ran."""

    @dg.sensor(
        name=MISSED_NIGHT_ALERT,
        description=(
            "Tells once of each delivery day that is still not scored "
            f"{settings.overdue_after_hours} hours after it could have been, and of a nightly "
            "schedule that is on and does not tick."
        ),
        default_status=_status(settings),
        minimum_interval_seconds=_LOOK_SECONDS,
    )
    def missed_night_alert(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = clock()
        with failing_plainly():
            days = overdue_days(
                Home(Path(settings.home)), settings.timezone, now, settings.overdue_after_hours
            )
        problems = schedule_problems(context.instance, now)
        found = [*sorted(days), *problems]
        told = _told(context.cursor)
        new = [each for each in found if each not in told]
        text = f"Overdue: {', '.join(sorted(days)) or 'nothing'}. {' '.join(problems)}".strip()
        if new:
            context.log.warning(text)
            if is_configured(settings):
                alert = missed_nights(
                    days=days,
                    problems=problems,
                    hours=settings.overdue_after_hours,
                    page=_page(settings),
                )
                with failing_plainly():
                    send(settings, alert)
        # What is over is forgotten, so that it is told again when it comes back.
        return dg.SensorResult(skip_reason=text, cursor=json.dumps(found))

    return missed_night_alert


def _told(cursor: str | None) -> Sequence[str]:
    try:
        told = json.loads(cursor or "[]")
    except ValueError:
        return []
    return told if isinstance(told, list) else []


def schedule_problems(instance: dg.DagsterInstance, now: datetime) -> list[str]:
    """Return what is wrong with the nightly schedule, if it is on; nothing if it is off."""
    problems = []
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE):
        if state.instigator_name != schedules.NAME or state.status is not InstigatorStatus.RUNNING:
            continue
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        if not ticks:
            continue
        last = datetime.fromtimestamp(ticks[0].timestamp, UTC)
        if ticks[0].status is TickStatus.FAILURE:
            problems.append("The last tick of the nightly schedule failed; its page says why.")
        if now - last > _LONGEST_SILENCE:
            problems.append(
                f"The nightly schedule is on and has not ticked since {last:%Y-%m-%d %H:%M} UTC."
            )
    return problems
