"""The guard in front of Dagster's web page: who may ask, from where, and for what.

Dagster's page has no login and checks neither Host nor Origin, so any page open in the same
browser could act through it. This ASGI middleware lets through what a person at the page does and
nothing else; it knows of Dagster only that changes come as GraphQL mutations to `/graphql`.

Follows the Fetch standard (Origin, Sec-Fetch-Site), RFC 9110 (Host, 421) and RFC 7617 (Basic).
It must not import Dagster, read settings or keep anything about a request.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRAPHQL_PATH: Final = "/graphql"

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# Only a read-only page reads bodies here; the page's own queries have some kilobytes.
_BODY_LIMIT_BYTES: Final = 4 * 1024 * 1024

_ADDED_HEADERS: Final = (
    # A second policy beside that of the page: a browser obeys both.
    (b"content-security-policy", b"frame-ancestors 'none'; form-action 'self'; connect-src 'self'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_REPLACED_NAMES: Final = frozenset(name for name, _ in _ADDED_HEADERS[1:])

_OTHER_HOST: Final = (
    "this address is not one of the page's; open it by the address that `assessment-pipeline ui` "
    "shows, or name yours in ASSESSMENT_PIPELINE_UI_ADDRESSES"
)
_OTHER_ORIGIN: Final = (
    "another web page sent this; only the page itself may change something, open it in a tab of "
    "its own"
)
_NO_PASSWORD: Final = "this page wants its password; any user name will do"  # noqa: S105
_READ_ONLY: Final = "this page is read-only; start `assessment-pipeline ui` without that to act"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let through, in a sentence for whoever sent it."""

    status: HTTPStatus
    reason: str


class Guard:
    """An ASGI app that lets through to another what the page's own users do."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        addresses: Iterable[str],
        password: str | None = None,
        read_only: bool = False,
    ) -> None:
        """Guard an app.

        Args:
            app: what is guarded.
            addresses: origins that people open the page by, such as `http://localhost:3000`.
            password: what Basic authentication must give, with any user name.
            read_only: refuse every mutation.
        """
        known = [_origin_and_host(address) for address in addresses]
        self._app = app
        self._origins = frozenset(origin for origin, _ in known)
        self._hosts = frozenset(host for _, host in known)
        self._password = None if password is None else _digest(password.encode())
        self._read_only = read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or websocket, or hand it on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        guarded = _with_headers(send)
        refusal = self._refusal(scope)
        if refusal is None and self._read_only and scope.get("method") == "POST":
            body = await _body(receive)
            refusal = _mutation_refusal(body)
            receive = _again(body or b"", receive)
        if refusal is None:
            await self._app(scope, receive, guarded)
        else:
            await _refuse(refusal, scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Refusal | None:
        """Return why what stands in front of a request's body is refused, if it is."""
        if _single(scope, b"host").lower() not in self._hosts:
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, _OTHER_HOST)
        if not self._is_authorized(scope):
            return Refusal(HTTPStatus.UNAUTHORIZED, _NO_PASSWORD)
        if scope["type"] == "websocket":
            # Browsers always name the origin of a websocket, and nothing else needs one.
            return self._origin_refusal(scope, required=True)
        if scope["method"] in {"GET", "HEAD"}:
            return _reading_refusal(scope)
        if scope["method"] != "POST" or scope["path"] != GRAPHQL_PATH:
            reason = f"only GET, and POST to {GRAPHQL_PATH}, are answered here"
            return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, reason)
        if _media_type(scope) != "application/json":
            reason = "send GraphQL as JSON, with Content-Type: application/json"
            return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason)
        # Programs that are no browser name no origin, and no other page can make them act.
        return self._origin_refusal(scope, required=False)

    def _is_authorized(self, scope: Scope) -> bool:
        if self._password is None:
            return True
        scheme, _, encoded = _single(scope, b"authorization").partition(" ")
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        _, colon, password = given.partition(b":")
        return (
            hmac.compare_digest(_digest(password), self._password)
            and bool(colon)
            and scheme.lower() == "basic"
        )

    def _origin_refusal(self, scope: Scope, *, required: bool) -> Refusal | None:
        origins = _values(scope, b"origin")
        sites = _values(scope, b"sec-fetch-site")
        is_ours = all(origin.lower() in self._origins for origin in origins) and all(
            site == "same-origin" for site in sites
        )
        if is_ours and len(origins) <= 1 and (origins or not required):
            return None
        return Refusal(HTTPStatus.FORBIDDEN, _OTHER_ORIGIN)


def _origin_and_host(address: str) -> tuple[str, str]:
    """Return an address as browsers write it in Origin and in Host.

    >>> _origin_and_host("http://localhost:3000"), _origin_and_host("https://Example.org:443/")
    (('http://localhost:3000', 'localhost:3000'), ('https://example.org', 'example.org'))
    """
    parts = urlsplit(address)
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    return f"{parts.scheme}://{host}", host


def _values(scope: Scope, name: bytes) -> list[str]:
    """Return the values of a header, which ASGI servers name in lower case."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _single(scope: Scope, name: bytes) -> str:
    """Return the value of a header that stands there once, else nothing."""
    values = _values(scope, name)
    return values[0] if len(values) == 1 else ""


def _media_type(scope: Scope) -> str:
    return _single(scope, b"content-type").partition(";")[0].strip().lower()


def _digest(password: bytes) -> bytes:
    """Return what passwords are compared by: of one length, whatever was typed."""
    return hashlib.sha256(password).digest()


def _reading_refusal(scope: Scope) -> Refusal | None:
    """Refuse GraphQL by GET: a link or a picture on any page could send it.

    Without a query there is only Dagster's playground, whose own requests are POST.
    """
    if scope["path"].rstrip("/") == GRAPHQL_PATH and scope["query_string"]:
        reason = f"GraphQL by GET is not answered; send it as POST to {GRAPHQL_PATH}, as JSON"
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, reason)
    return None


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request; None if it is too long or its sender has gone."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > _BODY_LIMIT_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already, then goes on."""
    left = [body]

    async def receive_again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receive_again


def _mutation_refusal(body: bytes | None) -> Refusal | None:
    """Refuse a body in which something else than a query could stand."""
    if body is None:
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too long; shorten it")
    try:
        # The same reader as that of the guarded app, so that both see the same document.
        document = parse(json.loads(body)["query"])
    except (ValueError, TypeError, KeyError, RecursionError, GraphQLError):
        reason = 'no GraphQL could be read; send {"query": "..."} as JSON'
        return Refusal(HTTPStatus.BAD_REQUEST, reason)
    is_query = all(
        each.operation is OperationType.QUERY
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    )
    return None if is_query else Refusal(HTTPStatus.FORBIDDEN, _READ_ONLY)


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    is_websocket = scope["type"] == "websocket"
    if is_websocket and "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    headers = {"cache-control": "no-store"}
    if refusal.status is HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Basic realm="assessment-pipeline", charset="UTF-8"'
    if refusal.status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = "GET, HEAD, POST"
    response = PlainTextResponse(
        f"Refused: {refusal.reason}.\n", status_code=refusal.status, headers=headers
    )
    await response(scope, receive, send)


def _with_headers(send: Send) -> Send:
    """Return a `send` that sets the guard's headers and lets no other origin read along."""

    async def send_guarded(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            kept = [
                (name, value)
                for name, value in message.get("headers", ())
                if name.lower() not in _REPLACED_NAMES
                and not name.lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": [*kept, *_ADDED_HEADERS]}
        await send(message)

    return send_guarded
