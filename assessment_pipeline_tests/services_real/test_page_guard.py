"""The page that `ui` serves, asked over the network: the guard stands in front of the real one."""

import base64
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from assessment_pipeline_tests.services_real.served_pages import (
    ServedPage,
    command_line,
    descendants,
    environment_of,
    served_page,
)

pytestmark = pytest.mark.slow

PASSWORD = "a password for tests"  # noqa: S105
LAUNCH = """
mutation Launch($parameters: ExecutionParams!) {
  launchRun(executionParams: $parameters) { __typename ... on PythonError { message } }
}
"""
PARAMETERS = {
    "parameters": {
        "mode": "default",
        "selector": {
            "repositoryLocationName": "assessment_pipeline",
            "repositoryName": "__repository__",
            "jobName": "nightly_scoring",
        },
    }
}
RUNS = "{ runsOrError { ... on Runs { results { id } } } }"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPage]:
    with served_page(tmp_path_factory.mktemp("open") / "home") as served:
        yield served


@pytest.fixture(scope="module")
def locked_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPage]:
    with served_page(
        tmp_path_factory.mktemp("locked") / "home",
        "--read-only",
        ASSESSMENT_PIPELINE_UI_PASSWORD=PASSWORD,
    ) as served:
        yield served


def with_password(password: str = PASSWORD) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"officer:{password}".encode()).decode()}


def websocket(origin: str) -> dict[str, str]:
    return {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec_websocket_version": "13",
        "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec_websocket_protocol": "graphql-ws",
        "origin": origin,
    }


def test_the_page_is_served_with_the_headers_of_the_guard(page: ServedPage) -> None:
    answer = page.ask("GET", "/")

    assert answer.status == 200
    assert "<title data-next-head" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "server" not in answer.headers


def test_the_page_knows_the_assets(page: ServedPage) -> None:
    found = page.queried("{ assetNodes { assetKey { path } } }")

    names = {node["assetKey"]["path"][-1] for node in found["assetNodes"]}
    assert {"response_snapshots", "score_runs", "csv_exports"} <= names


@pytest.mark.parametrize(
    "query", ["mutation{reloadWorkspace{__typename}}", "%23%0Amutation%7Bx%7D", "{version}"]
)
def test_graphql_by_get_is_refused(page: ServedPage, query: str) -> None:
    assert page.ask("GET", f"/graphql?query={query}").status == 405


def test_a_foreign_origin_changes_nothing(page: ServedPage) -> None:
    answer = page.graphql(LAUNCH, PARAMETERS, origin="http://evil.example")

    assert answer.status == 403
    assert page.queried(RUNS) == {"runsOrError": {"results": []}}


def test_a_foreign_host_is_refused(page: ServedPage) -> None:
    assert page.ask("GET", "/", host=f"evil.example:{page.port}").status == 421


def test_a_form_changes_nothing(page: ServedPage) -> None:
    for media_type in ("application/x-www-form-urlencoded", "text/plain; application/json"):
        target = "/graphql?query=mutation{reloadWorkspace{__typename}}"
        answer = page.ask("POST", target, "{}", content_type=media_type, origin=page.address)
        assert answer.status == 415


def test_no_other_page_is_told_that_it_may_ask(page: ServedPage) -> None:
    answer = page.ask(
        "OPTIONS",
        "/graphql",
        origin="http://evil.example",
        access_control_request_method="POST",
        access_control_request_headers="content-type",
    )

    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_websockets_open_for_the_page_alone(page: ServedPage) -> None:
    assert page.ask("GET", "/graphql", **websocket(page.address)).status == 101
    assert page.ask("GET", "/graphql", **websocket("http://evil.example")).status == 403


def test_without_the_password_nothing_is_shown(locked_page: ServedPage) -> None:
    for headers in ({}, with_password("another password")):
        assert locked_page.ask("GET", "/", **headers).status == 401
        assert locked_page.graphql("{ version }", **headers).status == 401
        handshake = {**websocket(locked_page.address), **headers}
        assert locked_page.ask("GET", "/graphql", **handshake).status == 401
    assert locked_page.ask("GET", "/", **with_password()).status == 200


def test_a_read_only_page_launches_nothing(locked_page: ServedPage) -> None:
    answer = locked_page.graphql(LAUNCH, PARAMETERS, **with_password())

    assert answer.status == 403
    assert "read-only" in answer.text
    assert locked_page.queried(RUNS, **with_password()) == {"runsOrError": {"results": []}}


def test_dagster_too_takes_a_read_only_page_as_such(locked_page: ServedPage) -> None:
    found = locked_page.queried("{ permissions { permission value } }", **with_password())

    assert not [each for each in found["permissions"] if each["value"]]


def test_the_processes_of_runs_are_not_given_the_password(locked_page: ServedPage) -> None:
    started = descendants(locked_page.process.pid)
    code_servers = [each for each, line in started.items() if " api grpc " in line]

    assert code_servers
    for each, line in started.items():
        assert PASSWORD not in line
        if "web_page" not in line:
            assert PASSWORD.encode() not in environment_of(each)


def test_the_end_of_the_page_is_the_end_of_all_it_started(tmp_path: Path) -> None:
    with served_page(tmp_path / "home") as page:
        started = descendants(page.process.pid)
        page.process.send_signal(signal.SIGTERM)
        page.process.wait(60)

    assert page.process.returncode == 0
    assert any("_daemon" in line for line in started.values())
    assert not [line for each, line in started.items() if command_line(each) == line]


def test_the_page_ends_when_its_daemon_does(tmp_path: Path) -> None:
    with served_page(tmp_path / "home") as page:
        started = descendants(page.process.pid)
        os.kill(next(each for each, line in started.items() if "_daemon" in line), signal.SIGKILL)
        page.process.wait(60)

    assert page.process.returncode == 4
    assert not [line for each, line in started.items() if command_line(each) == line]
