"""Anchors: made of a ledger's head, and never replaced by a ledger that contradicts them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.core.ledger_events import LedgerAnchored, ScorecardsGenerated
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.services.anchors import (
    anchor_json,
    check_anchor,
    read_anchor,
    renew_anchor,
)
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline_tests.installations import Installation

HASH = "sha256:" + "0" * 64


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    with Installation(tmp_path / "home").workplace() as place:
        yield place


def record_something(place: Workplace) -> None:
    """Append one more entry."""
    seq = place.ledger.head().seq
    payload = ScorecardsGenerated(
        delivery_date="2026-11-20",
        content_hash=HASH,
        scorecards=seq,
        engine_version="1",
        export_version="1",
    )
    assert place.record([payload.event()]) == 1


def test_an_anchor_is_where_the_ledger_ended(place: Workplace, tmp_path: Path) -> None:
    ended = place.ledger.anchor()
    assert ended.root is not None
    assert renew_anchor(tmp_path / "anchor.json", place.ledger) == ended
    assert read_anchor(tmp_path / "anchor.json") == ended


def test_that_an_anchor_was_made_is_recorded_after_it(place: Workplace, tmp_path: Path) -> None:
    anchor = renew_anchor(tmp_path / "anchor.json", place.ledger)
    (recorded,) = place.ledger.payloads(LedgerAnchored)
    assert recorded == LedgerAnchored(seq=anchor.size, entry_hash=anchor.head)
    assert place.ledger.head().seq == anchor.size + 1
    assert place.ledger.verify(anchor) == []


def test_an_anchor_is_renewed_when_the_ledger_has_grown(place: Workplace, tmp_path: Path) -> None:
    path = tmp_path / "anchor.json"
    first = renew_anchor(path, place.ledger)
    record_something(place)
    ended = place.ledger.anchor()
    assert renew_anchor(path, place.ledger) == ended == read_anchor(path)
    # The record of the first one, and what was new.
    assert ended.size == first.size + 2


def test_renewing_an_anchor_with_nothing_new_changes_nothing(
    place: Workplace, tmp_path: Path
) -> None:
    path = tmp_path / "anchor.json"
    renew_anchor(path, place.ledger)
    before, head = path.read_bytes(), place.ledger.head()
    renew_anchor(path, place.ledger)
    assert (path.read_bytes(), place.ledger.head()) == (before, head)


def test_whoever_was_killed_before_the_record_makes_it_the_next_time(
    place: Workplace, tmp_path: Path
) -> None:
    path = tmp_path / "anchor.json"
    path.write_bytes(anchor_json(place.ledger.anchor()))
    anchor = renew_anchor(path, place.ledger)
    assert [recorded.seq for recorded in place.ledger.payloads(LedgerAnchored)] == [anchor.size]


def test_an_anchor_without_a_root_is_accepted_and_gets_one(
    place: Workplace, tmp_path: Path
) -> None:
    path = tmp_path / "anchor.json"
    without = place.ledger.head().anchor()
    path.write_bytes(anchor_json(without))
    assert b"root" not in path.read_bytes()
    check_anchor(path, place.ledger)
    assert renew_anchor(path, place.ledger).root == place.ledger.anchor(without.size).root
    assert b"root" in path.read_bytes()


@pytest.mark.parametrize(
    "known",
    [Anchor(size=1, head=HASH), Anchor(size=9, head=HASH), Anchor(size=0, head=HASH[:-1] + "1")],
)
def test_an_anchor_that_the_ledger_contradicts_is_left_as_it_is(
    place: Workplace, tmp_path: Path, known: Anchor
) -> None:
    path = tmp_path / "anchor.json"
    path.write_bytes(anchor_json(known))
    with pytest.raises(IntegrityError, match="does not continue from the anchor"):
        renew_anchor(path, place.ledger)
    assert read_anchor(path) == known


def test_an_anchor_of_an_empty_ledger_fits_any(place: Workplace, tmp_path: Path) -> None:
    path = tmp_path / "anchor.json"
    path.write_bytes(anchor_json(Anchor(size=0, head=HASH)))
    check_anchor(path, place.ledger)


def test_an_anchor_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match=r"anchor\.json"):
        read_anchor(tmp_path / "anchor.json")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"size": 1, "head": "x"}', b"\xff"])
def test_a_file_that_is_no_anchor_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "anchor.json").write_bytes(content)
    with pytest.raises(UsageError, match="no anchor"):
        read_anchor(tmp_path / "anchor.json")
