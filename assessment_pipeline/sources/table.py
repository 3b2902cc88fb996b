"""A Postgres table of finished delivery sessions, read with a cursor that cannot lose a row.

Transactions commit out of order, so neither a number nor a time says which rows are new: a row
may appear behind one that was read. Each row therefore carries the id of the transaction that
wrote it, and only rows of transactions older than every one still running are read: nothing can
appear among those any more. They are ordered by that id, so the last one read is the cursor.

A batch becomes one file a delivery day, named by the ends of the batch. Both ends are remembered
before the first file is written, so that whoever is killed in between reads the same rows again
and writes the same files. Should the memory be lost, the names of the files tell it.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from assessment_pipeline.core.connection_urls import has_unescaped_signs
from assessment_pipeline.errors import StorageError, UsageError
from assessment_pipeline.sources.port import Fetched, Inbox
from assessment_pipeline.sources.table_cursor import Cursor, Position, file_name, recall, remember
from assessment_pipeline.sources.table_sql import (
    BATCH,
    COLUMNS,
    HORIZON,
    NEWEST,
    ROWS,
    TABLE_NAME,
    WAITING,
    shape_problem,
)

MOST_ROWS: Final = 10_000

_ROWS_AT_ONCE: Final = 500
# A connection that broke without a word is given up within a minute.
_OPTIONS: Final = {
    "application_name": "assessment-pipeline",
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_Connection = psycopg.Connection[tuple[Any, ...]]


class _Batch(NamedTuple):
    upto: Position
    days: dict[str, int]
    """Delivery days, and how many rows each has."""


class DeliveryTable:
    """A table of finished delivery sessions in a Postgres database."""

    def __init__(self, url: str, table: str, timezone: str, *, most_rows: int = MOST_ROWS) -> None:
        """Name the table, and the zone of its days; UsageError if the URL is none of Postgres."""
        parsed: dict[str, Any] = {}
        # With a sign that is not escaped, a part of the password would be taken for a host.
        if url.startswith(("postgresql://", "postgres://")) and not has_unescaped_signs(url):
            try:
                parsed = conninfo_to_dict(url)
            except psycopg.ProgrammingError:
                parsed = {}
        if not parsed:
            raise UsageError(
                "ASSESSMENT_PIPELINE_DELIVERY_DATABASE_URL is no URL of a Postgres database, such "
                "as postgresql://user:password@host/database with @ / ? # of the password written "
                "%40 %2F %3F %23: mend it, or unset it"
            )
        if not TABLE_NAME.fullmatch(table):
            raise UsageError(
                f"{table!r} is no name of a table, such as delivery_session or exams.sessions: "
                "mend ASSESSMENT_PIPELINE_DELIVERY_TABLE"
            )
        self._url = url
        self._password = parsed.get("password")
        self._table = sql.Identifier(*table.split("."))
        self._zone = ZoneInfo(timezone)
        self._most_rows = most_rows
        where = f"{parsed.get('host') or 'this machine'}/{parsed.get('dbname') or ''}"
        self._name = f"table {table} of {where}"

    @property
    def name(self) -> str:
        """The table and its database."""
        return self._name

    def fetch(self, inbox: Inbox, is_enough: Callable[[], bool]) -> Fetched:
        """Bring the rows that are final and new, as one file a batch and delivery day."""
        fetched = Fetched(self._name)
        with self._errors(), self._connected() as connection:
            cursor: Cursor | None = None
            while True:
                # One snapshot a batch: a long fetch does not keep the database from tidying up.
                with connection.transaction():
                    cursor = self._checked(connection, inbox, cursor)
                    batch = self._next(connection, cursor)
                    if batch is None or (cursor.upto is None and is_enough()):
                        fetched.left = self._count(connection, WAITING, cursor.after)
                        return fetched
                    if cursor.upto is None:
                        cursor = msgspec.structs.replace(cursor, upto=batch.upto)
                        remember(inbox, cursor)
                    self._bring(connection, inbox, cursor, batch, fetched)
                cursor = Cursor(cursor.lineage, batch.upto)
                remember(inbox, cursor)

    @contextmanager
    def _connected(self) -> Iterator[_Connection]:
        options = dict(_OPTIONS)
        given = conninfo_to_dict(self._url)
        options = {name: value for name, value in options.items() if name not in given}
        with psycopg.connect(self._url, autocommit=True, **options) as connection:  # type: ignore[arg-type]
            connection.execute("SET TIME ZONE 'UTC'")
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield connection

    def _checked(self, connection: _Connection, inbox: Inbox, known: Cursor | None) -> Cursor:
        """Return the cursor, once it is certain that it means something in this database."""
        table = self._table.as_string(connection)
        columns = connection.execute(COLUMNS, (table,)).fetchall()
        problem = shape_problem(columns)
        if problem:
            raise StorageError(f"the {self._name} {problem}")
        lineage, horizon = self._one(connection, HORIZON)
        cursor = known or recall(inbox, lineage)
        if cursor.lineage != lineage or cursor.after.transaction_id >= horizon:
            raise StorageError(
                f"the {self._name} is not the one that was read before, or its database was "
                "restored or has failed over, so that rows could be missed: see that none is "
                "missing there, then read all of it again with `fetch --from-start`"
            )
        (newest,) = self._one(connection, sql.SQL(NEWEST).format(table=self._table))
        if newest is not None and newest >= horizon:
            raise StorageError(
                f"the {self._name} holds rows of another database's transactions, as a restored "
                "dump does: set transaction_id to DEFAULT in all of them, then `fetch --from-start`"
            )
        return cursor

    def _next(self, connection: _Connection, cursor: Cursor) -> _Batch | None:
        """Return the batch under way, or else the next one."""
        upto = cursor.upto
        query = sql.SQL(BATCH).format(table=self._table)
        rows = connection.execute(
            query,
            {
                "after_transaction": str(cursor.after.transaction_id),
                "after_id": cursor.after.row_id,
                "upto_transaction": None if upto is None else str(upto.transaction_id),
                "upto_id": None if upto is None else upto.row_id,
                # A batch that was begun is read to its end, however many rows that are.
                "most": self._most_rows if upto is None else None,
            },
        ).fetchall()
        days: dict[str, int] = {}
        for _, _, finished_at in rows:
            day = finished_at.astimezone(self._zone).date().isoformat()
            days[day] = days.get(day, 0) + 1
        if upto is None and not rows:
            return None
        return _Batch(upto or Position(int(rows[-1][0]), rows[-1][1]), days)

    def _bring(
        self,
        connection: _Connection,
        inbox: Inbox,
        cursor: Cursor,
        batch: _Batch,
        fetched: Fetched,
    ) -> None:
        for day, count in sorted(batch.days.items()):
            name = file_name(cursor.lineage, cursor.after, batch.upto)
            lines = self._lines(connection, cursor.after, batch.upto, day, count)
            try:
                with closing(lines):
                    fetched.add(day, name, inbox.put(day, name, lines))
            except UsageError:
                raise StorageError(
                    f"the {self._name} does not hold the rows any more that were being written to "
                    f"deliveries/{day}/{name} when the last fetch ended: bring them back, or move "
                    "that file away before it is captured; then fetch again"
                ) from None

    def _lines(
        self, connection: _Connection, after: Position, upto: Position, day: str, count: int
    ) -> Generator[bytes, None, None]:
        """Yield a day's deliveries of a batch, a line each, in their order."""
        begin = datetime.fromisoformat(day).replace(tzinfo=self._zone)
        end = (datetime.fromisoformat(day) + timedelta(days=1)).replace(tzinfo=self._zone)
        ends = {
            "after_transaction": str(after.transaction_id),
            "after_id": after.row_id,
            "upto_transaction": str(upto.transaction_id),
            "upto_id": upto.row_id,
            "begin": begin,
            "end": end,
        }
        found = 0
        with connection.cursor(name="deliveries") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(sql.SQL(ROWS).format(table=self._table), ends)
            for (delivery,) in cursor:
                found += 1
                # LF ends a line. Within JSON it is white space, or else wrong: and so is CR.
                yield bytes(delivery).replace(b"\n", b"\r") + b"\n"
        if found != count:
            raise StorageError(
                f"the {self._name} gave {found} rows of {day} instead of {count}: see that the "
                "time zone data of this machine are whole, then fetch again"
            )

    def _count(self, connection: _Connection, query: str, after: Position) -> int:
        ends = {"after_transaction": str(after.transaction_id), "after_id": after.row_id}
        (count,) = self._one(connection, sql.SQL(query).format(table=self._table), ends)
        return int(count)

    def _one(
        self,
        connection: _Connection,
        query: sql.Composed | str,
        ends: Any = None,  # noqa: ANN401
    ) -> tuple[Any, ...]:
        row = connection.execute(query, ends).fetchone()
        assert row is not None  # noqa: S101 - each of these queries gives a row
        return row

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            # What comes after the first line are values and addresses.
            lines = str(error).strip().splitlines()
            cause = lines[0] if lines else type(error).__name__
            if self._password:
                cause = cause.replace(str(self._password), "***")
            raise StorageError(
                f"the {self._name} cannot be read ({cause}): check that the server runs, the right "
                "to SELECT, and ASSESSMENT_PIPELINE_DELIVERY_DATABASE_URL; then fetch again"
            ) from None
