"""What somebody who owns the database can do to a ledger, and what verification says to it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest

from assessment_pipeline.core.ledger import Anchor, Entry, Head
from assessment_pipeline.errors import LedgerError, NothingThereError, StorageError
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.core.ledger_builders import score_run, sha
from assessment_pipeline_tests.storage.ledger_places import LedgerPlace, SqlitePlace, append


def test_a_ledger_as_it_was_written_verifies_with_its_anchor(place: LedgerPlace) -> None:
    anchor = place.write_some()
    assert anchor.size == 10
    assert place.named(anchor) == set()


def test_a_ledger_verifies_with_an_anchor_that_has_no_root(place: LedgerPlace) -> None:
    anchor = place.write_some().model_copy(update={"root": None})
    assert place.named(anchor) == set()
    assert place.named_since(anchor) == set()


def test_a_ledger_that_has_grown_verifies_with_an_old_anchor(place: LedgerPlace) -> None:
    anchor = place.write_some()
    with place.open() as ledger:
        append(ledger, *map(score_run, range(100, 110)))
    assert place.named(anchor) == set()
    assert place.named_since(anchor) == set()


@pytest.mark.parametrize(
    "change",
    [
        "seq = 99",
        "prev_hash = {random}",
        "entry_hash = {random}",
        "dedup_key = 'SCORING_RUN_CREATED:other'",
        "event_type = 'CSV_EXPORTED'",
        "subject = 'other'",
        "body = {zero}",
    ],
)
def test_a_changed_column_is_named_with_its_entry(place: LedgerPlace, change: str) -> None:
    place.write_some()
    values = {"random": place.blob("5a" * 32), "zero": place.blob("00")}
    place.change(change.format(**values), 5)
    assert (99 if "seq" in change else 5) in place.named()


@pytest.mark.parametrize(
    "change",
    [
        "prev_hash = 'text'",
        "entry_hash = 'text'",
        "dedup_key = CAST(x'53ff' AS TEXT)",
        "subject = 7",
        "body = CAST(body AS TEXT)",
        "body = zeroblob(length(body))",
    ],
)
def test_a_value_of_another_type_is_named_with_its_entry(
    sqlite_place: SqlitePlace, change: str
) -> None:
    sqlite_place.write_some()
    sqlite_place.change(change, 5)
    assert 5 in sqlite_place.named()


def test_a_ledger_in_use_names_a_changed_column_too(place: LedgerPlace) -> None:
    place.write_some()
    with place.open() as ledger:
        place.change("subject = 'other'", 5)
        assert [str(problem) for problem in ledger.verify()] == [
            "ledger entry 5: column subject is not what the body says"
        ]


def test_an_entry_whose_body_is_text_holds_nothing_that_is_expected(
    sqlite_place: SqlitePlace,
) -> None:
    sqlite_place.write_some()
    sqlite_place.change("body = CAST(body AS TEXT)", 5)
    events = list(map(score_run, range(1, 10)))
    expected = {event.dedup_key: event.payload.canonical().decode() for event in events}
    with sqlite_place.read() as ledger:
        assert ledger.unlike(expected) == {events[3].dedup_key}


def test_the_hash_of_an_entry_is_asked_for_by_its_position(place: LedgerPlace) -> None:
    place.write_some()
    with place.read() as ledger:
        expected = {entry.seq: entry.entry_hash for entry in ledger.entries()}
        assert {seq: ledger.hash_at(seq) for seq in expected} == expected
        assert ledger.hash_at(0) is None
        assert ledger.hash_at(11) is None


def test_of_what_comes_after_a_position_each_changed_entry_is_named(place: LedgerPlace) -> None:
    anchor = place.write_some()
    place.change("subject = 'other'", 3)
    place.change("subject = 'other'", 7)
    assert place.named_after(2) == {3, 7}
    assert place.named_after(3, anchor) == {7}
    assert place.named_after(7, anchor) == set()
    assert place.named_after(10, anchor) == set()


@pytest.mark.parametrize("after", [2, 5, 8])
def test_an_anchor_is_compared_before_and_after_a_position(place: LedgerPlace, after: int) -> None:
    anchor = place.write_some()
    other = Anchor(size=5, head=sha("other"))
    assert place.named_after(after, other) == {5}
    assert place.named_after(after, anchor.model_copy(update={"size": 12})) == {10}


def test_what_cannot_be_read_after_a_position_is_named(
    place: LedgerPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write_some()

    def entries(ledger: Ledger, *, after_seq: int = 0, batch: int = 1000) -> Iterator[Entry]:
        yield from islice(whole(ledger, after_seq=after_seq, batch=batch), 2)
        raise StorageError("the disk is gone")

    whole = Ledger.entries
    monkeypatch.setattr(Ledger, "entries", entries)
    with place.read() as ledger:
        (problem,) = ledger.verify_tail(Head(4, ledger.hash_at(4) or b""))
    assert problem.seq == 6
    assert "nothing after it can be read: the disk is gone" in str(problem)


def test_a_changed_hash_of_the_last_entry_is_named(place: LedgerPlace) -> None:
    anchor = place.write_some()
    place.change(f"entry_hash = {place.blob('5a' * 32)}", 10)
    assert place.named(anchor) == {10}
    assert place.named_since(anchor) == {10}


@pytest.mark.parametrize("value", ["'text'", "7"])
def test_a_hash_of_the_last_entry_that_is_none_is_named(
    sqlite_place: SqlitePlace, value: str
) -> None:
    anchor = sqlite_place.write_some()
    sqlite_place.change(f"entry_hash = {value}", 10)
    assert sqlite_place.named(anchor) == {10}
    assert sqlite_place.named_since(anchor) == {10}


def test_nothing_is_appended_to_a_last_entry_without_a_hash(sqlite_place: SqlitePlace) -> None:
    sqlite_place.write_some()
    sqlite_place.change("entry_hash = 'text'", 10)
    with sqlite_place.open() as ledger, pytest.raises(LedgerError, match="entry 10"):
        append(ledger, score_run(100))


def test_a_changed_body_contradicts_what_should_be_recorded(place: LedgerPlace) -> None:
    place.write_some()
    place.change(f"body = {place.blob('00')}", 3)
    events = [score_run(1), score_run(2)]
    with place.read() as ledger:
        found = dict(ledger.contradictions(events))
    assert found == {events[1]: "is recorded as entry 3 with another content"}
    with place.open() as ledger, pytest.raises(LedgerError, match="as entry 3"):
        append(ledger, score_run(2))


@pytest.mark.parametrize("column", ["dedup_key", "subject"])
def test_a_bit_flipped_where_a_column_is_kept_is_a_difference_and_no_defect(
    sqlite_place: SqlitePlace, column: str
) -> None:
    """In the index too: it is then out of order, and SQLite finds what nobody has asked for."""
    sqlite_place.write_some()
    events = list(map(score_run, range(1, 10)))
    written = sqlite_place.path.read_bytes()
    kept = [
        match.start()
        for event in events
        for match in re.finditer(re.escape(getattr(event, column).encode()), written)
    ]
    assert len(kept) == 3 * len(events), "in the table, in the body, and in the index"
    for place in kept:
        flipped = bytes([written[place] ^ 0x20])
        sqlite_place.path.write_bytes(written[:place] + flipped + written[place + 1 :])
        with sqlite_place.read() as ledger:
            assert ledger.verify() or ledger.damage()
            assert {event for event, _ in ledger.contradictions(events)} < set(events)
            subjects = {event.subject for event in events}
            found = ledger.find_about(events[0].event_type, subjects)
            assert {entry.subject for entry in found} <= subjects
            with suppress(LedgerError):
                assert set(ledger.positions(events)) == set(range(2, 11))
        with sqlite_place.open() as ledger, suppress(LedgerError, StorageError):
            append(ledger, *events)
        sqlite_place.path.write_bytes(written)


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


def test_a_key_that_was_let_in_twice_is_named(place: LedgerPlace) -> None:
    place.write_some()
    place.remove_unique_index()
    with place.open() as ledger:
        append(ledger, score_run(100))
    place.tamper(
        "UPDATE ledger_entry SET dedup_key = (SELECT dedup_key FROM ledger_entry WHERE seq = 3) "
        "WHERE seq = 11"
    )
    with place.read() as ledger:
        problems = [str(problem) for problem in ledger.verify()]
    key = score_run(2).dedup_key
    assert f"ledger entry 11: dedup_key {key!r} is there already" in problems


def test_a_ledger_that_was_cut_verifies_but_not_with_an_anchor(place: LedgerPlace) -> None:
    anchor = place.write_some()
    place.tamper("DELETE FROM ledger_entry WHERE seq > 8")
    assert place.named() == set()
    assert place.named(anchor) == {8}
    assert place.named_since(anchor) == {8}


def test_a_ledger_that_was_rewritten_verifies_but_not_with_an_anchor(place: LedgerPlace) -> None:
    anchor = place.write_some()
    place.tamper("DELETE FROM ledger_entry")
    with place.open() as ledger:
        append(ledger, *(score_run(number, output="better") for number in range(1, 12)))
    assert place.named() == set()
    assert place.named(anchor) == {anchor.size}
    assert place.named(anchor.model_copy(update={"root": None})) == {anchor.size}
    # The entries after it do not continue from the anchor either.
    assert place.named_since(anchor) == {anchor.size, anchor.size + 1}


def test_an_anchor_with_another_root_is_not_that_of_the_ledger(place: LedgerPlace) -> None:
    anchor = place.write_some().model_copy(update={"root": sha("other")})
    assert place.named(anchor) == {anchor.size}
    assert place.named_since(anchor) == {anchor.size}


def test_verifying_since_an_anchor_finds_what_is_wrong_after_it(place: LedgerPlace) -> None:
    anchor = place.write_some()
    with place.open() as ledger:
        append(ledger, *map(score_run, range(100, 110)))
    place.change("subject = 'other'", 15)
    assert place.named_since(anchor) == {15}


def test_verifying_since_an_anchor_finds_changed_hashes_before_it(place: LedgerPlace) -> None:
    anchor = place.write_some()
    place.change(f"entry_hash = {place.blob('5a' * 32)}", 3)
    assert place.named_since(anchor) == {anchor.size}
    # Without a root nothing is known of the entries before the last.
    assert place.named_since(anchor.model_copy(update={"root": None})) == set()


def test_verifying_since_an_empty_anchor_is_verifying_all(place: LedgerPlace) -> None:
    place.write_some()
    empty = Anchor(size=0, head=f"sha256:{'0' * 64}")
    assert place.named_since(empty) == set()
    place.change("subject = 'other'", 1)
    assert place.named_since(empty) == {1}


def test_a_damaged_page_anywhere_is_a_problem_and_not_a_crash(
    sqlite_place: SqlitePlace, tmp_path: Path
) -> None:
    sqlite_place.write_some(60)
    whole = sqlite_place.path.read_bytes()
    damaged = SqlitePlace(tmp_path / "damaged.sqlite")
    # Tables as well as indexes; the schema and what SQLite keeps about itself are on page 1.
    for page in range(1, len(whole) // 4_096):
        content = bytearray(whole)
        content[page * 4_096 + 8 : page * 4_096 + 40] = bytes(32)
        damaged.path.write_bytes(content)
        assert damaged.named(), f"page {page}"


def test_a_database_without_a_ledger_in_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE candidate (name)")
    connection.close()
    with pytest.raises(NothingThereError, match="holds no audit ledger"), Ledger.read(path):
        pass


def test_a_file_that_is_no_database_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"candidate,answer\n" * 1_000)
    with pytest.raises(StorageError, match="not a database"), Ledger.read(path):
        pass
