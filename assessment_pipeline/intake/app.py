"""`POST /deliveries`: validate, write durably, answer with the response_snapshot_ids.

All sessions of a request are taken, or none. An answer never repeats anything that came in, and
nothing of a request is logged. Another content under a known session and attempt is no error
here: it may correct, follow or void the first, and which one stands is decided over the whole day,
whatever way its deliveries came in (`core.resubmissions`).
"""

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Final

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from assessment_pipeline.core.reading import ReaderLimits, SessionReader
from assessment_pipeline.core.rejections import Rejection
from assessment_pipeline.errors import AssessmentPipelineError
from assessment_pipeline.services.spool import Spool

JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"
# A request of many sessions; a single one has the reader's limit of a line.
MOST_BYTES: Final = 16 << 20
MOST_REFUSALS: Final = 100

_LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_LOGGER: Final = logging.getLogger(__name__)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Taken(_Answer):
    """What was taken: it is on disk."""

    delivery_date: str
    """The delivery day it belongs to."""
    new: int
    """How many of the sessions had not come before."""
    response_snapshot_ids: tuple[str, ...]
    """Of each session, in the order they came."""


class Refusal(_Answer):
    """Why one session is refused; nothing in it is from the session."""

    line: int
    """From 1."""
    reason: str
    """A reason code of the quarantine."""
    detail: str


class Refused(_Answer):
    """Nothing of the request was taken."""

    refused: tuple[Refusal, ...]


class Problem(_Answer):
    """Why the request cannot be answered otherwise."""

    detail: str


def build_app(spool: Spool, token: str | None, seal_seconds: float) -> FastAPI:
    """Build the service.

    Args:
        spool: where sessions go; it is closed at the end.
        token: what a request must bring; without one only requests to loopback names are heard.
        seal_seconds: how often what was taken becomes a delivery file.
    """

    @asynccontextmanager
    async def sealing(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_seal(spool, seal_seconds))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            # What cannot be delivered now is when the intake or a fetch runs next.
            with suppress(AssessmentPipelineError):
                await run_in_threadpool(spool.close)

    # The pages that show the schema load scripts from elsewhere.
    app = FastAPI(
        title="assessment-pipeline intake", docs_url=None, redoc_url=None, lifespan=sealing
    )

    def authorise(request: Request) -> None:
        _authorise(request, token)

    @app.get("/health")
    def health() -> dict[str, str]:
        """Say that the service is there."""
        return {"status": "ok"}

    @app.post(
        "/deliveries",
        dependencies=[Depends(authorise)],
        response_model=None,
        status_code=201,
        responses=_RESPONSES,
        openapi_extra={
            "requestBody": {"content": {JSON: {}, LINES: {}}, "required": True},
        },
    )
    async def deliveries(request: Request, kind: Annotated[str, Depends(_kind)]) -> Response:
        """Take one delivery session (JSON) or several (NDJSON)."""
        try:
            body = await _body(request, kind)
            return await run_in_threadpool(_take, spool, body, kind)
        except AssessmentPipelineError as error:
            _LOGGER.error("%s", error)  # noqa: TRY400 - the sentence says it all
            return _problem(503, "The sessions could not be written; send them again later.")
        except (HTTPException, ClientDisconnect):
            raise
        except Exception as error:  # noqa: BLE001 - its text may be a candidate's
            _LOGGER.error("A request failed: %s. This is a defect.", type(error).__name__)  # noqa: TRY400
            return _problem(500, "Something unexpected went wrong; nothing was taken.")

    return app


_RESPONSES: Final[dict[int | str, dict[str, object]]] = {
    200: {"model": Taken, "description": "All of it had come before."},
    201: {"model": Taken, "description": "It is on disk."},
    401: {"model": Problem, "description": "The token is missing or wrong."},
    413: {"model": Problem, "description": "Too large."},
    415: {"model": Problem, "description": "Neither JSON nor NDJSON, or compressed."},
    422: {"model": Refused, "description": "Refused, with reason codes; nothing was taken."},
    503: {"model": Problem, "description": "It could not be written; nothing was taken."},
}


async def _seal(spool: Spool, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await run_in_threadpool(spool.deliver)
        except AssessmentPipelineError as error:
            _LOGGER.error("%s", error)  # noqa: TRY400 - the sentence says it all


def _authorise(request: Request, token: str | None) -> None:
    if token is None:
        # A web page of elsewhere can make a browser on this machine ask, under its own name.
        if request.url.hostname not in _LOOPBACK_NAMES:
            raise HTTPException(403, "Ask 127.0.0.1 or localhost: without a token nothing else is.")
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    is_right = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not is_right:
        raise HTTPException(
            401, "Send the header Authorization: Bearer <token>.", {"WWW-Authenticate": "Bearer"}
        )


def _kind(request: Request) -> str:
    # These two a browser sends to a strange site only after asking, and is not allowed to.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {JSON, LINES}:
        raise HTTPException(415, f"Send {JSON} for one session, {LINES} for several.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "Send it uncompressed.")
    return kind


async def _body(request: Request, kind: str) -> bytes:
    """Read the body, up to its limit."""
    most = MOST_BYTES if kind == LINES else ReaderLimits().record_bytes
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise HTTPException(413, f"At most {most} bytes are taken.", {"Connection": "close"})
        pieces.append(piece)
    return b"".join(pieces)


def _take(spool: Spool, body: bytes, kind: str) -> Response:
    lines = body.removesuffix(b"\n").split(b"\n") if kind == LINES else [body]
    reader = SessionReader()
    read = [reader.read(line) for line in lines]
    refused = [
        Refusal(line=number, reason=each.reason.value, detail=each.detail)
        for number, each in enumerate(read, 1)
        if isinstance(each, Rejection)
    ]
    if refused:
        return _answer(422, Refused(refused=tuple(refused[:MOST_REFUSALS])))
    records = [each for each in read if not isinstance(each, Rejection)]
    accepted = spool.accept([record.canonical for record in records])
    taken = Taken(
        delivery_date=accepted.delivery_date,
        new=accepted.new,
        response_snapshot_ids=tuple(record.response_snapshot_id for record in records),
    )
    return _answer(201 if accepted.new else 200, taken)


def _answer(status: int, answer: _Answer, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(answer.model_dump(mode="json"), status, headers)


def _problem(status: int, detail: str) -> Response:
    return _answer(status, Problem(detail=detail))
