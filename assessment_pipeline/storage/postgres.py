"""A ledger in Postgres: the same table in a schema of its own, one writer by an advisory lock.

The URL may carry a password: it goes to the driver, and neither into an error nor anywhere else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self, cast

import psycopg
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    TableValuedAlias,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from assessment_pipeline.errors import OutOfReachError, StorageError
from assessment_pipeline.storage.database import LEDGER_ENTRY, Database, Present
from assessment_pipeline.storage.database_url import REMEDY, cause_of, ledger_url, place_of

SCHEMA: Final = "assessment_pipeline"

# Any number will do that nobody else uses in this database: "ap-ledger" was shortened into it.
_LOCK: Final = 0x61702D6C65646772
_COLUMN_TYPES: Final = ("int8", "bytea", "bytea", "text", "text", "text", "bytea")

# Fired for a statement, so that TRUNCATE is stopped too; ALWAYS, so that a session that says it
# replicates does not pass by.
_TRIGGERS: Final = (
    f"""
    CREATE OR REPLACE FUNCTION {SCHEMA}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit ledger is append-only: no entry can be changed or deleted';
    END $$
    """,
    f"""
    CREATE TRIGGER ledger_entry_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON {SCHEMA}.ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.refuse_change()
    """,
    f"ALTER TABLE {SCHEMA}.ledger_entry ENABLE ALWAYS TRIGGER ledger_entry_append_only",
)
# Names without a schema are those of the search path, which is our schema alone.
_PRESENT: Final = """
    SELECT
        to_regclass('ledger_entry') IS NOT NULL,
        EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = to_regclass('ledger_entry')
            AND tgname = 'ledger_entry_append_only'
        ),
        coalesce(has_table_privilege(to_regclass('alembic_version'), 'SELECT'), false)
