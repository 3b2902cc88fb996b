"""A plain `dagster dev` with the files at the root, as somebody who knows Dagster starts it."""

import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from assessment_pipeline_tests.services_real.served_pages import ServedPage, free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
START_SECONDS = 120
LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries {
  name loadStatus locationOrLoadError { __typename }
} } } assetNodes { assetKey { path } } instance { runLauncher { name } } }
"""


def test_the_workspace_and_the_instance_load_as_they_are(tmp_path: Path) -> None:
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(ROOT / "dagster.yaml", home)
    port = free_port()
    command = [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port)]
    settings = {"DAGSTER_HOME": str(home), "ASSESSMENT_PIPELINE_HOME": str(tmp_path / "home")}
    process = subprocess.Popen(
        [*command, "-w", "workspace.yaml"],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Whoever runs tests in the background has children that ignore it.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    page = ServedPage(port, process)
    try:
        for _ in range(START_SECONDS * 2):
            if page.is_open():
                break
            page.wait(0.5)
        found = page.queried(LOCATIONS)
    finally:
        process.send_signal(signal.SIGINT)
        with process:
            process.wait(60)

    (location,) = found["workspaceOrError"]["locationEntries"]
    assert location["name"] == "assessment_pipeline"
    assert location["locationOrLoadError"]["__typename"] == "RepositoryLocation"
    names = {node["assetKey"]["path"][-1] for node in found["assetNodes"]}
    assert {"response_snapshots", "score_runs", "csv_exports", "rubrics"} <= names
    assert "LocalRunLauncher" in found["instance"]["runLauncher"]["name"]
