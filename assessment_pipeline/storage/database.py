"""The ledger's table, and what a database system has to do for it.

`storage.sqlite` and `storage.postgres` are the two systems; whatever differs between them is
there and nowhere else. What entries mean is `core.ledger`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TableValuedAlias,
    Text,
)

from assessment_pipeline.storage import migrations

METADATA = MetaData()

# A range over the unique dedup_key finds one event type, since each key starts with it: that
# saves an index, and needs the order of code points, which Postgres has under "C" alone.
LEDGER_ENTRY = Table(
    "ledger_entry",
    METADATA,
    Column(
        "seq",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("prev_hash", LargeBinary(32), nullable=False, unique=True),
    Column("entry_hash", LargeBinary(32), nullable=False, unique=True),
    Column(
        "dedup_key",
        Text().with_variant(Text(collation="C"), "postgresql"),
        nullable=False,
        unique=True,
    ),
    Column("event_type", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)


class Present(NamedTuple):
    """What of the tables is there."""

    ledger: bool
    triggers: bool
    """All of those that keep the ledger append-only."""
    revision: str | None
    """That of the tables; None if none is recorded, or may not be read."""


class Database(ABC):
    """A database that holds a ledger, or can; a context manager."""

    def __init__(self, engine: Engine, where: str) -> None:
        """Use an engine, which is disposed of at the end; `where` names the place in errors."""
        self.engine = engine
        self.where = where

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        """Return the database itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self.close()

    def holds_ledger(self) -> bool:
        """Whether the ledger's table is there; NewerReleaseError if it is not one to be read."""
        with self.reading() as connection:
            present = self.present(connection)
        migrations.refuse_newer(present.revision, self.where)
        return present.ledger

    def migrate(self) -> None:
        """Bring the tables to this release's revision, and the triggers that protect them.

        It is done under the lock of the one writer, in one transaction. NewerReleaseError if the
        tables are further than this release.
        """
        with self.reading() as connection:
            if self._is_current(connection):
                return
        with self.writing() as connection:
            # Another process may have been first.
            if self._is_current(connection):
                return
            self.create_schema(connection)
            revision = self.present(connection).revision
            if revision != migrations.CURRENT:
                migrations.upgrade(connection, revision, LEDGER_ENTRY, self.where)
            self.protect(connection)

    def _is_current(self, connection: Connection) -> bool:
        present = self.present(connection)
        migrations.refuse_newer(present.revision, self.where)
        return present == Present(ledger=True, triggers=True, revision=migrations.CURRENT)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection to read from."""
        with self.errors(), self.engine.connect() as connection:
            yield connection

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """Open the transaction of the one writer: it waits for any other, then reads the latest."""

    @abstractmethod
    def present(self, connection: Connection) -> Present:
        """Return what of the tables is there, by a query that costs next to nothing."""

    @abstractmethod
    def create_schema(self, connection: Connection) -> None:
        """Create what the tables lie in, where it is missing."""

    @abstractmethod
    def protect(self, connection: Connection) -> None:
        """Create the triggers that keep the ledger append-only, where they are missing."""

    @abstractmethod
    def key_table(self, keys: Iterable[str]) -> TableValuedAlias:
        """Return a table `wanted(value)` to join with; SQL's IN is slow for thousands of keys."""

    @abstractmethod
    def text_table(self, texts: Mapping[str, str]) -> TableValuedAlias:
        """Return a table `wanted(key, value)` of texts to join with by their keys."""

    @abstractmethod
    def lacks(
        self, content: ColumnElement[bytes], value: ColumnElement[str]
    ) -> ColumnElement[bool]:
        """Return whether a text does not stand in a column of bytes."""

    @abstractmethod
    def insert(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert entries, given as a value for each of the table's columns, in their order."""

    @abstractmethod
    def damage(self, connection: Connection) -> list[str]:
        """Return what the database itself finds wrong with its pages and indexes.

        An index that does not fit its table would let a known key in a second time.
        """

    @abstractmethod
    def errors(self) -> AbstractContextManager[None]:
        """Turn what a database raises into a StorageError that names the place and the remedy."""
