"""The ledger's contract, on SQLite and on Postgres: appending, finding, and what tampering shows."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from assessment_pipeline.core.hashing import merkle_root
from assessment_pipeline.core.ledger import Anchor, Head, verify_chain
from assessment_pipeline.core.ledger_events import (
    DeliveryCaptured,
    LedgerCreated,
    ScoringRunCreated,
    session_subject,
)
from assessment_pipeline.errors import LedgerError, NothingThereError, StorageError, UsageError
from assessment_pipeline.storage.ledger import Appended, Ledger
from assessment_pipeline_tests.core.ledger_builders import (
    ACTOR,
    RECORDED_AT,
    delivery,
    one_of_each,
    score_run,
    sha,
)
from assessment_pipeline_tests.storage.ledger_places import (
    LedgerPlace,
    PostgresPlace,
    SqlitePlace,
    append,
)

# What `make test-faults` sets; without it the test of many writers is a small one.
IS_FULL_SIZE = os.environ.get("ASSESSMENT_PIPELINE_TESTS_SIZE") == "full"


@pytest.fixture
def ledger(place: LedgerPlace) -> Iterator[Ledger]:
    with place.open() as ledger:
        yield ledger


def test_a_new_ledger_begins_with_its_time_zone(ledger: Ledger) -> None:
    (entry,) = ledger.entries()
    assert (entry.seq, entry.event_type) == (1, "LEDGER_CREATED")
    assert ledger.timezone() == "Europe/Berlin"


def test_opening_a_ledger_again_records_nothing(place: LedgerPlace) -> None:
    anchor = place.write_some()
    with place.open() as ledger:
        assert ledger.anchor() == anchor


def test_another_time_zone_is_refused_and_says_which_one_is_fixed(place: LedgerPlace) -> None:
    anchor = place.write_some()
    with pytest.raises(UsageError, match="ASSESSMENT_PIPELINE_TIMEZONE=Europe/Berlin"):
        place.open(timezone="UTC")
    assert place.named(anchor) == set()


def test_events_are_appended_in_their_order(ledger: Ledger) -> None:
    events = [score_run(number) for number in (3, 1, 2)]
    appended = append(ledger, *events)
    assert (appended.count, appended.known, appended.head) == (3, 0, ledger.head())
    assert [entry.dedup_key for entry in ledger.entries(after_seq=1)] == [
        event.dedup_key for event in events
    ]


def test_every_kind_of_event_can_be_stored_and_read_back(ledger: Ledger) -> None:
    events = one_of_each()
    assert append(ledger, *events) == Appended(len(events) - 1, 1, ledger.head())
    read = [entry.read_body().read_payload() for entry in ledger.entries()]
    assert read == [event.payload for event in events]
    assert ledger.verify() == []


def test_recording_the_same_again_appends_nothing(ledger: Ledger) -> None:
    first = append(ledger, *one_of_each())
    assert append(ledger, *one_of_each()) == Appended(0, len(one_of_each()), first.head)


def test_of_known_and_new_events_the_new_ones_are_appended(ledger: Ledger) -> None:
    append(ledger, score_run(1), score_run(3))
    appended = append(ledger, *map(score_run, range(1, 5)))
    assert (appended.count, appended.known) == (2, 2)
    assert ledger.verify() == []


def test_an_event_twice_in_one_batch_is_recorded_once(ledger: Ledger) -> None:
    appended = append(ledger, score_run(1), score_run(1))
    assert (appended.count, appended.known) == (1, 1)


def test_appending_nothing_changes_nothing(ledger: Ledger) -> None:
    assert append(ledger) == Appended(0, 0, ledger.head())


def test_a_known_key_with_another_content_is_refused_naming_both(ledger: Ledger) -> None:
    append(ledger, score_run(1))
    head = ledger.head()
    other = score_run(1, output="other")
    with pytest.raises(LedgerError, match=f"{other.dedup_key} is recorded as entry 2"):
        append(ledger, score_run(2), other)
    assert ledger.head() == head


def test_a_known_key_with_another_subject_is_refused(ledger: Ledger) -> None:
    event = score_run(1)
    append(ledger, event)
    with pytest.raises(LedgerError, match="entry 2"):
        append(ledger, event._replace(subject=session_subject("s-2", 1)))


def test_one_key_with_two_contents_in_a_batch_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="differ"):
        append(ledger, score_run(1), score_run(1, output="other"))
    assert ledger.head().seq == 1


def test_a_batch_that_cannot_be_built_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="actor"):
        ledger.append([score_run(1)], recorded_at=RECORDED_AT, run_id=None, actor="")
    assert ledger.head().seq == 1


def test_missing_names_the_keys_that_are_not_recorded(ledger: Ledger) -> None:
    append(ledger, score_run(1))
    keys = [score_run(number).dedup_key for number in (1, 2)]
    assert ledger.missing(keys) == {keys[1]}
    assert ledger.missing([]) == set()


def test_entries_are_found_by_kind_and_by_subject(ledger: Ledger) -> None:
    append(ledger, *one_of_each(), delivery(sha256="other").event())
    kind = DeliveryCaptured.event_type
    assert [entry.seq for entry in ledger.find(event_type=kind)] == [2, 11]
    assert [entry.seq for entry in ledger.find(subject="2026-11-20")] == [2, 3, 8, 9, 11]
    assert len(list(ledger.find(event_type=kind, subject="2026-11-20"))) == 2
    assert list(ledger.find(event_type="DELIVERY")) == []
    assert len(list(ledger.find())) == 11


def test_entries_are_found_by_many_subjects_at_once(ledger: Ledger) -> None:
    append(ledger, *one_of_each(), *map(score_run, range(1, 5)))
    subjects = [score_run(number).subject for number in (2, 4)]
    found = ledger.find_about(ScoringRunCreated.event_type, [*subjects, "2026-11-20", "none"])
    assert {entry.subject for entry in found} == set(subjects)


def test_payloads_of_one_kind_come_as_their_model(ledger: Ledger) -> None:
    append(ledger, *one_of_each())
    assert list(ledger.payloads(LedgerCreated)) == [LedgerCreated(timezone="Europe/Berlin")]
    assert [rubric.subject for rubric in ledger.published_rubrics()] == ["numeracy/3"]


@pytest.mark.parametrize("batch", [1, 2, 5, 100])
def test_how_many_entries_are_read_at_a_time_changes_nothing(ledger: Ledger, batch: int) -> None:
    append(ledger, *map(score_run, range(1, 5)))
    assert [entry.seq for entry in ledger.entries(batch=batch)] == [1, 2, 3, 4, 5]
    assert [entry.seq for entry in ledger.entries(after_seq=3, batch=batch)] == [4, 5]


def test_a_ledger_as_it_was_written_verifies_with_its_anchor(place: LedgerPlace) -> None:
    anchor = place.write_some()
    assert anchor.size == 10
    assert place.named(anchor) == set()


def test_a_ledger_that_has_grown_verifies_with_an_old_anchor(place: LedgerPlace) -> None:
    anchor = place.write_some()
    with place.open() as ledger:
        append(ledger, *map(score_run, range(100, 110)))
    assert place.named(anchor) == set()


@pytest.mark.parametrize(
    "change",
    [
        "seq = 99",
        "prev_hash = randomblob(32)",
        "prev_hash = 'text'",
        "entry_hash = randomblob(32)",
        "entry_hash = 'text'",
        "dedup_key = 'SCORING_RUN_CREATED:other'",
        "dedup_key = CAST(x'53ff' AS TEXT)",
        "event_type = 'CSV_EXPORTED'",
        "subject = 'other'",
        "subject = 7",
        "body = CAST(body AS TEXT)",
        "body = x'00'",
        "body = zeroblob(length(body))",
    ],
)
def test_a_changed_column_is_named_with_its_entry(place: LedgerPlace, change: str) -> None:
    place.write_some()
    place.tamper(f"UPDATE ledger_entry SET {change} WHERE seq = 5")  # noqa: S608
    expected = 99 if "seq" in change else 5
    assert expected in place.named()


def test_a_ledger_in_use_names_a_changed_column_too(ledger: Ledger, place: LedgerPlace) -> None:
    append(ledger, *map(score_run, range(1, 9)))
    place.tamper("UPDATE ledger_entry SET subject = CAST(x'ff' AS TEXT) WHERE seq = 5")
    assert [str(problem) for problem in ledger.verify()] == [
        "ledger entry 5: column subject is not what the body says"
    ]


@pytest.mark.parametrize("value", ["'text'", "7", "randomblob(32)"])
def test_a_changed_hash_of_the_last_entry_is_named(place: LedgerPlace, value: str) -> None:
    anchor = place.write_some()
    place.tamper(f"UPDATE ledger_entry SET entry_hash = {value} WHERE seq = 10")  # noqa: S608
    assert place.named(anchor) == {10}


def test_nothing_is_appended_to_a_last_entry_without_a_hash(place: LedgerPlace) -> None:
    place.write_some()
    place.tamper("UPDATE ledger_entry SET entry_hash = 'text' WHERE seq = 10")
    with place.open() as ledger, pytest.raises(LedgerError, match="entry 10"):
        append(ledger, score_run(100))


def test_contradictions_name_what_is_missing_and_what_is_other(place: LedgerPlace) -> None:
    place.write_some()
    place.tamper("UPDATE ledger_entry SET body = x'00' WHERE seq = 3")
    events = [score_run(1), score_run(2), score_run(3, output="other"), score_run(100)]
    with place.read() as ledger:
        found = dict(ledger.contradictions(events))
    assert found == {
        events[1]: "is recorded as entry 3 with another content",
        events[2]: "is recorded as entry 4 with another content",
        events[3]: "is not recorded",
    }


@pytest.mark.parametrize(
    ("statements", "seq"),
    [
        (["DELETE FROM ledger_entry WHERE seq = 5"], 6),
        (["DELETE FROM ledger_entry WHERE seq = 1"], 2),
        (
            [
                "DELETE FROM ledger_entry WHERE seq = 5",
                "UPDATE ledger_entry SET seq = -seq + 1 WHERE seq > 5",
                "UPDATE ledger_entry SET seq = -seq WHERE seq < 0",
            ],
            5,
        ),
        (
            [
                "UPDATE ledger_entry SET seq = -5 WHERE seq = 5",
                "UPDATE ledger_entry SET seq = 5 WHERE seq = 6",
                "UPDATE ledger_entry SET seq = 6 WHERE seq = -5",
            ],
            5,
        ),
        (["DELETE FROM ledger_entry"], 0),
    ],
    ids=["deleted", "first deleted", "deleted and renumbered", "swapped", "emptied"],
)
def test_deleted_swapped_and_renumbered_entries_are_noticed(
    place: LedgerPlace, statements: list[str], seq: int
) -> None:
    place.write_some()
    place.tamper(*statements)
    assert seq in place.named()


def test_a_ledger_that_was_cut_verifies_but_not_with_an_anchor(place: LedgerPlace) -> None:
    anchor = place.write_some()
    place.tamper("DELETE FROM ledger_entry WHERE seq > 8")
    assert place.named() == set()
    assert place.named(anchor) == {8}


def test_a_ledger_that_was_rewritten_verifies_but_not_with_an_anchor(
    place: LedgerPlace, tmp_place: LedgerPlace
) -> None:
    anchor = place.write_some()
    rewritten = tmp_path / "other" / "ledger.sqlite"
    with _open(rewritten) as ledger:
        append(ledger, *(score_run(number, output="better") for number in range(1, 12)))
    assert _named(rewritten) == set()
    assert _named(rewritten, anchor) == {anchor.size}


def test_a_damaged_page_anywhere_is_a_problem_and_not_a_crash(place: LedgerPlace, tmp_place: LedgerPlace) -> None:
    place.write_some(60)
    whole = path.read_bytes()
    damaged = tmp_path / "damaged.sqlite"
    # Tables as well as indexes; the schema and what SQLite keeps about itself are on page 1.
    for page in range(1, len(whole) // 4_096):
        content = bytearray(whole)
        content[page * 4_096 + 8 : page * 4_096 + 40] = bytes(32)
        damaged.write_bytes(content)
        assert _named(damaged), f"page {page}"


def test_a_database_without_a_ledger_in_it_says_so(tmp_place: LedgerPlace) -> None:
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE candidate (name)")
    connection.close()
    with pytest.raises(NothingThereError, match="holds no audit ledger"), place.read():
        pass


def test_a_file_that_is_no_database_cannot_be_read(tmp_place: LedgerPlace) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"candidate,answer\n" * 1_000)
    with pytest.raises(StorageError, match="not a database"), place.read():
        pass


def test_a_ledger_that_is_not_there_cannot_be_read(place: LedgerPlace) -> None:
    with pytest.raises(NothingThereError), place.read():
        pass


def test_a_recorded_body_that_cannot_be_read_is_another_content(place: LedgerPlace) -> None:
    place.write_some()
    place.tamper("UPDATE ledger_entry SET body = x'00' WHERE seq = 2")
    with place.open() as ledger, pytest.raises(LedgerError, match="as entry 2"):
        append(ledger, score_run(1))


@pytest.mark.slow
def test_processes_that_append_at_once_lose_nothing_and_double_nothing(place: LedgerPlace) -> None:
    writers, appends = 4, 50
    program = [sys.executable, "-m", "assessment_pipeline_tests.storage.ledger_appender"]
    running = [
        subprocess.Popen([*program, path, str(writer), str(appends)], cwd=ROOT)
        for writer in range(1, writers + 1)
    ]
    assert [process.wait() for process in running] == [0] * writers
    shared = appends // 2
    with place.read() as ledger:
        entries = list(ledger.entries())
    assert len(entries) == 1 + shared + writers * (appends - shared)
    assert max(Counter(entry.dedup_key for entry in entries).values()) == 1
    assert list(verify_chain(entries)) == []


@pytest.mark.slow
def test_a_ledger_can_be_read_while_another_process_appends(place: LedgerPlace) -> None:
    place.open(timezone="UTC").close()
    program = [sys.executable, "-m", "assessment_pipeline_tests.storage.ledger_appender"]
    with subprocess.Popen([*program, path, "1", "300"], cwd=ROOT) as process:
        sizes = []
        while process.poll() is None:
            with place.read() as ledger:
                sizes.append(ledger.head().seq)
                assert ledger.verify() == []
    assert process.returncode == 0
    assert sizes == sorted(sizes)
    assert place.named() == set()


def test_nothing_a_ledger_stores_names_a_session(ledger: Ledger, place: LedgerPlace) -> None:
    append(ledger, *one_of_each(), score_run(17))
    ledger.close()
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"s-17" not in stored
    assert b"s-000017" not in stored
