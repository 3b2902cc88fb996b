"""The guard: what a person at the page does passes, what another page or host sends does not."""

import asyncio
import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assessment_pipeline.defs.guard import Guard

HERE = "http://localhost:3000"
ADDRESSES = (HERE, "http://127.0.0.1:3000", "http://[::1]:3000", "https://scores.example.org")
MUTATION = b'{"query": "mutation { launch }"}'
JSON = {"content-type": "application/json"}


@dataclass
class Answer:
    """What came back, and what the guarded app saw of it."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    seen: bytes | None = None

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


def seeing(answer: Answer) -> ASGIApp:
    """Return an app that answers 200 to whatever reaches it, and notes it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            answer.seen = b""
            await send({"type": "websocket.accept"})
            return
        answer.seen = b""
        more = True
        while more:
            message = await receive()
            answer.seen += message["body"]
            more = message["more_body"]
        sent = [
            (b"content-security-policy", b"object-src 'none'"),
            (b"referrer-policy", b"unsafe-url"),
            (b"access-control-allow-origin", b"*"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        await send({"type": "http.response.body", "body": b"the page"})

    return app


def ask(
    method: str = "GET",
    target: str = "/",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    *,
    kind: str = "http",
    password: str | None = None,
    read_only: bool = False,
) -> Answer:
    """Send one request or websocket through a guard."""
    answer = Answer()

    # In two parts, as a network may deliver it.
    parts = [body[:5], body[5:]]

    async def receive() -> Message:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Message) -> None:
        if message["type"].endswith("response.start"):
            answer.status = message["status"]
            answer.headers = [(k.decode(), v.decode()) for k, v in message["headers"]]
        elif message["type"].endswith("response.body"):
            answer.text += message["body"].decode()
        elif message["type"] == "websocket.accept":
            answer.status = 101
        else:
            answer.status = message["code"]

    given = list(headers.items() if isinstance(headers, Mapping) else headers)
    if not any(name == "host" for name, _ in given):
        given.append(("host", "localhost:3000"))
    path, _, query = target.partition("?")
    scope = {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given],
        "extensions": {"websocket.http.response": {}},
    }
    if kind == "http":
        scope["method"] = method
    guard = Guard(seeing(answer), addresses=ADDRESSES, password=password, read_only=read_only)
    asyncio.run(guard(scope, receive, send))
    return answer


def basic(password: str, user: str = "anyone") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def refused(answer: Answer, status: int) -> bool:
    """Whether nothing reached the app, and the answer says so in a sentence."""
    return answer.seen is None and answer.status == status and answer.text.startswith("Refused: ")


# --- Host


@pytest.mark.parametrize(
    "host",
    ["localhost:3000", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000", "scores.example.org"],
)
def test_the_page_answers_to_its_own_addresses(host: str) -> None:
    assert ask(headers={"host": host}).text == "the page"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:3000",
        "localhost",
        "localhost:3001",
        "localhost:3000.evil.example",
        "localhost.evil.example:3000",
        "localhost:3000@evil.example",
        "localhost.:3000",
        "scores.example.org:8443",
        "",
    ],
)
def test_a_foreign_host_is_refused(host: str) -> None:
    assert refused(ask(headers={"host": host}), 421)
    assert refused(ask(headers={"host": host, "origin": HERE}, kind="websocket"), 421)


def test_two_hosts_are_refused() -> None:
    assert refused(ask(headers=[("host", "localhost:3000"), ("host", "evil.example")]), 421)


# --- Origin


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": HERE},
        {"origin": HERE, "sec-fetch-site": "same-origin"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "https://scores.example.org", "host": "scores.example.org"},
        {},
    ],
)
def test_the_page_and_programs_that_are_no_browser_may_change_something(
    headers: dict[str, str],
) -> None:
    assert ask("POST", "/graphql", {**JSON, **headers}, MUTATION).seen == MUTATION


FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "http://evil.example:3000"},
    {"origin": "http://localhost:3001"},
    {"origin": "https://localhost:3000"},
    {"origin": "http://localhost:3000.evil.example"},
    {"origin": "http://scores.example.org"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": HERE, "sec-fetch-site": "cross-site"},
    {"origin": HERE, "sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "none"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_origin_changes_nothing(headers: dict[str, str]) -> None:
    assert refused(ask("POST", "/graphql", {**JSON, **headers}, MUTATION), 403)


@pytest.mark.parametrize("headers", [*FOREIGN, {}])
def test_a_foreign_origin_opens_no_websocket(headers: dict[str, str]) -> None:
    assert refused(ask(target="/graphql", headers=headers, kind="websocket"), 403)


def test_two_origins_are_refused() -> None:
    headers = [*JSON.items(), ("origin", HERE), ("origin", HERE)]
    assert refused(ask("POST", "/graphql", headers, MUTATION), 403)


def test_the_page_opens_its_websocket() -> None:
    assert ask(target="/graphql", headers={"origin": HERE}, kind="websocket").status == 101


def test_links_from_elsewhere_open_the_page() -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert ask(target="/runs?q=1", headers=headers).text == "the page"


# --- what changes something


@pytest.mark.parametrize(
    "query",
    [
        "query=mutation{launch}",
        "query=mutation%7Blaunch%7D",
        "query=%23%20query%0Amutation%7Blaunch%7D",
        "query=query%20A%7Bversion%7D%20mutation%20B%7Blaunch%7D&operationName=B",
        "query=%EF%BB%BFmutation%7Blaunch%7D",
        "query=fragment%20F%20on%20Mutation%7Blaunch%7D%20mutation%7B...F%7D",
        "%71uery=mutation{launch}",
        "query=%7Bversion%7D&query=mutation%7Blaunch%7D",
        "query=%7Bversion%7D",
        "operationName=B",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_graphql_by_get_is_refused(method: str, query: str) -> None:
    headers = {"accept": "text/html, application/json"}
    assert refused(ask(method, f"/graphql?{query}", headers), 405)


def test_the_playground_opens_without_a_query() -> None:
    assert ask(target="/graphql", headers={"accept": "text/html"}).text == "the page"


@pytest.mark.parametrize(
    "media_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "text/plain",
        "text/plain; application/json",
        "application/json-patch+json",
        "application/graphql",
        "application/json, text/plain",
        "",
    ],
)
def test_what_a_form_can_send_changes_nothing(media_type: str) -> None:
    headers = {"content-type": media_type, "origin": HERE}
    assert refused(ask("POST", "/graphql?query=mutation{launch}", headers, MUTATION), 415)


def test_two_media_types_are_refused() -> None:
    headers = [("content-type", "application/json"), ("content-type", "text/plain")]
    assert refused(ask("POST", "/graphql", headers, MUTATION), 415)


@pytest.mark.parametrize("media_type", ["application/json;charset=utf-8", "Application/JSON"])
def test_json_may_name_its_charset(media_type: str) -> None:
    assert ask("POST", "/graphql", {"content-type": media_type}, MUTATION).seen == MUTATION


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/report_asset_materialization/score_runs"),
        ("POST", "/graphql/"),
        ("POST", "/"),
        ("PUT", "/graphql"),
        ("DELETE", "/"),
        ("OPTIONS", "/graphql"),
        ("TRACE", "/"),
        ("get", "/graphql"),
    ],
)
def test_nothing_but_graphql_is_posted_to(method: str, path: str) -> None:
    answer = ask(method, path, {**JSON, "origin": HERE}, b"{}")

    assert refused(answer, 405)
    assert answer.values("allow") == ["GET, HEAD, POST"]


# --- headers


@pytest.mark.parametrize("host", ["localhost:3000", "evil.example"])
def test_no_answer_can_be_framed_or_read_by_others(host: str) -> None:
    answer = ask(headers={"host": host})

    assert "frame-ancestors 'none'" in answer.values("content-security-policy")[-1]
    assert answer.values("x-frame-options") == ["DENY"]
    assert answer.values("x-content-type-options") == ["nosniff"]
    assert answer.values("referrer-policy") == ["no-referrer"]
    assert answer.values("cross-origin-resource-policy") == ["same-origin"]
    assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


def test_the_policy_of_the_page_itself_stays() -> None:
    assert "object-src 'none'" in ask().values("content-security-policy")


# --- password


PASSWORD = "pässword: of this page"  # noqa: S105


@pytest.mark.parametrize("user", ["", "officer"])
def test_the_password_opens_the_page_with_any_user_name(user: str) -> None:
    assert ask(headers=basic(PASSWORD, user), password=PASSWORD).text == "the page"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(""),
        basic(PASSWORD + " "),
        basic(PASSWORD[:-1]),
        {"authorization": "Basic " + base64.b64encode(PASSWORD.encode()).decode()},
        {"authorization": basic(PASSWORD)["authorization"].replace("Basic", "Bearer")},
        {"authorization": "Basic"},
        {"authorization": "Basic !"},
        {"authorization": "Basic päss"},
    ],
)
def test_without_the_password_nothing_is_answered(headers: dict[str, str]) -> None:
    for answer in (
        ask(headers=headers, password=PASSWORD),
        ask("POST", "/graphql", {**JSON, **headers}, MUTATION, password=PASSWORD),
        ask(headers={"origin": HERE, **headers}, kind="websocket", password=PASSWORD),
    ):
        assert refused(answer, 401)
        assert answer.values("www-authenticate")[0].startswith("Basic realm=")


