"""The audit ledger: appending events once, reading entries as a stream, and verifying the chain.

What an entry is and how the chain holds together is `core.ledger`; tables, engines and what
differs between database systems is `storage.database`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine, Select, literal_column, select

from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.core.ledger import (
    EMPTY,
    Anchor,
    ChainProblem,
    ChainVerifier,
    Entry,
    Head,
    build_entries,
)
from assessment_pipeline.core.ledger_events import (
    Event,
    EventPayload,
    LedgerCreated,
    RubricPublished,
)
from assessment_pipeline.errors import LedgerError, NothingThereError, StorageError, UsageError
from assessment_pipeline.storage.database import (
    LEDGER_ENTRY,
    create_tables,
    damage,
    database_errors,
    holds_ledger,
    insert_rows,
    key_table,
    open_engine,
    open_readonly_copy,
    writing,
)

Payload = TypeVar("Payload", bound=EventPayload)

_BATCH = 2_000
_COLUMNS = LEDGER_ENTRY.columns
# Without their types, so that a value of another type is named as what it is, not raised.
_ENTRY: Select[*tuple[Any, ...]] = select(
    *(literal_column(f"{LEDGER_ENTRY.name}.{column.name}") for column in _COLUMNS)
).select_from(LEDGER_ENTRY)


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: how many events were new, how many known, and where the chain ends."""

    count: int
    known: int
    head: Head


