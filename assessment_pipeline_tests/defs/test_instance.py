"""What dagster.yaml says, by Dagster's own reading of it: the home's, and the one at the root."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.test_utils import create_run_for_test
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)

from assessment_pipeline.defs.instance import instance_config, open_instance, write_instance_config
from assessment_pipeline.defs.jobs import NIGHTLY_SCORING
from assessment_pipeline.settings import Settings, load_settings
from assessment_pipeline.storage.home import Home
from assessment_pipeline_tests.postgres import PASSWORD

ROOT = Path(__file__).parents[2]
URL = f"postgresql://scoring:{PASSWORD}@127.0.0.1:1/scores"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", max_run_retries=5, max_runtime_seconds=900)


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with open_instance(Home(settings.home), settings) as instance:
        yield instance


def add_run(instance: dg.DagsterInstance, day: str, status: str = "QUEUED") -> None:
    """Add a run of a delivery day, as the page puts it into the queue or as one at work."""
    create_run_for_test(
        instance,
        NIGHTLY_SCORING,
        status=dg.DagsterRunStatus(status),
        tags={"dagster/partition": day},
        # Where the daemon would load the job from; it comes to that only later.
        remote_job_origin=RemoteRepositoryOrigin(
            RegisteredCodeLocationOrigin("assessment_pipeline"), "__repository__"
        ).get_job_origin(NIGHTLY_SCORING),
    )


def next_to_start(instance: dg.DagsterInstance) -> list[str]:
    """Return the days of the runs that Dagster's daemon would start now."""
    daemon = QueuedRunCoordinatorDaemon(interval_seconds=1)
    runs = daemon._get_runs_to_dequeue(instance, instance.get_concurrency_config(), None)
    return [run.tags["dagster/partition"] for run in runs]


def test_the_settings_are_what_dagster_reads(instance: dg.DagsterInstance) -> None:
    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.max_concurrent_runs == 2
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_max_runtime_seconds == 900
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 5
    assert not instance.run_retries_retry_on_asset_or_op_failure
    assert not instance.telemetry_enabled


def test_of_several_runs_of_one_day_only_one_starts(instance: dg.DagsterInstance) -> None:
    for day in ("2026-11-01", "2026-11-01", "2026-11-02"):
        add_run(instance, day)

    assert next_to_start(instance) == ["2026-11-01", "2026-11-02"]


def test_a_day_that_is_being_scored_waits_and_another_one_starts(
    instance: dg.DagsterInstance,
) -> None:
    add_run(instance, "2026-11-01", "STARTED")
    add_run(instance, "2026-11-01")
    add_run(instance, "2026-11-02")

    assert next_to_start(instance) == ["2026-11-02"]


def test_no_more_runs_start_than_the_settings_allow(instance: dg.DagsterInstance) -> None:
    for day in range(1, 5):
        add_run(instance, f"2026-11-0{day}")

    assert next_to_start(instance) == ["2026-11-01", "2026-11-02"]


@pytest.mark.parametrize("url", [None, URL])
def test_dagster_accepts_what_is_written_and_it_holds_no_secret(
    tmp_path: Path, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_DATABASE_URL", url or "")
    settings = load_settings(home=tmp_path / "home")
    path = write_instance_config(Home(settings.home), settings)

    config, _ = dagster_instance_config(str(path.parent))

    assert ("storage" in config) == (url is not None)
    written = path.read_text(encoding="utf-8")
    assert PASSWORD not in written
    assert ("env: ASSESSMENT_PIPELINE_DATABASE_URL" in written) == (url is not None)
    runs = config["concurrency"]["runs"]
    assert runs["max_concurrent_runs"] == (2 if url is None else 4)


def test_what_dagster_hands_to_its_processes_holds_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_DATABASE_URL", URL)
    settings = load_settings(home=tmp_path / "home")
    path = write_instance_config(Home(settings.home), settings)

    ref = InstanceRef.from_dir(str(path.parent))

    handed = json.dumps(ref.to_dict(), default=str)
    assert "ASSESSMENT_PIPELINE_DATABASE_URL" in handed
    assert PASSWORD not in handed


def test_the_file_at_the_root_says_what_the_default_settings_say() -> None:
    at_root = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    written = instance_config(Settings.model_construct())
    # In the page of a developer, what a run prints is of use.
    del written["compute_logs"]

    assert at_root == written
    dagster_instance_config(str(ROOT))


# What `dagster dev` does first, without the servers: read both files, and load the definitions.
LOAD = """
import sys
from dagster._cli.utils import get_possibly_temporary_instance_for_cli
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
with get_possibly_temporary_instance_for_cli() as instance:
    target = WorkspaceFileTarget(paths=["workspace.yaml"])
    with WorkspaceProcessContext(instance, target) as context:
        (location,) = context.create_request_context().code_locations
        (repository,) = location.get_repositories().values()
        jobs = sorted(job.name for job in repository.get_all_jobs())
        print("found", *jobs, instance.get_concurrency_config().run_queue_config)
"""


@pytest.mark.slow
def test_the_files_at_the_root_work_as_they_are_with_dagsters_own_commands(tmp_path: Path) -> None:
    for name in ("dagster.yaml", "workspace.yaml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    environment.pop("DAGSTER_HOME", None)

    loaded = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.returncode == 0, loaded.stderr
    (found,) = [line for line in loaded.stdout.splitlines() if line.startswith("found ")]
    assert NIGHTLY_SCORING in found
    assert "max_concurrent_runs=2," in found
