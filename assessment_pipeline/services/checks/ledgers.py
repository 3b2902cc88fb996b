"""Checks on the audit ledger."""

import contextlib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec

from assessment_pipeline.core.ledger import Head
from assessment_pipeline.errors import StorageError
from assessment_pipeline.services.anchors import read_anchor
from assessment_pipeline.services.checks.findings import Finding, finding_of
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline.storage.files import read_file, write_durably

# A quarter of a second. A ledger grows for years, and is looked at for every day that is scored:
# of a longer one the new entries are read each time, and all of them once a week.
WHOLE_UP_TO: Final = 20_000
WHOLE_AGAIN: Final = timedelta(days=7)


class _Verified(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a ledger held together, and when it was last read from the beginning."""

    entry_hash: str
    ledger: str
    """Where it is."""
    seq: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    whole_on: date


def ledger_verifies(place: Workplace, _: str, anchor_file: Path | None = None) -> Finding:
    """The audit ledger's hash chain holds from its first entry to its last."""  # noqa: D401 - what must hold
    has_anchor = anchor_file is not None and anchor_file.exists()
    anchor = read_anchor(anchor_file) if has_anchor and anchor_file else None
    today = place.clock().date()
    # Read before the head, which another run may move on.
    known = _verified_before(place, today)
    head = place.ledger.head()
    if head.seq <= WHOLE_UP_TO:
        known = None
    if known is None:
        problems = place.ledger.verify(anchor)
        held = f"All {head.seq} entries hold together"
    else:
        problems = place.ledger.verify_tail(_head_of(known), anchor)
        held = (
            f"The {head.seq - known.seq} entries since entry {known.seq} hold together and "
            f"continue from it; all before were read on {known.whole_on}"
        )
    if not problems and head.seq > WHOLE_UP_TO:
        _keep(place, head, today if known is None else known.whole_on)
    against = "and it continues from the anchor" if anchor else "not checked against an anchor"
    return finding_of(
        [f"{problem}." for problem in problems], f"{held}; {against}.", entries=head.seq
    )


def _verified_before(place: Workplace, today: date) -> _Verified | None:
    """Return how far the ledger was verified, if that is enough to go on from there."""
    path = _path(place)
    if not path.is_file():
        return None
    try:
        known = msgspec.json.decode(read_file(path), type=_Verified)
        is_ours = (
            known.ledger == place.ledger.where
            and place.ledger.hash_at(known.seq) == _head_of(known).entry_hash
        )
    except (ValueError, StorageError):
        return None
    is_recent = timedelta(0) <= today - known.whole_on < WHOLE_AGAIN
    # Of another ledger, or of this one before it was restored: no reason for alarm, but to read on.
    return known if is_ours and is_recent else None


def _keep(place: Workplace, head: Head, whole_on: date) -> None:
    verified = _Verified(head.entry_hash.hex(), place.ledger.where, head.seq, whole_on)
    content = msgspec.json.encode(verified) + b"\n"
    path = _path(place)
    # A check says what it found also where nothing can be written any more.
    with contextlib.suppress(StorageError):
        if not path.is_file() or read_file(path) != content:
            write_durably(path, content)


def _head_of(known: _Verified) -> Head:
    return Head(known.seq, bytes.fromhex(known.entry_hash))


def _path(place: Workplace) -> Path:
    return place.home.checked / "csv_exports.ledger_verifies.json"