class Ledger:
    """One installation's audit ledger; a context manager."""

    def __init__(self, engine: Engine, where: str) -> None:
        """Use the tables of an engine, which is disposed of at the end; `where` is for errors."""
        self.where = where
        self._engine = engine

    @classmethod
    def open(
        cls, path: Path, *, url: str | None = None, timezone: str, recorded_at: str, actor: str
    ) -> Self:
        """Open a ledger to append to, and create it where there is none.

        The time zone is recorded in its first entry; UsageError if another one is there.
        """
        ledger = cls(open_engine(url, path), str(path) if url is None else "in the database")
        try:
            with database_errors(ledger.where):
                create_tables(ledger._engine)
            ledger._fix_timezone(timezone, recorded_at, actor)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    @contextmanager
    def read(cls, path: Path) -> Iterator[Self]:
        """Open a private copy of a ledger, so that nothing is written where it lies.

        NothingThereError if there is none.
        """
        with open_readonly_copy(path) as engine, cls(engine, str(path)) as ledger:
            with ledger._reading() as connection:
                is_there = holds_ledger(connection)
            if not is_there:
                raise NothingThereError(f"{path} holds no audit ledger: name the right home")
            yield ledger

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """Return the ledger itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self.close()

    def append(
        self, events: Iterable[Event], *, recorded_at: str, run_id: str | None, actor: str
    ) -> Appended:
        """Record those events that are not yet recorded, in their order, in one transaction.

        LedgerError, and nothing is recorded, if a known key comes with another content.
        """
        wanted: dict[str, Event] = {}
        known = 0
        for event in events:
            first = wanted.setdefault(event.dedup_key, event)
            if first is not event:
                if first != event:
                    raise LedgerError(
                        f"two events with the key {event.dedup_key} differ: one is wrong"
                    )
                known += 1
        with database_errors(self.where), writing(self._engine) as connection:
            for entry in _entries_of(connection, wanted):
                _refuse_other_content(entry, wanted.pop(entry.dedup_key))
                known += 1
            head = _read_head(connection)
            entries = build_entries(
                head, wanted.values(), recorded_at=recorded_at, run_id=run_id, actor=actor
            )
            if entries:
                insert_rows(connection, LEDGER_ENTRY, entries)
                head = Head(entries[-1].seq, entries[-1].entry_hash)
        return Appended(len(entries), known, head)

    def head(self) -> Head:
        """Return where the chain ends."""
        with self._reading() as connection:
            return _read_head(connection)

    def timezone(self) -> str | None:
        """Return the time zone of delivery days, or None if the ledger is still empty."""
        return next((created.timezone for created in self.payloads(LedgerCreated)), None)

    def entries(self, *, after_seq: int = 0, batch: int = _BATCH) -> Iterator[Entry]:
        """Yield the entries after a position, in order, reading a batch at a time."""
        statement = _ENTRY.order_by(_COLUMNS.seq).limit(batch)
        while True:
            rows = self._fetch(statement.where(_COLUMNS.seq > after_seq))
            yield from rows
            if len(rows) < batch:
                return
            after_seq = rows[-1].seq

    def find(self, *, event_type: str | None = None, subject: str | None = None) -> list[Entry]:
        """Return the entries of an event type, about a subject, or both, in order."""
        statement = _ENTRY.order_by(_COLUMNS.seq)
        if event_type is not None:
            # Each key starts with its event type and a colon; a semicolon comes next after it.
            statement = statement.where(
                _COLUMNS.dedup_key >= f"{event_type}:",
                _COLUMNS.dedup_key < f"{event_type};",
                _COLUMNS.event_type == event_type,
            )
        if subject is not None:
            statement = statement.where(_COLUMNS.subject == subject)
        return self._fetch(statement)

    def find_about(self, event_type: str, subjects: Iterable[str]) -> Iterator[Entry]:
        """Yield the entries of an event type about any of many subjects, in no order."""
        wanted = key_table(subjects)
        statement = _ENTRY.join(wanted, _COLUMNS.subject == wanted.c.value)
        with self._reading() as connection:
            for row in connection.execute(statement.where(_COLUMNS.event_type == event_type)):
                yield Entry._make(row)

    def payloads(self, model: type[Payload]) -> Iterator[Payload]:
        """Yield every recorded payload of one kind, in order."""
        for entry in self.find(event_type=model.event_type):
            payload = entry.read_body().read_payload()
            if isinstance(payload, model):
                yield payload

    def published_rubrics(self) -> Iterator[RubricPublished]:
        """Yield the rubric versions that are frozen."""
        return self.payloads(RubricPublished)

    def missing(self, dedup_keys: Iterable[str]) -> set[str]:
        """Return those keys under which nothing is recorded."""
        keys = set(dedup_keys)
        wanted = key_table(keys)
        statement = select(_COLUMNS.dedup_key).join(wanted, _COLUMNS.dedup_key == wanted.c.value)
        with self._reading() as connection:
            return keys.difference(connection.execute(statement).scalars())

    def contradictions(self, events: Iterable[Event]) -> Iterator[tuple[Event, str]]:
        """Yield each event that is not recorded just so, and what is wrong, in few words."""
        wanted = {event.dedup_key: event for event in events}
        with self._reading() as connection:
            for entry in _entries_of(connection, wanted):
                event = wanted.pop(entry.dedup_key)
                if not _is_same(entry, event):
                    yield event, f"is recorded as entry {entry.seq} with another content"
        for event in wanted.values():
            yield event, "is not recorded"

    def verify(self, anchor: Anchor | None = None) -> list[ChainProblem]:
        """Return every problem of the chain; only with an anchor does a cut or rewrite show."""
        verifier = ChainVerifier()
        problems: list[ChainProblem] = []
        last = 0
        try:
            with self._reading() as connection:
                problems.extend(ChainProblem(0, line) for line in damage(connection))
            for entry in self.entries():
                last = entry.seq
                problems.extend(verifier.check(entry))
                if anchor is not None and last == anchor.size:
                    problems.extend(_compare_anchor(entry, anchor))
        except StorageError as error:
            problems.append(ChainProblem(last, f"nothing after it can be read: {error}"))
        if last == 0:
            problems.append(ChainProblem(0, "it is empty: even LEDGER_CREATED is gone"))
        if anchor is not None and anchor.size > last:
            message = f"it is the last, but the anchor knows {anchor.size} entries: it was cut"
            problems.append(ChainProblem(last, message))
        return problems

    def _fix_timezone(self, timezone: str, recorded_at: str, actor: str) -> None:
        created = LedgerCreated(timezone=timezone).event()
        if self.timezone() is None:
            # Another process may be first, with another time zone: then that one holds.
            with suppress(LedgerError):
                self.append([created], recorded_at=recorded_at, run_id=None, actor=actor)
        if (recorded := self.timezone()) != timezone:
            raise UsageError(
                f"the ledger {self.where} is fixed to the time zone {recorded}, not {timezone}: "
                f"set ASSESSMENT_PIPELINE_TIMEZONE={recorded}, or begin a new home"
            )

    def _fetch(self, statement: Select[*tuple[Any, ...]]) -> list[Entry]:
        with self._reading() as connection:
            return [Entry._make(row) for row in connection.execute(statement)]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with database_errors(self.where), self._engine.connect() as connection:
            yield connection


def _read_head(connection: Connection) -> Head:
    row = connection.execute(_ENTRY.order_by(_COLUMNS.seq.desc()).limit(1)).one_or_none()
    if row is None:
        return EMPTY
    last = Entry._make(row)
    if not isinstance(last.entry_hash, bytes):
        raise LedgerError(f"the hash of entry {last.seq}, the last, was changed: run `verify`")
    return Head(last.seq, last.entry_hash)


def _entries_of(connection: Connection, dedup_keys: Iterable[str]) -> Iterator[Entry]:
    wanted = key_table(dedup_keys)
    statement = _ENTRY.join(wanted, _COLUMNS.dedup_key == wanted.c.value)
    for row in connection.execute(statement):
        yield Entry._make(row)


def _is_same(entry: Entry, event: Event) -> bool:
    try:
        body = entry.read_body()
    except LedgerError:
        return False
    return bytes(body.payload) == event.payload.canonical() and body.subject == event.subject


def _refuse_other_content(entry: Entry, event: Event) -> None:
    if not _is_same(entry, event):
        raise LedgerError(
            f"{entry.dedup_key} is recorded as entry {entry.seq} with another content: "
            "one input has given two results, or the ledger was changed; run `verify`"
        )


def _compare_anchor(entry: Entry, anchor: Anchor) -> Iterator[ChainProblem]:
    if entry.entry_hash != bytes.fromhex(anchor.head.removeprefix(HASH_PREFIX)):
        yield ChainProblem(entry.seq, "its hash is not the anchor's: the ledger was rewritten")
