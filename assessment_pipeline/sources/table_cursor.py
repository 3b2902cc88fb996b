"""The cursor of a table of finished sessions: how far it was read, kept and found again.

It is remembered in a small file, with the end of the batch under way; should that be lost, the
names of the delivery files say where the last batch began and ended.
"""

import re
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.sources.port import Inbox

_MEMORY: Final = "postgres/cursor.json"
_NAME: Final = re.compile(r"postgres-([0-9a-f]{8})-(\d{20})\.(\d{20})-(\d{20})\.(\d{20})\.jsonl")


class Position(NamedTuple):
    """A row's place in the order of reading."""

    transaction_id: int
    row_id: int

    def __str__(self) -> str:
        """As it stands in names of files: in code-point order as in the order of reading."""
        return f"{self.transaction_id:020d}.{self.row_id:020d}"


_START: Final = Position(0, 0)


class Cursor(msgspec.Struct, frozen=True):
    """How far a table was read, and to where the batch under way goes."""

    lineage: str
    """Of the database: it changes when transaction ids can no longer be compared."""
    after: Position = _START
    upto: Position | None = None


def file_name(lineage: str, after: Position, upto: Position) -> str:
    """Return the name of a batch's files: the same for the same rows of the same database."""
    return f"postgres-{_mark(lineage)}-{after}-{upto}.jsonl"


def _mark(lineage: str) -> str:
    return sha256(lineage.encode()).hexdigest()[:8]


def remember(inbox: Inbox, cursor: Cursor) -> None:
    """Keep a cursor, durably."""
    fields: Json = msgspec.to_builtins(cursor)
    inbox.remember(_MEMORY, canonical_json(fields) + b"\n")


def recall(inbox: Inbox, lineage: str) -> Cursor:
    """Return how far the table was read: as remembered, else as the names of the files tell."""
    content = inbox.recall(_MEMORY)
    try:
        if content is not None:
            return msgspec.json.decode(content, type=Cursor)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    last = max(
        (
            match.groups()[1:]
            for day in inbox.days()
            for name in inbox.names(day)
            if (match := _NAME.fullmatch(name)) and match[1] == _mark(lineage)
        ),
        default=None,
    )
    if last is None:
        return Cursor(lineage)
    numbers = [int(digits) for digits in last]
    # The last batch is read once more: perhaps not all of its files were written.
    return Cursor(lineage, Position(*numbers[:2]), Position(*numbers[2:]))
