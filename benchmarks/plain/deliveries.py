"""Deliveries: sessions and responses as models, and the files of a day read in export order."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from benchmarks.plain.hashing import canonical_json, hash_bytes
from benchmarks.plain.numbers import number_text

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._:@+=~-]{0,254}$")]
State: TypeAlias = Literal[
    "answered", "omitted", "not_reached", "not_presented", "invalid", "absent"
]
Value: TypeAlias = bool | int | float | str | list[str] | None


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time as delivered, and when it is."""

    text: str
    instant: datetime


def _timestamp(text: object) -> Timestamp:
    if not isinstance(text, str):
        raise ValueError("a time is a text")  # noqa: TRY004 - what pydantic takes as a refusal
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time has an offset")
    return Timestamp(text, instant)


Time = Annotated[Timestamp, BeforeValidator(_timestamp)]


class Response(BaseModel):
    """What a candidate gave for one item."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    item_id: Id
    value: Value
    state: Literal["answered", "omitted", "not_reached", "not_presented", "invalid"] | None = None
    duration_ms: int | None = None

    @property
    def effective_state(self) -> State:
        """The delivered state, else that of the value."""
        if self.state is not None:
            return self.state
        return "omitted" if is_blank(self.value) else "answered"


class Session(BaseModel):
    """One delivery session."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    session_id: Id
    candidate_id: Id
    assessment_id: Id
    attempt: Annotated[int, Field(ge=1)] = 1
    status: Literal["submitted", "timed_out"] = "submitted"
    started_at: Time | None = None
    submitted_at: Time
    due_at: Time | None = None
    responses: Annotated[list[Response], Field(max_length=1000)]
    context: Annotated[dict[str, str], Field(max_length=32)] | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session with its canonical line and the hash of that."""

    session: Session
    canonical: bytes
    response_snapshot_id: str


def is_blank(value: Value) -> bool:
    """Tell whether a value is no response: null, white space or an empty list."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == []


def value_texts(value: Value) -> list[str]:
    """Return every value of a response as text; none if there is no response."""
    if is_blank(value):
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return [value]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [number_text(value or 0)]


def read_snapshots(folder: Path) -> Iterator[Snapshot]:
    """Yield the sessions of a day in export order, one at a time."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in sorted(folder.glob("*.jsonl"))]
        places = []
        for number, file in enumerate(files):
            offset = 0
            for line in file:
                delivered = json.loads(line)
                key = delivered["assessment_id"], delivered["session_id"]
                places.append((*key, delivered.get("attempt", 1), number, offset))
                offset += len(line)
        places.sort()
        for *_, number, offset in places:
            files[number].seek(offset)
            yield read_snapshot(json.loads(files[number].readline()))


def read_snapshot(delivered: dict[str, Any]) -> Snapshot:
    """Return a delivered object as a snapshot."""
    session = Session.model_validate(delivered)
    if len({response.item_id for response in session.responses}) != len(session.responses):
        raise ValueError(f"session {session.session_id} has an item twice")
    canonical = canonical_json(delivered)
    return Snapshot(session, canonical, hash_bytes(canonical))