def test_the_password_does_not_stand_in_for_the_origin() -> None:
    headers = {**JSON, **basic(PASSWORD), "origin": "http://evil.example"}
    assert refused(ask("POST", "/graphql", headers, MUTATION, password=PASSWORD), 403)


# --- read-only


@pytest.mark.parametrize(
    "query",
    [
        "mutation { launch }",
        "mutation{launch}",
        "\ufeff,,, mutation Launch { launch }",
        "# query\nmutation { launch }",
        'query A { version(of: "}") } mutation B { launch }',
        "fragment F on Mutation { launch } mutation { ...F }",
        "subscription { logs }",
    ],
)
def test_a_read_only_page_refuses_every_mutation(query: str) -> None:
    body = json.dumps({"query": query, "operationName": "A"}).encode()
    assert refused(ask("POST", "/graphql", JSON, body, read_only=True), 403)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"query": 1}',
        b'{"query": null}',
        b'{"query": "mutation {"}',
        b'[{"query": "mutation { launch }"}]',
        b'{"query": "query { a }", "query": "mutation {"}',
        b"[" * 100_000,
        json.dumps({"query": "{a" * 50_000}).encode(),
        b"\xff",
    ],
)
def test_a_read_only_page_refuses_what_it_cannot_read(body: bytes) -> None:
    assert refused(ask("POST", "/graphql", JSON, body, read_only=True), 400)


def test_of_two_queries_in_a_body_the_last_counts_as_it_does_for_the_page() -> None:
    body = b'{"query": "{ version }", "query": "mutation { launch }"}'
    assert refused(ask("POST", "/graphql", JSON, body, read_only=True), 403)


def test_a_read_only_page_refuses_a_body_too_long_to_read() -> None:
    body = b'{"query": "' + b" " * 5_000_000 + b'{ version }"}'
    assert refused(ask("POST", "/graphql", JSON, body, read_only=True), 413)


def test_a_read_only_page_answers_queries() -> None:
    # The name of a field or of an operation is no mutation.
    body = b'{"query": "query mutation { mutation, ...F } fragment F on Query { version }"}'
    assert ask("POST", "/graphql", JSON, body, read_only=True).seen == body


# --- the protocol


def test_a_server_that_cannot_answer_a_websocket_closes_it() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def nothing(*_: object) -> Message:
        raise AssertionError

    scope = {"type": "websocket", "path": "/graphql", "headers": [], "query_string": b""}
    asyncio.run(Guard(nothing, addresses=ADDRESSES)(scope, nothing, send))  # type: ignore[arg-type]

    assert [(each["type"], each["code"]) for each in sent] == [("websocket.close", 1008)]


def test_what_is_no_request_passes() -> None:
    kinds: list[str] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        kinds.append(scope["type"])

    async def nothing(*_: object) -> Message:
        raise AssertionError

    asyncio.run(Guard(app, addresses=())({"type": "lifespan"}, nothing, nothing))  # type: ignore[arg-type]

    assert kinds == ["lifespan"]
