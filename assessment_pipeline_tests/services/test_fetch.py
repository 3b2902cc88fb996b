"""Fetch: every source is asked, and a session is the same whatever way it came."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from assessment_pipeline.core.reading import SnapshotRecord, read_session
from assessment_pipeline.errors import StorageError, UsageError
from assessment_pipeline.services.fetch import configured_sources, fetch
from assessment_pipeline.services.locks import fetch_lock
from assessment_pipeline.services.spool import Spool
from assessment_pipeline.services.verification import VerificationOutcome
from assessment_pipeline.settings import load_settings
from assessment_pipeline.sources.objects import ObjectStore
from assessment_pipeline.sources.port import DeliverySource, Fetched, Inbox
from assessment_pipeline.sources.table import DeliveryTable
from assessment_pipeline.sources.table_sql import create_table_sql
from assessment_pipeline.storage.home import Home
from assessment_pipeline_tests.builders import Bench
from assessment_pipeline_tests.installations import DAY, answers
from assessment_pipeline_tests.postgres import private_postgres


class FakeSource:
    """Brings one file, or fails."""

    name = "a fake"

    def __init__(self, content: bytes | None) -> None:
        self.content = content

    def fetch(self, inbox: Inbox, is_enough: Callable[[], bool]) -> Fetched:
        if self.content is None:
            raise StorageError("It is away.")
        fetched = Fetched(self.name)
        if not is_enough():
            fetched.add(DAY, "a.jsonl", inbox.put(DAY, "a.jsonl", [self.content]))
        return fetched


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_a_source_that_fails_keeps_no_other_from_being_asked(home: Home) -> None:
    sources: list[DeliverySource] = [FakeSource(None), FakeSource(b"{}\n")]
    failed, brought = fetch(home, sources)

    assert (failed.files, failed.problems) == ([], ["It is away."])
    assert (brought.files, brought.bytes) == ([f"{DAY}/a.jsonl"], 3)
    assert (home.delivery_folder(DAY) / "a.jsonl").read_bytes() == b"{}\n"


def test_a_name_with_other_content_is_never_written_over(home: Home) -> None:
    fetch(home, [FakeSource(b"one\n")])
    (again,) = fetch(home, [FakeSource(b"two\n")])

    assert "is there already with other content" in again.problems[0]
    assert [path.read_bytes() for path in home.delivery_folder(DAY).iterdir()] == [b"one\n"]


def test_without_a_source_nothing_is_touched(home: Home) -> None:
    assert fetch(home, []) == []
    assert not home.folder.exists()


def test_one_fetch_runs_at_a_time(home: Home) -> None:
    def leave() -> None:
        raise StorageError("Another fetch.")

    with fetch_lock(home), pytest.raises(StorageError, match="Another fetch"):
        fetch(home, [FakeSource(b"{}\n")], on_wait=leave)


def test_what_a_killed_intake_left_behind_is_delivered(home: Home) -> None:
    spool = Spool(home, "UTC", lambda: datetime(2025, 11, 20, tzinfo=UTC))
    spool.accept([b"{}"])
    assert fetch(home, []) == [Fetched("the intake")]
    assert spool._file is not None
    spool._file.close()
    (fetched,) = fetch(home, [])
    assert len(fetched.files) == 1


def test_from_the_start_compares_everything_again(home: Home, tmp_path: Path) -> None:
    place = tmp_path / "deliveries" / DAY
    place.mkdir(parents=True)
    (place / "a.jsonl").write_bytes(b"{}\n")
    source = ObjectStore(f"file://{place.parent}", lambda: datetime.now(UTC) + timedelta(hours=1))
    fetch(home, [source])
    (home.delivery_folder(DAY) / "a.jsonl").unlink()
    (gone,) = fetch(home, [source])
    assert "is gone" in gone.problems[0]
    (again,) = fetch(home, [source], from_start=True)
    assert again.files == [f"{DAY}/a.jsonl"]


def test_sources_follow_the_settings(tmp_path: Path) -> None:
    assert configured_sources(load_settings(home=tmp_path)) == ()
    both = configured_sources(
        load_settings(
            delivery_source=f"file://{tmp_path}",
            delivery_database_url="postgresql://scoring:s3cret-canary@db.example/exams",
            delivery_table="exams.finished",
        )
    )
    assert [source.name for source in both] == [
        f"file://{tmp_path}",
        "table exams.finished of db.example/exams",
    ]
    with pytest.raises(UsageError, match="DELIVERY_DATABASE_URL"):
        configured_sources(load_settings(delivery_database_url="mysql://a/b"))


@pytest.mark.slow
def test_a_session_is_the_same_whatever_way_it_came(tmp_path: Path) -> None:
    sessions = [answers(f"s-{number}", context={"form": "B"}) for number in range(5)]
    lines = [json.dumps(each) for each in sessions]
    plain = Bench(tmp_path / "plain")
    plain.deliver(*sessions)
    homes = {
        name: Bench(tmp_path / name, timezone="Europe/Berlin")
        for name in ("objects", "table", "intake")
    }

    outbox = tmp_path / "outbox" / DAY
    outbox.mkdir(parents=True)
    (outbox / "b.jsonl").write_text("\n".join(lines))
    later = ObjectStore(f"file://{outbox.parent}", lambda: datetime.now(UTC) + timedelta(hours=1))
    fetch(homes["objects"].home, [later])

    with private_postgres() as url:
        with psycopg.connect(url) as connection:
            connection.execute(create_table_sql("delivery_session").encode())
            for line in lines:
                connection.execute(
                    "INSERT INTO delivery_session (finished_at, delivery) VALUES (%s, %s)",
                    (f"{DAY}T12:00Z", line),
                )
        fetch(homes["table"].home, [DeliveryTable(url, "delivery_session", "Europe/Berlin")])

    noon = datetime.fromisoformat(f"{DAY}T12:00:00+00:00")
    spool = Spool(homes["intake"].home, "Europe/Berlin", lambda: noon)
    for line in lines:
        record = read_session(line.encode())
        assert isinstance(record, SnapshotRecord)
        spool.accept([record.canonical])
    spool.close()

    plain.run()
    expected = [(plain.home.export_folder(DAY) / f"{name}.csv").read_bytes() for name in TABLES]
    assert expected[0].count(b"\n") == 6
    for name, bench in homes.items():
        bench.run()
        found = [(bench.home.export_folder(DAY) / f"{table}.csv").read_bytes() for table in TABLES]
        assert found == expected, name
        assert bench.verify().outcome is VerificationOutcome.RIGHT, name


TABLES = ("scorecards", "subscores", "evidence")
