"""The check on the ledger: all of a short one; of a long one what is new, and all once a week."""

import contextlib
import dataclasses
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assessment_pipeline.services.anchors import renew_anchor
from assessment_pipeline.services.checks import ledgers
from assessment_pipeline.services.checks.findings import Finding
from assessment_pipeline_tests.installations import DAY, Installation, answers

CHANGE = "UPDATE ledger_entry SET body = x'7b7d' WHERE seq = ?"


class LongLedger:
    """A ledger that is no longer read whole each time, looked at on one day after another."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.record = installation.home.checked / "csv_exports.ledger_verifies.json"
        self.today = datetime(2025, 11, 24, 3, 0, tzinfo=UTC)

    def look(self, anchor: Path | None = None) -> Finding:
        with self.installation.workplace() as place:
            today = dataclasses.replace(place, clock=lambda: self.today)
            return ledgers.ledger_verifies(today, DAY, anchor)

    def score_another_day(self) -> int:
        """Return how many entries that was."""
        before = self.size()
        self.installation.deliver(answers(f"s-{before}"), day="2025-11-21", name=f"n-{before}")
        self.installation.score("2025-11-21")
        return self.size() - before

    def size(self) -> int:
        with self.installation.workplace() as place:
            return place.ledger.head().seq

    def tamper(self, statement: str, *values: object) -> None:
        with contextlib.closing(sqlite3.connect(self.installation.home.ledger)) as connection:
            for name in ("update", "delete"):
                connection.execute(f"DROP TRIGGER IF EXISTS ledger_entry_no_{name}")
            connection.execute(statement, values)
            connection.commit()


@pytest.fixture
def long_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LongLedger:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s1"), answers("s2"))
    installation.score()
    monkeypatch.setattr(ledgers, "WHOLE_UP_TO", 3)
    return LongLedger(installation)


def test_of_a_long_ledger_the_new_entries_are_read_and_all_after_a_week(
    long_ledger: LongLedger,
) -> None:
    size = long_ledger.size()
    assert long_ledger.look().description.startswith(f"All {size} entries hold together")
    long_ledger.today += timedelta(days=1)
    new = long_ledger.score_another_day()
    assert long_ledger.look().description == (
        f"The {new} entries since entry {size} hold together and continue from it; all before "
        "were read on 2025-11-24; not checked against an anchor."
    )
    assert f"The 0 entries since entry {size + new} hold" in long_ledger.look().description
    long_ledger.today += timedelta(days=6)
    finding = long_ledger.look()
    assert finding.description.startswith(f"All {size + new} entries hold together")
    assert finding.counts == {"entries": size + new}


def test_of_a_long_ledger_a_changed_entry_is_seen_at_once_or_after_a_week(
    long_ledger: LongLedger,
) -> None:
    assert long_ledger.look().passed
    size = long_ledger.size()
    long_ledger.score_another_day()
    long_ledger.tamper(CHANGE, size + 1)
    for _ in range(2):
        finding = long_ledger.look()
        assert not finding.passed
        assert f"entry {size + 1}: entry_hash is not the hash" in finding.description
    long_ledger.record.unlink()
    assert not long_ledger.look().passed


def test_of_a_long_ledger_an_old_entry_that_is_changed_is_seen_within_a_week(
    long_ledger: LongLedger,
) -> None:
    assert long_ledger.look().passed
    long_ledger.tamper(CHANGE, 2)
    assert long_ledger.look().passed
    long_ledger.today += timedelta(days=7)
    finding = long_ledger.look()
    assert not finding.passed
    assert "entry 2: entry_hash is not the hash" in finding.description


@pytest.mark.parametrize(
    "known", [b"", b"no JSON", b'{"seq":4,"entry_hash":"zz"}', None, b"other", b"huge"]
)
def test_a_long_ledger_whose_record_is_not_its_own_is_read_whole(
    long_ledger: LongLedger, known: bytes | None
) -> None:
    assert long_ledger.look().passed
    path = long_ledger.record
    if known is None:
        path.unlink()
    elif known == b"other":
        path.write_bytes(path.read_bytes().replace(b'"seq":', b'"seq":1'))
    elif known == b"huge":
        path.write_bytes(path.read_bytes().replace(b'"seq":', b'"seq":9999999999999999999'))
    else:
        path.write_bytes(known)
    assert long_ledger.look().description.startswith("All ")
    assert long_ledger.look().description.startswith("The 0 entries")


def test_a_copy_of_a_long_ledger_elsewhere_is_read_whole(long_ledger: LongLedger) -> None:
    assert long_ledger.look().passed
    content = long_ledger.record.read_bytes()
    assert str(long_ledger.installation.home.ledger).encode() in content
    long_ledger.record.write_bytes(content.replace(b"ledger.sqlite", b"before.sqlite"))
    assert long_ledger.look().description.startswith("All ")


def test_of_a_short_ledger_nothing_is_kept(
    long_ledger: LongLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "WHOLE_UP_TO", long_ledger.size())
    for _ in range(2):
        assert long_ledger.look().description.startswith("All ")
    assert not long_ledger.record.exists()


def test_a_clock_that_was_set_back_makes_a_long_ledger_be_read_whole(
    long_ledger: LongLedger,
) -> None:
    assert long_ledger.look().passed
    long_ledger.today -= timedelta(days=1)
    assert long_ledger.look().description.startswith("All ")


@pytest.mark.parametrize("is_newer", [False, True])
def test_a_long_ledger_is_compared_with_the_anchor_wherever_that_lies(
    long_ledger: LongLedger, tmp_path: Path, is_newer: bool
) -> None:
    anchor = tmp_path / "anchor.json"
    assert long_ledger.look().passed
    before = long_ledger.record.read_bytes()
    if is_newer:
        long_ledger.score_another_day()
    with long_ledger.installation.workplace() as place:
        renew_anchor(anchor, place.ledger)
    long_ledger.score_another_day()
    finding = long_ledger.look(anchor)
    assert finding.passed
    assert "since entry" in finding.description
    assert "continues from the anchor" in finding.description
    kept = anchor.read_text()
    head = re.findall(r"sha256:[0-9a-f]{64}", kept)[0]
    anchor.write_text(kept.replace(head, f"sha256:{'0' * 64}"), encoding="utf-8")
    if is_newer:
        # As it was before the entries that the anchor is of were read.
        long_ledger.record.write_bytes(before)
    finding = long_ledger.look(anchor)
    assert not finding.passed
    assert "its hash is not the anchor's" in finding.description
    anchor.write_text(kept.replace('"size":', '"size":9'), encoding="utf-8")
    assert "it was cut" in long_ledger.look(anchor).description
