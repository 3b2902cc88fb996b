"""The table of finished sessions: every committed row comes once, in whatever order they commit."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from assessment_pipeline.errors import StorageError, UsageError
from assessment_pipeline.sources.port import Fetched
from assessment_pipeline.sources.table import DeliveryTable
from assessment_pipeline.sources.table_sql import create_table_sql
from assessment_pipeline_tests.postgres import PASSWORD
from assessment_pipeline_tests.sources.inboxes import KilledError, MemoryInbox

NOON = "2026-11-20T12:00:00Z"
INSERT = "INSERT INTO delivery_session (finished_at, delivery) VALUES (%s, %s)"
CURSOR = "postgres/cursor.json"

Connection = psycopg.Connection[tuple[Any, ...]]


def never() -> bool:
    return False


class Exams:
    """A delivery system's database, and a home to bring its sessions to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.inbox = MemoryInbox()

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """Open a connection whose transaction is committed by hand."""
        with psycopg.connect(self.url) as connection:
            yield connection

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def insert(self, *deliveries: str, at: str = NOON) -> None:
        """Finish sessions, each in a transaction of its own."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for delivery in deliveries:
                connection.execute(INSERT, (at, delivery))

    def table(self, timezone: str = "UTC", most_rows: int = 10_000) -> DeliveryTable:
        return DeliveryTable(self.url, "delivery_session", timezone, most_rows=most_rows)

    def fetch(
        self,
        most_rows: int = 10_000,
        timezone: str = "UTC",
        is_enough: Callable[[], bool] = never,
    ) -> Fetched:
        return self.table(timezone, most_rows).fetch(self.inbox, is_enough)

    def fetched(self, most_rows: int = 10_000) -> list[bytes]:
        """Fetch, and return all that has come so far."""
        self.fetch(most_rows)
        return self.inbox.lines()


@pytest.fixture
def exams(delivery_database: str) -> Exams:
    exams = Exams(delivery_database)
    exams.run("DROP TABLE IF EXISTS delivery_session", create_table_sql("delivery_session"))
    return exams


def test_rows_become_one_file_a_batch_and_day_in_the_zone_of_the_installation(exams: Exams) -> None:
    exams.insert("a", at="2026-11-19T22:59:59Z")
    exams.insert("b", "c", at="2026-11-19T23:00:00Z")

    fetched = exams.fetch(timezone="Europe/Berlin")

    assert [name[:10] for name in fetched.files] == ["2026-11-19", "2026-11-20"]
    assert list(exams.inbox.files.values()) == [b"a\n", b"b\nc\n"]
    assert fetched.bytes == 6
    assert exams.fetch(timezone="Europe/Berlin").files == []


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_no_row_of_a_day_of_another_length_is_lost(exams: Exams, day: str) -> None:
    hours = [f"{day}T{hour:02}:30:00Z" for hour in range(24)]
    for hour in hours:
        exams.insert(hour, at=hour)

    exams.fetch(timezone="Europe/Berlin")

    assert sorted(exams.inbox.lines()) == sorted(hour.encode() for hour in hours)


def test_a_row_that_is_committed_after_later_ones_were_looked_for_is_not_lost(exams: Exams) -> None:
    with exams.writer() as early, exams.writer() as late:
        early.execute(INSERT, (NOON, "early"))
        late.execute(INSERT, (NOON, "late"))
        late.commit()
        # The late row is there, but the early one could still appear before it.
        waiting = exams.fetch()
        assert (waiting.files, waiting.left) == ([], 1)
        early.commit()
    assert exams.fetched() == [b"early", b"late"]
    assert exams.fetched() == [b"early", b"late"]


def test_a_row_that_was_rolled_back_never_comes(exams: Exams) -> None:
    with exams.writer() as writer:
        writer.execute(INSERT, (NOON, "undone"))
        exams.insert("kept")
        writer.rollback()
    assert exams.fetched() == [b"kept"]


def test_rows_of_a_savepoint_belong_to_their_transaction(exams: Exams) -> None:
    with exams.writer() as writer:
        writer.execute(INSERT, (NOON, "before"))
        with writer.transaction():
            writer.execute(INSERT, (NOON, "within"))
        exams.insert("meanwhile")
        assert exams.fetched() == []
        writer.commit()
    assert exams.fetched() == [b"before", b"within", b"meanwhile"]


def test_our_own_look_holds_nobody_up(exams: Exams) -> None:
    exams.insert("a")
    with exams.writer() as reader:
        reader.execute("SELECT count(*) FROM delivery_session")
        assert exams.fetched() == [b"a"]


def test_thousands_of_rows_of_many_writers_come_once_each(exams: Exams) -> None:
    chance = random.Random(20_261_120)  # noqa: S311 - to be repeatable, not secret
    connections = [psycopg.connect(exams.url) for _ in range(5)]
    committed: set[bytes] = set()
    open_rows: list[set[bytes]] = [set() for _ in connections]
    for number in range(3_000):
        place = chance.randrange(len(connections))
        row = f"row {number}"
        connections[place].execute(INSERT, (f"2026-11-{chance.randint(1, 3):02}T12:00Z", row))
        open_rows[place].add(row.encode())
        if chance.random() < 0.05:
            if chance.random() < 0.8:
                connections[place].commit()
                committed |= open_rows[place]
            else:
                connections[place].rollback()
            open_rows[place] = set()
        if chance.random() < 0.02:
            exams.fetch(most_rows=chance.randint(1, 300))
            assert set(exams.inbox.lines()) <= committed
    for connection in connections:
        connection.close()

    lines = exams.fetched(most_rows=97)

    assert len(committed) > 1_000
    assert len(lines) == len(committed)
    assert set(lines) == committed


@pytest.mark.parametrize("loses_memory", [False, True])
def test_killed_at_any_write_the_next_fetch_writes_the_same_files(
    exams: Exams, loses_memory: bool
) -> None:
    exams.insert("a", "b", at="2026-11-20T12:00:00Z")
    exams.insert("c", at="2026-11-21T12:00:00Z")
    undisturbed = exams.fetch()
    expected = dict(exams.inbox.files)
    assert len(undisturbed.files) == 2
    # The end of the batch is remembered, two files written, and how far it came remembered.
    for writes in range(4):
        exams.inbox = MemoryInbox()
        exams.inbox.writes_left = writes
        with pytest.raises(KilledError):
            exams.fetch()
        exams.inbox.writes_left = None
        # Nothing new that was committed meanwhile may join a batch that was begun.
        if writes:
            exams.insert("d", at="2026-11-21T12:00:00Z")
        if loses_memory and writes > 1:
            exams.inbox.memory.clear()
        lines = exams.fetched()
        if writes:
            assert {name: exams.inbox.files.get(name) for name in expected} == expected
            exams.run("DELETE FROM delivery_session WHERE delivery = 'd'")
        assert sorted(lines) == [b"a", b"b", b"c", *([b"d"] if writes else [])]


def test_a_lost_cursor_is_read_from_the_names_of_the_files(exams: Exams) -> None:
    exams.insert(*"abcde")
    exams.fetch(most_rows=2)
    del exams.inbox.memory[CURSOR]
    exams.insert("f")

    assert exams.fetched() == [b"a", b"b", b"c", b"d", b"e", b"f"]


def test_enough_is_enough_and_the_rest_comes_next_time(exams: Exams) -> None:
    exams.insert(*"abcde")
    answers = iter([False, True])

    first = exams.fetch(2, is_enough=lambda: next(answers))

    assert (len(first.files), first.left) == (1, 3)
    assert exams.fetched(2) == [b"a", b"b", b"c", b"d", b"e"]


@pytest.mark.parametrize("most_rows", [1, 3, 100])
def test_rows_come_and_are_read_in_the_order_of_numbers_not_of_text(
    exams: Exams, most_rows: int
) -> None:
    with exams.writer() as writer:
        for transaction_id in (100, 9, 11, 99, 10):
            writer.execute(
                "INSERT INTO delivery_session (finished_at, delivery, transaction_id) "
                "VALUES (%s, %s, %s)",
                (NOON, str(transaction_id), str(transaction_id)),
            )
    exams.fetch(most_rows)

    assert exams.inbox.lines() == [b"9", b"10", b"11", b"99", b"100"]


def test_a_text_over_several_lines_is_one_line_with_the_same_meaning(exams: Exams) -> None:
    exams.insert('{"a":\n 1e2}\n', '{"b":"x\ny"}')

    assert exams.fetched() == [b'{"a":\r 1e2}\r', b'{"b":"x\ry"}']


def test_a_json_column_keeps_the_text_too(exams: Exams) -> None:
    exams.run("ALTER TABLE delivery_session ALTER delivery TYPE json USING delivery::json")
    exams.insert('{"b": 3.10, "a": 1e2, "a": 2}')

    assert exams.fetched() == [b'{"b": 3.10, "a": 1e2, "a": 2}']


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER delivery TYPE jsonb USING '{}'::jsonb", "delivery of type text or json"),
        ("ALTER finished_at TYPE timestamp", "finished_at of type timestamp with time zone"),
        ("DROP COLUMN transaction_id", "no such column"),
        ("ALTER transaction_id DROP DEFAULT", "pg_current_xact_id"),
        ("ALTER delivery DROP NOT NULL", "may be null"),
        ("RENAME TO elsewhere", "does not exist"),
    ],
)
def test_a_table_of_another_shape_is_refused(exams: Exams, change: str, said: str) -> None:
    exams.run("DROP TABLE IF EXISTS elsewhere", f"ALTER TABLE delivery_session {change}")

    with pytest.raises(StorageError, match=said):
        exams.fetch()


def test_a_database_that_lost_transactions_is_noticed(exams: Exams) -> None:
    exams.insert("a")
    exams.fetch()
    remembered = exams.inbox.memory[CURSOR].decode()
    position = remembered.partition("[")[2].partition(",")[0]
    exams.inbox.memory[CURSOR] = remembered.replace(position, "9" * 12, 1).encode()

    with pytest.raises(StorageError, match="restored or has failed over"):
        exams.fetch()


def test_another_database_under_the_same_address_is_noticed(exams: Exams) -> None:
    exams.insert("a")
    exams.fetch()
    remembered = exams.inbox.memory[CURSOR]
    exams.inbox.memory[CURSOR] = remembered.replace(b"/1/", b"/2/")
    assert exams.inbox.memory[CURSOR] != remembered

    with pytest.raises(StorageError, match="--from-start"):
        exams.fetch()


def test_rows_of_a_restored_dump_are_noticed_and_can_be_mended(exams: Exams) -> None:
    exams.insert("a")
    exams.run("UPDATE delivery_session SET transaction_id = '999999999'")
    with pytest.raises(StorageError, match="restored dump"):
        exams.fetch()
    exams.run("UPDATE delivery_session SET transaction_id = DEFAULT")
    assert exams.fetched() == [b"a"]


def test_rows_removed_in_the_middle_of_a_batch_are_noticed(exams: Exams) -> None:
    exams.insert("a", "b")
    exams.inbox.writes_left = 2
    with pytest.raises(KilledError):
        exams.fetch()
    exams.inbox.writes_left = None
    exams.run("DELETE FROM delivery_session WHERE delivery = 'a'")

    with pytest.raises(StorageError, match="does not hold the rows any more"):
        exams.fetch()


def test_rows_that_were_fetched_can_be_removed(exams: Exams) -> None:
    exams.insert("a")
    exams.fetch()
    exams.run("DELETE FROM delivery_session")
    exams.insert("b")

    assert exams.fetched() == [b"a", b"b"]


def test_a_reader_needs_no_more_than_to_select(exams: Exams) -> None:
    exams.insert("a")
    exams.run(
        "DROP ROLE IF EXISTS looker",
        f"CREATE ROLE looker LOGIN PASSWORD '{PASSWORD}'",
    )
    exams.url = exams.url.replace("scoring:", "looker:")
    with pytest.raises(StorageError, match="permission denied"):
        exams.fetch()
    Exams(exams.url.replace("looker:", "scoring:")).run(
        "GRANT SELECT ON delivery_session TO looker"
    )
    assert exams.fetched() == [b"a"]


def test_an_error_does_not_show_the_password(exams: Exams) -> None:
    exams.url = exams.url.replace(f":{PASSWORD}@", f":not-{PASSWORD}@")

    with pytest.raises(StorageError, match="cannot be read") as failed:
        exams.fetch()

    assert PASSWORD not in str(failed.value)


@pytest.mark.parametrize(
    "url", ["", "sqlite:///a", "postgresql://h:x/y?nonsense=s3cret-canary", "host=a password=b"]
)
def test_what_is_no_url_of_postgres_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(UsageError, match="DELIVERY_DATABASE_URL is no URL") as refused:
        DeliveryTable(url, "delivery_session", "UTC")
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize("table", ["", "a.b.c", "a; DROP TABLE b", 'a"b', "1a"])
def test_what_is_no_name_of_a_table_is_refused(table: str) -> None:
    with pytest.raises(UsageError, match="DELIVERY_TABLE"):
        DeliveryTable("postgresql://localhost/exams", table, "UTC")
