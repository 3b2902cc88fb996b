"""The audit ledger: appending events once, and reading entries as a stream.

What an entry is and how the chain holds together is `core.ledger`, verifying it
`storage.ledger_verification`; tables and what differs between database systems are
`storage.database`, `storage.sqlite` and `storage.postgres`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    func,
    literal_column,
    select,
)

from assessment_pipeline.core.ledger import (
    EMPTY,
    Anchor,
    ChainProblem,
    Entry,
    Head,
    build_entries,
    repeated,
)
from assessment_pipeline.core.ledger_events import (
    Event,
    EventPayload,
    LedgerCreated,
    RubricPublished,
)
from assessment_pipeline.core.merkle import GrowingTree
from assessment_pipeline.errors import LedgerError, NothingThereError, UsageError
from assessment_pipeline.storage.database import LEDGER_ENTRY, Database
from assessment_pipeline.storage.ledger_verification import verify_all, verify_since, verify_tail
from assessment_pipeline.storage.sqlite import SqliteDatabase

Payload = TypeVar("Payload", bound=EventPayload)

_BATCH: Final = 2_000
_APPENDED_AT_ONCE: Final = 5_000
_COLUMNS: Final = LEDGER_ENTRY.columns
# Without their types, so that a value of another type is named as what it is, not raised.
_ENTRY: Final[Select[*tuple[Any, ...]]] = select(
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

    def __init__(self, database: Database) -> None:
        """Use a database, which is closed at the end."""
        self.where = database.where
        self._database = database

    @classmethod
    def open(
        cls, path: Path, *, url: str | None = None, timezone: str, recorded_at: str, actor: str
    ) -> Self:
        """Open a ledger to append to, and create it where there is none.

        It is in the database of the URL, or without one in the SQLite file at the path. One of an
        older release is brought to this one's tables; NewerReleaseError if it is of a newer one.
        The time zone is recorded in its first entry; UsageError if another one is there.
        """
        ledger = cls(SqliteDatabase.open(path) if url is None else _postgres(url))
        try:
            ledger._database.migrate()
            ledger._fix_timezone(timezone, recorded_at, actor)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    @contextmanager
    def read(cls, path: Path, *, url: str | None = None) -> Iterator[Self]:
        """Open a ledger as it is at this moment, so that nothing is written where it lies.

        NothingThereError if there is none, NewerReleaseError if a newer release has changed it.
        """
        opened = SqliteDatabase.open_copy(path) if url is None else _snapshot(url)
        with opened as database:
            if not database.holds_ledger():
                raise NothingThereError(
                    f"{database.where} holds no audit ledger: score a day first, or name the "
                    "right home and database"
                )
            yield cls(database)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

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
        count = known = 0
        # Some thousand at a time, so that memory does not grow with them; the first of them are
        # made before others have to wait.
        batches = _distinct(iter(events))
        first = next(batches)
        with self._database.writing() as connection:
            head = _read_head(connection)
            for wanted, repeats in chain([first], batches):
                known += repeats
                for entry in self._entries_of(connection, wanted):
                    _refuse_other_content(entry, wanted.pop(entry.dedup_key, None))
                    known += 1
                entries = build_entries(
                    head, wanted.values(), recorded_at=recorded_at, run_id=run_id, actor=actor
                )
                if entries:
                    self._database.insert(connection, entries)
                    head = Head(entries[-1].seq, entries[-1].entry_hash)
                    count += len(entries)
        return Appended(count, known, head)

    def head(self) -> Head:
        """Return where the chain ends."""
        with self._database.reading() as connection:
            return _read_head(connection)

    def revision(self) -> str | None:
        """Return the revision of the tables; None if it was made before any was recorded."""
        with self._database.reading() as connection:
            return self._database.present(connection).revision

    def anchor(self, size: int | None = None) -> Anchor:
        """Return what to keep outside of the ledger: size, head and root of all or its first.

        Reads every entry hash: 0.2 to 0.3 s CPU for 100,000.
        """
        tree, last = GrowingTree(), EMPTY.entry_hash
        for last in self.entry_hashes(up_to=size):
            tree.add(last)
        return Head(tree.size, last).anchor(tree.root())

    def timezone(self) -> str | None:
        """Return the time zone of delivery days, or None if the ledger is still empty."""
        for entry in self.find(event_type=LedgerCreated.event_type):
            payload = entry.read_body().read_payload()
            if isinstance(payload, LedgerCreated):
                return payload.timezone
        return None

    def entries(self, *, after_seq: int = 0, batch: int = _BATCH) -> Iterator[Entry]:
        """Yield the entries after a position, in order, reading a batch at a time."""
        statement = _ENTRY.order_by(_COLUMNS.seq).limit(batch)
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(statement.where(_COLUMNS.seq > after_seq)).all()
                entries = list(map(Entry._make, rows))
            yield from entries
            if len(entries) < batch:
                return
            after_seq = entries[-1].seq

    def hash_at(self, seq: int) -> bytes | None:
        """Return the hash of the entry at a position; nothing if there is none."""
        found = next(self.entries(after_seq=seq - 1, batch=1), None)
        return found.entry_hash if found is not None and found.seq == seq else None

    def entry_hashes(self, *, up_to: int | None = None) -> Iterator[bytes]:
        """Yield the entry hashes up to a position, in order: the leaves of the Merkle tree."""
        entry_hash: ColumnElement[bytes] = literal_column("entry_hash")
        statement = select(entry_hash).select_from(LEDGER_ENTRY)
        if up_to is not None:
            statement = statement.where(_COLUMNS.seq <= up_to)
        yield from (row[0] for row in self._stream(statement.order_by(_COLUMNS.seq)))

    def find(self, *, event_type: str | None = None, subject: str | None = None) -> Iterator[Entry]:
        """Yield the entries of an event type, about a subject, or both, in order."""
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
        yield from map(Entry._make, self._stream(statement))

    def find_about(self, event_type: str, subjects: Iterable[str]) -> Iterator[Entry]:
        """Yield the entries of an event type about any of many subjects, in no order."""
        named = set(subjects)
        wanted = self._database.key_table(named)
        statement = _ENTRY.join(wanted, _COLUMNS.subject == wanted.c.value)
        found = self._stream(statement.where(_COLUMNS.event_type == event_type))
        # A damaged index may lead to an entry about something else.
        yield from (entry for entry in map(Entry._make, found) if entry.subject in named)

    def others_about(self, event_type: str, expected: Mapping[str, str]) -> Iterator[Entry]:
        """Yield the entries of an event type about subjects that hold another text than expected.

        Args:
            event_type: of which type.
            expected: by subject, what nearly all entries about it hold.
        """
        wanted = self._database.text_table(expected)
        statement = _ENTRY.join(wanted, _COLUMNS.subject == wanted.c.key).where(
            _COLUMNS.event_type == event_type,
            self._database.lacks(_COLUMNS.body, wanted.c.value),
        )
        # A damaged index may lead to an entry about something else.
        found = map(Entry._make, self._stream(statement))
        yield from (entry for entry in found if entry.subject in expected)

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
        wanted = self._database.key_table(keys)
        is_there = select(_COLUMNS.seq).where(_COLUMNS.dedup_key == wanted.c.value).exists()
        with self._database.reading() as connection:
            return set(connection.execute(select(wanted.c.value).where(~is_there)).scalars())

    def unlike(self, expected: Mapping[str, str]) -> set[str]:
        """Return those keys under which nothing is recorded that holds what is expected."""
        wanted = self._database.text_table(expected)
        lacks = self._database.lacks(_COLUMNS.body, wanted.c.value)
        is_there = select(_COLUMNS.seq).where(_COLUMNS.dedup_key == wanted.c.key, ~lacks).exists()
        with self._database.reading() as connection:
            return set(connection.execute(select(wanted.c.key).where(~is_there)).scalars())

    def contradictions(self, events: Iterable[Event]) -> Iterator[tuple[Event, str]]:
        """Yield each event that is not recorded just so, and what is wrong, in few words."""
        wanted = {event.dedup_key: event for event in events}
        with self._database.reading() as connection:
            for entry in self._entries_of(connection, wanted):
                # One found under a key that it does not have is none of these: its own is damaged.
                event = wanted.pop(entry.dedup_key, None)
                if event is not None and not _is_same(entry, event):
                    yield event, f"is recorded as entry {entry.seq} with another content"
        for event in wanted.values():
            yield event, "is not recorded"

    def positions(self, events: Iterable[Event]) -> Iterator[int]:
        """Yield the seq of each event's entry, in no order.

        LedgerError if an event is not recorded, or recorded with another content.
        """
        wanted = {event.dedup_key: event for event in events}
        with self._database.reading() as connection:
            for entry in self._entries_of(connection, wanted):
                _refuse_other_content(entry, wanted.pop(entry.dedup_key, None))
                yield entry.seq
        for dedup_key in wanted:
            raise LedgerError(f"{dedup_key} is not recorded in the ledger {self.where}")

    def verify(self, anchor: Anchor | None = None) -> list[ChainProblem]:
        """Return every problem of the chain; only with an anchor does a cut or rewrite show."""
        return verify_all(self, anchor)

    def verify_since(self, anchor: Anchor) -> list[ChainProblem]:
        """Return every problem of the entries after an anchor that is trusted."""
        return verify_since(self, anchor)

    def verify_tail(self, known: Head, anchor: Anchor | None = None) -> list[ChainProblem]:
        """Return every problem of the entries after a head of this ledger that is trusted."""
        return verify_tail(self, known, anchor)

    def damage(self) -> list[str]:
        """Return what the database finds wrong with its pages and indexes."""
        with self._database.reading() as connection:
            return self._database.damage(connection)

    def repeated_keys(self) -> Iterator[ChainProblem]:
        """Yield every entry whose dedup_key an earlier one has, as nothing but tampering does."""
        # An expression, so that it is read from the table: the index on it is what may be wrong.
        key: ColumnElement[str] = literal_column("dedup_key || ''", Text)
        repeats = select(key).select_from(LEDGER_ENTRY).group_by(key).having(func.count() > 1)
        statement: Select[*tuple[Any, ...]] = (
            select(_COLUMNS.seq, key).where(key.in_(repeats)).order_by(_COLUMNS.seq)
        )
        seen: set[str] = set()
        for seq, dedup_key in self._stream(statement):
            if dedup_key in seen:
                yield repeated(seq, dedup_key)
            seen.add(dedup_key)

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

    def _stream(self, statement: Select[*tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        # Closed also where a reader breaks off: the server keeps what was not fetched till then.
        with (
            self._database.reading() as connection,
            connection.execute(statement, execution_options={"yield_per": _BATCH}) as rows,
        ):
            yield from rows

    def _entries_of(self, connection: Connection, dedup_keys: Iterable[str]) -> Iterator[Entry]:
        wanted = self._database.key_table(dedup_keys)
        statement = _ENTRY.join(wanted, _COLUMNS.dedup_key == wanted.c.value)
        yield from map(Entry._make, connection.execute(statement))


def _distinct(events: Iterator[Event]) -> Iterator[tuple[dict[str, Event], int]]:
    """Yield events in batches, by key, each with how often one was repeated; at least one batch.

    LedgerError if a key comes twice in a batch with another content.
    """
    is_first = True
    while (batch := list(islice(events, _APPENDED_AT_ONCE))) or is_first:
        is_first = False
        wanted: dict[str, Event] = {}
        for event in batch:
            if wanted.setdefault(event.dedup_key, event) != event:
                raise LedgerError(f"two events with the key {event.dedup_key} differ: one is wrong")
        yield wanted, len(batch) - len(wanted)


def _postgres(url: str) -> Database:
    # The driver costs time to import, and most ledgers are SQLite files.
    from assessment_pipeline.storage.postgres import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase(url)


def _snapshot(url: str) -> AbstractContextManager[Database]:
    from assessment_pipeline.storage.postgres import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase.open_snapshot(url)


def _read_head(connection: Connection) -> Head:
    row = connection.execute(_ENTRY.order_by(_COLUMNS.seq.desc()).limit(1)).one_or_none()
    if row is None:
        return EMPTY
    last = Entry._make(row)
    if not isinstance(last.entry_hash, bytes):
        raise LedgerError(f"the hash of entry {last.seq}, the last, was changed: run `verify`")
    return Head(last.seq, last.entry_hash)


def _is_same(entry: Entry, event: Event) -> bool:
    try:
        body = entry.read_body()
    except LedgerError:
        return False
    return bytes(body.payload) == event.payload.canonical() and body.subject == event.subject


def _refuse_other_content(entry: Entry, event: Event | None) -> None:
    # None: the index of keys leads to an entry that has another one.
    if event is None or not _is_same(entry, event):
        raise LedgerError(
            f"{entry.dedup_key} is recorded as entry {entry.seq} with another content: "
            "one input has given two results, or the ledger was changed; run `verify`"
        )
