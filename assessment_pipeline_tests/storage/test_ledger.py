"""The ledger's contract, on SQLite and on Postgres: appending, finding, reading."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from assessment_pipeline.core.hashing import merkle_root
from assessment_pipeline.core.ledger import verify_chain
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
)
from assessment_pipeline_tests.storage.ledger_places import LedgerPlace, append

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


@pytest.fixture
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment_pipeline.storage.ledger._APPENDED_AT_ONCE", 2)


@pytest.mark.usefixtures("_two_at_once")
def test_many_events_are_recorded_some_at_a_time_as_if_at_once(ledger: Ledger) -> None:
    append(ledger, score_run(3))
    numbers = [1, 2, 3, 4, 1, 5, 5]
    appended = append(ledger, *map(score_run, numbers))
    assert appended == Appended(4, 3, ledger.head())
    keys = [entry.dedup_key for entry in ledger.entries(after_seq=1)]
    assert keys == [score_run(number).dedup_key for number in (3, 1, 2, 4, 5)]
    assert ledger.verify() == []


@pytest.mark.usefixtures("_two_at_once")
def test_of_many_events_none_is_recorded_if_a_later_one_is_refused(ledger: Ledger) -> None:
    events = [*map(score_run, range(1, 6)), score_run(1, output="other")]
    with pytest.raises(LedgerError, match="another content"):
        append(ledger, *events)
    numbers = iter([1, 2, 3, 0])
    lazily = (score_run(6 // number) for number in numbers)
    with pytest.raises(ZeroDivisionError):
        ledger.append(lazily, recorded_at=RECORDED_AT, run_id=None, actor=ACTOR)
    assert ledger.head().seq == 1
    assert ledger.verify() == []


def test_a_batch_that_cannot_be_built_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="actor"):
        ledger.append([score_run(1)], recorded_at=RECORDED_AT, run_id=None, actor="")
    assert ledger.head().seq == 1


def test_missing_names_the_keys_that_are_not_recorded(ledger: Ledger) -> None:
    append(ledger, score_run(1))
    keys = [score_run(number).dedup_key for number in (1, 2)]
    assert ledger.missing(keys) == {keys[1]}
    assert ledger.missing([]) == set()


def test_keys_without_an_entry_that_holds_what_is_expected_are_told(ledger: Ledger) -> None:
    append(ledger, *map(score_run, range(1, 4)))
    events = list(map(score_run, range(1, 5)))
    expected = {event.dedup_key: event.payload.canonical().decode() for event in events}
    assert ledger.unlike(expected) == {events[3].dedup_key}
    expected[events[1].dedup_key] = expected[events[0].dedup_key]
    assert ledger.unlike(expected) == {events[1].dedup_key, events[3].dedup_key}
    assert ledger.unlike({}) == set()


def test_entries_are_found_that_hold_another_text_than_expected(ledger: Ledger) -> None:
    append(ledger, *one_of_each(), *map(score_run, range(1, 5)))
    expected = {
        event.subject: event.payload.canonical().decode() for event in map(score_run, range(1, 4))
    }
    assert list(ledger.others_about(ScoringRunCreated.event_type, expected)) == []
    expected[score_run(2).subject] = expected[score_run(3).subject]
    expected["Ünknown"] = "é"
    (found,) = ledger.others_about(ScoringRunCreated.event_type, expected)
    assert found.subject == score_run(2).subject
    assert list(ledger.others_about(DeliveryCaptured.event_type, expected)) == []


def test_entries_are_found_by_kind_and_by_subject(ledger: Ledger) -> None:
    append(ledger, *one_of_each(), delivery(sha256="other").event())
    kind = DeliveryCaptured.event_type
    last = len(one_of_each()) + 1
    assert [entry.seq for entry in ledger.find(event_type=kind)] == [2, last]
    assert [entry.seq for entry in ledger.find(subject="2026-11-20")] == [2, 3, 8, 9, 11, last]
    assert len(list(ledger.find(event_type=kind, subject="2026-11-20"))) == 2
    assert list(ledger.find(event_type="DELIVERY")) == []
    assert len(list(ledger.find())) == last


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


def test_the_anchor_has_the_root_over_all_entry_hashes(ledger: Ledger) -> None:
    append(ledger, *one_of_each())
    hashes = [entry.entry_hash for entry in ledger.entries()]
    assert list(ledger.entry_hashes()) == hashes
    anchor = ledger.anchor()
    assert (anchor.root, anchor.head_hash) == (merkle_root(hashes), hashes[-1])
    assert ledger.anchor(4).root == merkle_root(hashes[:4])
    assert ledger.anchor(4).head_hash == hashes[3]


def test_contradictions_name_what_is_missing_and_what_is_other(ledger: Ledger) -> None:
    append(ledger, score_run(1), score_run(3))
    events = [score_run(1), score_run(2), score_run(3, output="other")]
    assert dict(ledger.contradictions(events)) == {
        events[1]: "is not recorded",
        events[2]: "is recorded as entry 3 with another content",
    }


def test_a_ledger_that_is_not_there_cannot_be_read(place: LedgerPlace) -> None:
    with pytest.raises(NothingThereError), place.read():
        pass


def test_a_reader_writes_nothing_and_sees_one_moment(place: LedgerPlace) -> None:
    place.write_some()
    with place.read() as reader, place.open() as writer:
        before = reader.head()
        append(writer, score_run(100))
        assert reader.head() == before
        with pytest.raises(StorageError, match="read"):
            append(reader, score_run(101))
    with place.read() as reader:
        assert reader.head().seq == before.seq + 1


def test_reading_many_entries_can_be_broken_off(place: LedgerPlace) -> None:
    place.write_some(30)
    with place.read() as ledger:
        for found in ledger.find(event_type=ScoringRunCreated.event_type):
            assert found.seq == 2
            break
        assert ledger.head().seq == 31
        assert len(list(ledger.find(event_type=ScoringRunCreated.event_type))) == 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("writers", "appends"), [(64, 100)] if IS_FULL_SIZE else [(4, 50)], ids=str
)
def test_processes_that_append_at_once_lose_nothing_and_double_nothing(
    place: LedgerPlace, writers: int, appends: int
) -> None:
    running = [place.start_appender(writer, appends) for writer in range(1, writers + 1)]
    assert [process.wait() for process in running] == [0] * writers
    shared = appends // 2
    with place.read() as ledger:
        entries = list(ledger.entries())
        assert ledger.verify() == []
    assert len(entries) == 1 + shared + writers * (appends - shared)
    assert max(Counter(entry.dedup_key for entry in entries).values()) == 1
    assert list(verify_chain(entries)) == []


@pytest.mark.slow
def test_a_ledger_can_be_read_while_another_process_appends(place: LedgerPlace) -> None:
    place.open(timezone="UTC").close()
    with place.start_appender(1, 300) as process:
        sizes = []
        while process.poll() is None:
            with place.read() as ledger:
                sizes.append(ledger.head().seq)
                assert ledger.verify() == []
    assert process.returncode == 0
    assert sizes == sorted(sizes)
    assert place.named() == set()


def test_nothing_a_ledger_stores_names_a_session(place: LedgerPlace) -> None:
    with place.open() as ledger:
        append(ledger, *one_of_each(), score_run(17))
    assert b"SCORING_RUN_CREATED" in place.stored()
    for name in (b"s-17", b"s-000017"):
        assert name not in place.stored()
