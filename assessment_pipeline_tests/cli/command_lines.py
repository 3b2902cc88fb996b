"""Running the command line in tests: in this process, or in a fresh one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from assessment_pipeline.cli import cli
from assessment_pipeline_tests.installations import Installation, answers

# The day of `Installation` has a partition, whatever the default.
SETTINGS = {"ASSESSMENT_PIPELINE_FIRST_DATE": "2025-01-01"}


def run(*arguments: str | Path, home: Path | None = None) -> Result:
    """Run a command in this process."""
    at = () if home is None else ("--home", str(home))
    result = CliRunner(env=SETTINGS).invoke(cli, [*at, *map(str, arguments)])
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert "Traceback" not in result.output
    return result


def run_fresh(
    *arguments: str | Path, home: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    at = () if home is None else ("--home", str(home))
    return subprocess.run(
        [sys.executable, "-m", "assessment_pipeline", *at, *map(str, arguments)],
        env={**os.environ, **SETTINGS, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def json_of(result: Result | subprocess.CompletedProcess[str]) -> Any:  # noqa: ANN401 - any JSON
    """Return standard output, which must be one JSON value and nothing else."""
    return json.loads(result.stdout)


def scored_installation(folder: Path) -> Installation:
    """Return a home with two sessions scored on one day."""
    installation = Installation(folder)
    installation.deliver(answers("s-1"), answers("s-2", "=1+1"))
    installation.score()
    return installation
