"""One real worker: what it serves, what it refuses, and what the launcher knows of its runs."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import dagster as dg
import pytest
from celery import Celery
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus

from assessment_pipeline.celery_config import celery_config
from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.defs.celery_launcher import CheckedCeleryRunLauncher
from assessment_pipeline.defs.instance import open_instance
from assessment_pipeline.services.locks import step_lock
from assessment_pipeline.settings import PREFIX, Settings
from assessment_pipeline_tests.installations import DAY, Installation, answers
from assessment_pipeline_tests.redis import PASSWORD, Redis, private_redis
from assessment_pipeline_tests.services_real.celery_workers import (
    Worker,
    awaited,
    celery_workers,
)
from assessment_pipeline_tests.services_real.served_pages import descendants

pytestmark = pytest.mark.slow

SECONDS: Final = 60
TASK: Final = "assessment_pipeline.generate_scorecards"


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with private_redis() as server:
        yield server


@pytest.fixture
def installation(tmp_path: Path, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Return a home with a scored day, whose workers listen to a queue of their own."""
    # What the launcher reads by name.
    monkeypatch.setenv(f"{PREFIX}CELERY_BROKER_URL", redis.url)
    installation = Installation(tmp_path / "home", celery_queue=f"q-{tmp_path.name}")
    installation.deliver(answers("s-1"), answers("s-2", "C"))
    installation.score()
    return installation


@pytest.fixture
def worker(installation: Installation, tmp_path: Path, redis: Redis) -> Iterator[Worker]:
    settings = {
        "CELERY_BROKER_URL": redis.url,
        "CELERY_QUEUE": installation.settings.celery_queue,
        "FIRST_DATE": "2025-01-01",
    }
    named = {PREFIX + name: value for name, value in settings.items()}
    with celery_workers(tmp_path, installation.home.folder, 1, **named) as (worker,):
        yield worker


def sender(settings: Settings) -> Celery:
    """Return an app as a caller elsewhere has it, who knows tasks by their names alone."""
    broker, backend = settings.celery_urls
    return Celery(
        broker=broker,
        backend=backend,
        config_source=celery_config(settings),
        set_as_current=False,
    )


