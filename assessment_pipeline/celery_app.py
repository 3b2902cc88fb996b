"""The shared Celery app: one kind of worker for Dagster's runs and for callers outside of it.

    celery -A assessment_pipeline.celery_app worker        or: assessment-pipeline worker

serves both. The tasks here are for those who send them: they wrap one service each and take and
give ids, hashes and counts as JSON, never a response. A worker learns Dagster's runs when it
starts (`defs.celery_runs`), so that whoever only sends tasks need not import Dagster. How
messages are treated is `celery_config`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from assessment_pipeline.celery_config import celery_config
from assessment_pipeline.core.hashing import Json
from assessment_pipeline.errors import (
    AssessmentPipelineError,
    StorageError,
    UsageError,
    describe_defect,
    how_to_install,
)
from assessment_pipeline.services.export import export
from assessment_pipeline.services.locks import step_lock
from assessment_pipeline.services.report import report
from assessment_pipeline.services.steps import StepResult, Workplace
from assessment_pipeline.services.workplaces import open_workplace
from assessment_pipeline.settings import PREFIX, load_settings
from assessment_pipeline.storage.home import parse_day

try:
    from celery import Celery, Task, signals
except ImportError:
    raise UsageError(
        f"Celery is not installed: {how_to_install('celery')}; everything else works without it."
    ) from None

NAME: Final = "assessment_pipeline"
_ACTOR: Final = "celery"
# What may pass is tried again, after 2, 4, 8, ... seconds, each time somewhat earlier by chance.
_RETRIES: Final = {
    "autoretry_for": (StorageError,),
    "max_retries": 8,
    "retry_backoff": 2,
    "retry_backoff_max": 600,
    "retry_jitter": True,
}


class ServiceTask(Task):  # type: ignore[misc]  # Celery ships no types
    """A task for callers outside of Dagster."""

    # Errors of ours are told to the caller; the worker's log needs no traceback of them.
    throws = (AssessmentPipelineError,)

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Celery's own
        """Send the task; UsageError if there is nowhere to send it to."""
        if not self.app.conf.broker_url:
            raise UsageError(f"There is no Celery broker: set {PREFIX}CELERY_BROKER_URL.")
        return super().apply_async(*args, **kwargs)


def _build_app() -> Celery:
    settings = load_settings()
    broker, backend = settings.celery_urls
    return Celery(NAME, broker=broker, backend=backend, config_source=celery_config(settings))


app: Final = _build_app()


@signals.import_modules.connect(sender=app)  # type: ignore[untyped-decorator]
def serve_dagster(**_: object) -> None:
    """Let a worker that starts serve Dagster's runs too."""
    from assessment_pipeline.defs.celery_runs import serve_runs  # noqa: PLC0415 - Dagster costs seconds

    serve_runs(app, load_settings())


def _task(name: str, **options: object) -> Callable[[Callable[[str], dict[str, Json]]], Any]:
    """Make a task of a function of a delivery date."""
    make: Callable[[Callable[[str], dict[str, Json]]], Any] = app.task(
        name=f"{NAME}.{name}", base=ServiceTask, **options
    )
    return make


@_task("generate_scorecards", **_RETRIES)
def generate_scorecards(delivery_date: str) -> dict[str, Json]:
    """Make the scorecards of a day that is scored; what is made already is skipped."""
    return _step(report, delivery_date)


@_task("export_csv", **_RETRIES)
def export_csv(delivery_date: str) -> dict[str, Json]:
    """Write the CSV files of a day that has scorecards; what is written already is skipped."""
    return _step(export, delivery_date)


# Its steps have retries of their own.
@_task("score_delivery_date")
def score_delivery_date(delivery_date: str) -> dict[str, Json]:
    """Score a day as `assessment-pipeline score` does: as a run of Dagster's, through every asset.

    Succeeds if Dagster's run does.
    """
    from assessment_pipeline.defs.runs import score_day_plainly  # noqa: PLC0415 - the same

    with _failing_plainly():
        return score_day_plainly(load_settings(), parse_day(str(delivery_date)))


def _step(service: Callable[[Workplace, str], StepResult], delivery_date: str) -> dict[str, Json]:
    """Run a service on a day while no other step works on it; say what came of it."""
    settings = load_settings()
    with (
        _failing_plainly(),
        open_workplace(
            settings.home,
            ledger_url=settings.ledger_url,
            timezone=settings.timezone,
            run_id=None,
            actor=_ACTOR,
        ) as place,
    ):
        day = parse_day(str(delivery_date))
        with step_lock(place.home, day):
            result = service(place, day)
    return {
        "asset": result.asset,
        "delivery_date": result.partition,
        "content_hash": result.content_hash,
        "input_hashes": dict(result.input_hashes),
        "changed": result.is_changed,
        "skipped": result.was_skipped,
        "counts": dict(result.counts),
        "rubric_versions": list(result.rubric_versions),
    }


@contextmanager
def _failing_plainly() -> Iterator[None]:
    """Let no error out with content in it: the worker logs it, and the result backend keeps it."""
    try:
        yield
    except AssessmentPipelineError:
        raise
    except Exception as error:  # noqa: BLE001 - nothing may get out as it is
        failure = AssessmentPipelineError(describe_defect(error))
    else:
        return
    raise failure from None
