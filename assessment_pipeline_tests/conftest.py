"""What all tests share: two switches, and a private Postgres for those that ask for one.

`--update-golden` writes the golden files anew, see `golden/README.md`: read the diff afterwards.

`ASSESSMENT_PIPELINE_TESTS_REQUIRE` names programs that must be there, for example `chromium`. A
test that would skip itself for want of one of them fails instead, so that CI cannot go green by
leaving tests out.
"""

import os
import re
from collections.abc import Generator, Iterator
from typing import TypeVar

import pytest

from assessment_pipeline_tests.postgres import empty, private_postgres

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

REQUIRE = "ASSESSMENT_PIPELINE_TESTS_REQUIRE"


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Let each test begin with the umask of most systems, whatever was imported before."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Return the URL of a private Postgres that lives as long as the tests."""
    with private_postgres() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """Return the URL of a Postgres database with nothing of ours or Dagster's in it."""
    empty(postgres_server)
    return postgres_server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files anew; read the diff before committing it",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _required((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _required((yield))


def _required(report: Report) -> Report:
    """Turn a skip for want of a required program into a failure."""
    if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = _reason(report.longrepr)
        for program in filter(None, re.split(r"[,\s]+", os.environ.get(REQUIRE, ""))):
            if re.search(rf"\b{re.escape(program)}\b", reason, re.IGNORECASE):
                report.outcome = "failed"
                report.longrepr = f"{REQUIRE} names {program}, but this was skipped: {reason}"
                break
    return report


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
