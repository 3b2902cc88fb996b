"""`POST /deliveries`: what it answers, what it takes, and what it never says."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient

from assessment_pipeline.core.hashing import content_hash
from assessment_pipeline.errors import StorageError
from assessment_pipeline.intake.app import JSON, LINES, MOST_BYTES, build_app
from assessment_pipeline.services.spool import Spool
from assessment_pipeline.storage.home import Home
from assessment_pipeline_tests.deliveries import full_session, line_of, session

DAY = "2026-11-20"
TOKEN = "a token for tests, of 32 or more characters"  # noqa: S105 - of a service in memory
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
CANARY = "canary-of-a-candidate"


def noon() -> datetime:
    return datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def served(home: Home, token: str | None = None, address: str = "http://127.0.0.1") -> TestClient:
    app = build_app(Spool(home, "UTC", noon), token, 3600)
    return TestClient(app, base_url=address)


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    with served(home) as client:
        yield client


def delivered(home: Home) -> list[bytes]:
    files = sorted(home.delivery_folder(DAY).glob("*.jsonl"))
    return [line for file in files for line in file.read_bytes().splitlines()]


def test_a_session_is_answered_with_its_snapshot_id_and_is_on_disk(
    client: TestClient, home: Home
) -> None:
    delivery = full_session()
    answer = client.post("/deliveries", json=delivery)

    assert answer.status_code == 201
    assert answer.json() == {
        "delivery_date": DAY,
        "new": 1,
        "response_snapshot_ids": [content_hash(delivery)],
    }
    (spooled,) = home.intake.glob("*/*.jsonl")
    assert json.loads(spooled.read_bytes()) == delivery


def test_the_same_content_again_is_known_however_it_is_written(client: TestClient) -> None:
    first = client.post("/deliveries", json=full_session())
    again = client.post(
        "/deliveries",
        content=json.dumps(dict(reversed(full_session().items())), indent=2),
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["new"] == 0
    assert again.json()["response_snapshot_ids"] == first.json()["response_snapshot_ids"]


def test_several_sessions_come_as_lines(client: TestClient, home: Home) -> None:
    lines = [line_of(session(session_id=f"s-{number}")) for number in range(3)]
    answer = client.post(
        "/deliveries", content=b"\r\n".join(lines), headers={"Content-Type": LINES}
    )
    assert answer.status_code == 201
    assert len(answer.json()["response_snapshot_ids"]) == 3
    client.__exit__()
    assert len(delivered(home)) == 3


def test_other_content_of_a_known_session_is_taken_too(client: TestClient) -> None:
    for value in ("B", "C"):
        answer = client.post("/deliveries", json=session(status="submitted", context={"v": value}))
        assert answer.status_code == 201


def test_one_bad_session_keeps_all_of_its_request_out(client: TestClient, home: Home) -> None:
    lines = [line_of(session()), b"{", b"", line_of(session(candidate_id=CANARY, extra=CANARY))]
    answer = client.post("/deliveries", content=b"\n".join(lines), headers={"Content-Type": LINES})

    assert answer.status_code == 422
    refused = [(each["line"], each["reason"]) for each in answer.json()["refused"]]
    assert refused == [(2, "malformed_json"), (3, "empty_line"), (4, "unknown_field")]
    assert CANARY not in answer.text
    assert list(home.intake.glob("*/*")) == []


def test_what_is_too_large_is_refused_while_it_is_read(client: TestClient) -> None:
    sent = 0

    def blocks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * (1 << 20)

    for kind in (JSON, LINES):
        answer = client.post("/deliveries", content=blocks(), headers={"Content-Type": kind})
        assert answer.status_code == 413, kind
    exact = client.post("/deliveries", content=b" " * MOST_BYTES, headers={"Content-Type": LINES})
    assert exact.json()["refused"][0]["reason"] == "record_too_large"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
    ],
)
def test_what_a_strange_page_can_send_is_no_json(
    client: TestClient, headers: dict[str, str]
) -> None:
    answer = client.post("/deliveries", content=line_of(session()), headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 401),
        ("Bearer", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer \xe9", 401),
        (f"Bearer {TOKEN}", 201),
        (f"bearer {TOKEN}", 201),
    ],
)
def test_a_token_must_come_with_every_request(home: Home, given: str | None, status: int) -> None:
    headers = {} if given is None else {"Authorization": given.encode("latin-1").decode("latin-1")}
    with served(home, TOKEN, "https://intake.example") as client:
        answer = client.post(
            "/deliveries",
            content=line_of(session()),
            headers=[
                (b"content-type", JSON.encode()),
                *((name.encode(), value.encode("latin-1")) for name, value in headers.items()),
            ],
        )
    assert answer.status_code == status
    assert TOKEN not in answer.text


def test_without_a_token_only_names_of_this_machine_are_heard(home: Home) -> None:
    with served(home, None, "http://rebound.example") as client:
        assert client.post("/deliveries", json=session()).status_code == 403


def test_what_cannot_be_written_is_said_without_what_it_was(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in ((StorageError("Cannot write."), 503), (ValueError(CANARY), 500)):

        def failing(*_: object, error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patch, caplog.at_level(logging.DEBUG):
            patch.setattr(Spool, "accept", failing)
            answer = client.post("/deliveries", json=session(candidate_id=CANARY))
        assert answer.status_code == status
        assert CANARY not in answer.text + caplog.text


def test_nothing_of_a_request_is_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/deliveries", json=session(candidate_id=CANARY))
        client.post("/deliveries", json=session(candidate_id=CANARY, extra=1))
    ours = [record for record in caplog.records if not record.name.startswith("httpx")]
    assert CANARY not in "".join(record.getMessage() for record in ours)


def test_what_was_taken_is_delivered_at_the_end(home: Home) -> None:
    with served(home) as client:
        client.post("/deliveries", json=session())
        assert delivered(home) == []
    (line,) = delivered(home)
    assert json.loads(line) == session()


def test_what_was_taken_is_delivered_from_time_to_time(home: Home) -> None:
    with TestClient(build_app(Spool(home, "UTC", noon), None, 0.01)) as client:
        client.base_url = "http://localhost"
        client.post("/deliveries", json=session())
        for _ in range(1000):
            if delivered(home):
                break
            client.get("/health")
        assert len(delivered(home)) == 1


def test_it_says_that_it_is_there(home: Home) -> None:
    with served(home, TOKEN) as client:
        assert client.get("/health").json() == {"status": "ok"}
        assert "/deliveries" in client.get("/openapi.json").json()["paths"]
        assert client.get("/docs").status_code == 404