def launch(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """Launch a run of the day as the daemon does, and return it as it is then."""
    repository = ReconstructableRepository.for_module(
        "assessment_pipeline.definitions", "defs", working_directory=None
    )
    job = repository.get_reconstructable_job("nightly_scoring")
    run = instance.create_run_for_job(
        job.get_definition(),
        tags={"dagster/partition": DAY},
        job_code_origin=job.get_python_origin(),
    )
    instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
    return current(instance, run)


def current(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRun:
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


def await_status(
    instance: dg.DagsterInstance, run: dg.DagsterRun, status: dg.DagsterRunStatus
) -> None:
    awaited(lambda: current(instance, run).status is status, SECONDS, f"a run that is {status}")


def health(instance: dg.DagsterInstance, run: dg.DagsterRun) -> CheckRunHealthResult:
    return launcher_of(instance).check_run_worker_health(run)


def launcher_of(instance: dg.DagsterInstance) -> CheckedCeleryRunLauncher:
    assert isinstance(instance.run_launcher, CheckedCeleryRunLauncher)
    return instance.run_launcher


def test_a_worker_serves_tasks_and_shows_no_password(
    installation: Installation, worker: Worker
) -> None:
    with sender(installation.settings) as app:
        given = app.send_task(TASK, (DAY,)).get(timeout=SECONDS)
        refused = app.send_task(TASK, ("2025-11-21",))
        with pytest.raises(Exception, match="Nothing is scored for 2025-11-21"):
            refused.get(timeout=SECONDS)

    assert given["counts"] == {"scorecards": 2, "complete": 2}
    assert worker.end() == 0
    assert PASSWORD not in worker.log.read_text()
    assert "Traceback" not in worker.log.read_text()


def test_a_message_that_is_no_json_is_not_read(installation: Installation, worker: Worker) -> None:
    with sender(installation.settings) as app:
        app.send_task(TASK, (DAY,), serializer="pickle")
        # Taken in order, by one process: when this is done, the other was refused.
        app.send_task(TASK, (DAY,)).get(timeout=SECONDS)

    assert "Refusing to deserialize" in worker.log.read_text()


def test_a_task_whose_process_is_killed_is_given_to_another(
    installation: Installation, worker: Worker
) -> None:
    with sender(installation.settings) as app:
        with step_lock(installation.home, DAY):
            sent = app.send_task(TASK, (DAY,))
            pid = awaited(lambda: (sent.info or {}).get("pid"), SECONDS, "a task that began")
            assert pid in descendants(worker.process.pid)
            os.kill(pid, signal.SIGKILL)
            awaited(
                lambda: (sent.info or {}).get("pid") not in {None, pid}, SECONDS, "a second begin"
            )
        assert sent.get(timeout=SECONDS)["skipped"] is True


def test_a_run_is_healthy_while_its_worker_is_at_work_and_no_longer(
    installation: Installation, worker: Worker
) -> None:
    with open_instance(installation.home, installation.settings) as instance:
        with step_lock(installation.home, DAY):
            run = launch(instance)
            await_status(instance, run, dg.DagsterRunStatus.STARTED)
            assert health(instance, run).status is WorkerStatus.RUNNING
            worker.kill()
            assert health(instance, run).status is WorkerStatus.RUNNING
            launcher_of(instance).lost_after_seconds = 0
            lost = health(instance, run)

        assert lost.status is WorkerStatus.FAILED
        assert "No Celery worker is at work on it" in str(lost.msg)
        assert current(instance, run).status is dg.DagsterRunStatus.STARTED


def test_a_run_outlives_a_restart_of_its_broker(
    installation: Installation, worker: Worker, redis: Redis
) -> None:
    with open_instance(installation.home, installation.settings) as instance:
        with step_lock(installation.home, DAY):
            run = launch(instance)
            await_status(instance, run, dg.DagsterRunStatus.STARTED)
            redis.restart()
            awaited(
                lambda: worker.log.read_text().count("Connected to") == 2,
                SECONDS,
                "a worker that is back",
            )
            launcher_of(instance).lost_after_seconds = 0
            assert health(instance, run).status is WorkerStatus.RUNNING
            # The first question may have found the old connection; this one finds the worker.
            assert health(instance, run) == CheckRunHealthResult(WorkerStatus.RUNNING)
        await_status(instance, run, dg.DagsterRunStatus.SUCCESS)


def test_a_run_that_is_cancelled_ends_cancelled_and_its_worker_goes_on(
    installation: Installation, worker: Worker
) -> None:
    with open_instance(installation.home, installation.settings) as instance:
        with step_lock(installation.home, DAY):
            run = launch(instance)
            await_status(instance, run, dg.DagsterRunStatus.STARTED)
            assert instance.run_launcher.terminate(run.run_id)
            await_status(instance, run, dg.DagsterRunStatus.CANCELED)

        again = launch(instance)
        await_status(instance, again, dg.DagsterRunStatus.SUCCESS)
        assert not instance.run_launcher.terminate(again.run_id)
        with sender(installation.settings) as app:
            # Taken by the same process, which then has nothing left of the run.
            app.send_task(TASK, (DAY,)).get(timeout=SECONDS)
        (child,) = descendants(worker.process.pid)
        os.kill(child, signal.SIGTERM)
        awaited(lambda: child not in descendants(worker.process.pid), SECONDS, "an end by SIGTERM")


def test_a_run_of_another_process_is_left_alone(installation: Installation) -> None:
    with open_instance(installation.home, installation.settings) as instance:
        run = instance.create_run_for_job(build_defs().resolve_job_def("nightly_scoring"))
        assert health(instance, run).status is WorkerStatus.RUNNING
        assert not instance.run_launcher.terminate(run.run_id)
