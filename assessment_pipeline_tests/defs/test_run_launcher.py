"""What run monitoring is told of a run's process."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.defs.instance import open_instance
from assessment_pipeline.defs.run_launcher import LocalRunLauncher
from assessment_pipeline_tests.installations import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home")


@pytest.fixture
def instance(installation: Installation) -> Iterator[dg.DagsterInstance]:
    with open_instance(installation.home, installation.settings) as instance:
        yield instance


def health_of(
    instance: dg.DagsterInstance,
    installation: Installation,
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
    tags: dict[str, str] | None = None,
) -> WorkerStatus:
    job = build_defs(installation.settings).resolve_job_def("nightly_scoring")
    run = instance.create_run_for_job(job, status=status, tags=tags)
    launcher = instance.run_launcher
    assert isinstance(launcher, LocalRunLauncher)
    assert launcher.supports_check_run_worker_health
    health: WorkerStatus = launcher.check_run_worker_health(run).status
    return health


def tags_of_a_server_that_is_gone() -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return {GRPC_INFO_TAG: json.dumps({"host": "127.0.0.1", "port": port})}


def test_a_score_in_a_terminal_is_left_alone(
    instance: dg.DagsterInstance, installation: Installation
) -> None:
    assert health_of(instance, installation) is WorkerStatus.RUNNING


def test_a_run_whose_code_server_is_gone_is_not_found(
    instance: dg.DagsterInstance, installation: Installation
) -> None:
    found = health_of(instance, installation, tags=tags_of_a_server_that_is_gone())
    assert found is WorkerStatus.NOT_FOUND


def test_a_run_that_has_ended_meanwhile_is_no_failure(
    instance: dg.DagsterInstance, installation: Installation
) -> None:
    found = health_of(
        instance,
        installation,
        dg.DagsterRunStatus.SUCCESS,
        tags_of_a_server_that_is_gone(),
    )
    assert found is WorkerStatus.SUCCESS