"""
_REVISION: Final = "SELECT version_num FROM alembic_version"
_HAS_AMCHECK: Final = "SELECT to_regprocedure('bt_index_check(regclass, boolean)') IS NOT NULL"
_INDEXES: Final = (
    "SELECT indexrelid::regclass::text FROM pg_index "
    "WHERE indrelid = 'ledger_entry'::regclass ORDER BY 1"
)

# By the beginning of the SQLSTATE.
_REMEDIES: Final = (
    ("55P03", "another process is writing to it; wait until that ends, then run again"),
    ("53", "nothing of this batch was recorded; give the server what it lacks, then run again"),
    ("25006", "it is read-only; name the primary server, or take the one that can be written to"),
    ("42501", "grant this user what it was denied, then run again"),
    ("XX001", "restore it from a backup, and compare its head with your anchor"),
    ("XX002", "restore it from a backup, and compare its head with your anchor"),
)

# No connection, no entry, no such database, the server ends.
_OUT_OF_REACH: Final = ("08", "28", "3D", "57P")


class PostgresDatabase(Database):
    """A schema of its own in a Postgres database."""

    def __init__(
        self, url: str, *, lock_timeout_seconds: float = 60.0, is_readonly: bool = False
    ) -> None:
        """Use the database that a URL names; UsageError if that is no URL of Postgres."""
        parsed = ledger_url(url)
        super().__init__(
            _engine(parsed, lock_timeout_seconds, is_readonly=is_readonly), place_of(parsed)
        )

    @classmethod
    @contextmanager
    def open_snapshot(cls, url: str) -> Iterator[Self]:
        """Open a database as it is at this moment, to read from whatever others append."""
        with cls(url, is_readonly=True) as database, database.errors():
            snapshot = database.engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with snapshot:
                database._snapshot = snapshot
                yield database

    _snapshot: Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection to read from, or give the one of the snapshot."""
        with self.errors():
            if self._snapshot is not None:
                yield self._snapshot
                return
            with self.engine.connect() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open the transaction of the one writer."""
        with self.errors(), self.engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection

    def present(self, connection: Connection) -> Present:
        """Return what of the tables is there."""
        ledger, triggers, may_read = connection.exec_driver_sql(_PRESENT).one()
        revision = connection.exec_driver_sql(_REVISION).scalar_one_or_none() if may_read else None
        return Present(ledger, triggers, revision)

    def create_schema(self, connection: Connection) -> None:
        """Create the schema, where it is missing."""
        schema = connection.execute(text("SELECT to_regnamespace(:name)"), {"name": SCHEMA})
        # Not by IF NOT EXISTS, which needs the right to create one even where it is there.
        if schema.scalar_one() is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")

    def protect(self, connection: Connection) -> None:
        """Create the trigger, where it is missing."""
        if not self.present(connection).triggers:
            for statement in _TRIGGERS:
                connection.exec_driver_sql(statement)

    def key_table(self, keys: Iterable[str]) -> TableValuedAlias:
        """Return a table of keys to join with."""
        wanted = bindparam("wanted", list(keys), type_=ARRAY(Text), unique=True)
        return func.unnest(wanted).table_valued("value", name="wanted").render_derived()

    def text_table(self, texts: Mapping[str, str]) -> TableValuedAlias:
        """Return a table of texts to join with by their keys."""
        keys = bindparam("keys", list(texts), type_=ARRAY(Text), unique=True)
        values = bindparam("values", list(texts.values()), type_=ARRAY(Text), unique=True)
        return (
            func.unnest(keys, values).table_valued("key", "value", name="wanted").render_derived()
        )

    def lacks(
        self, content: ColumnElement[bytes], value: ColumnElement[str]
    ) -> ColumnElement[bool]:
        """Return whether a text does not stand in a column of bytes."""
        place: ColumnElement[int] = func.position(
            func.convert_to(value, "UTF8").bool_op("IN")(content)
        )
        return place == 0

    def insert(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert entries, by COPY."""
        names = ", ".join(column.name for column in LEDGER_ENTRY.columns)
        copying = f"COPY {SCHEMA}.{LEDGER_ENTRY.name} ({names}) FROM STDIN (FORMAT BINARY)"
        driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        with driver.cursor() as cursor, cursor.copy(copying) as copy:
            copy.set_types(_COLUMN_TYPES)
            for row in rows:
                copy.write_row(row)

    def damage(self, connection: Connection) -> list[str]:
        """Return what Postgres finds wrong with its indexes, if its extension amcheck is there."""
        found = []
        if connection.exec_driver_sql(_HAS_AMCHECK).scalar_one():
            for index in connection.exec_driver_sql(_INDEXES).scalars().all():
                try:
                    with connection.begin_nested():
                        check = text("SELECT bt_index_check(CAST(:index AS regclass), true)")
                        connection.execute(check, {"index": index})
                except DBAPIError as error:
                    # Who may not run it is not told what it would find.
                    if _state(error) != "42501":
                        found.append(self._cause(error))
        return found

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what Postgres raises into a StorageError."""
        try:
            yield
        except (SQLAlchemyError, psycopg.Error) as error:
            state = _state(error)
            remedy = next(
                (remedy for begin, remedy in _REMEDIES if state.startswith(begin)),
                REMEDY,
            )
            # Who could not connect is told no state by the driver.
            is_out_of_reach = remedy is REMEDY and (not state or state.startswith(_OUT_OF_REACH))
            kind = OutOfReachError if is_out_of_reach else StorageError
            message = f"the ledger {self.where} failed ({self._cause(error)}): {remedy}"
            raise kind(message) from None

    def _cause(self, error: Exception) -> str:
        """Return in one line, without a secret, what is wrong."""
        origin = error.orig if isinstance(error, DBAPIError) else error
        return cause_of(origin if isinstance(origin, Exception) else error, self.engine.url)


def _engine(url: URL, lock_timeout_seconds: float, *, is_readonly: bool) -> Engine:
    # READ COMMITTED, whatever the server's default: who has waited for the lock must see what
    # the one before has written.
    engine = create_engine(url, isolation_level="READ COMMITTED", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: "psycopg.Connection[Any]", _record: ConnectionPoolEntry) -> None:
        with connection.cursor() as cursor:
            for name, value in (
                ("search_path", SCHEMA),
                ("client_encoding", "UTF8"),
                ("lock_timeout", f"{round(lock_timeout_seconds * 1000)}ms"),
                ("default_transaction_read_only", "on" if is_readonly else "off"),
            ):
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
            # What is committed is on disk, whatever the server's default.
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
        connection.commit()

    return engine


def _state(error: Exception) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or ""
