"""Anchors: the ledger's size, head and Merkle root, kept in a file outside of it.

Only an anchor shows that a ledger was cut or rewritten as a whole. So one is never replaced by
the head of a ledger that contradicts it.

That an anchor was renewed is recorded in the ledger too, in this order: the file first, then
LEDGER_ANCHORED, so that no entry claims what did not happen. The anchor does not cover that last
entry; the next one will. A renewal with nothing new before that entry changes nothing, and
whoever is killed in between records it the next time.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.ledger import Anchor, Head
from assessment_pipeline.core.ledger_events import LedgerAnchored
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.services.steps import utc_now
from assessment_pipeline.storage.files import read_file, write_durably
from assessment_pipeline.storage.ledger import Ledger


def read_anchor(path: Path) -> Anchor:
    """Read an anchor file, as `ledger head --json` prints it."""
    if not path.exists():
        raise NothingThereError(
            f"There is no anchor {path}; `assessment-pipeline ledger head --json` makes one."
        )
    try:
        return Anchor.model_validate_json(read_file(path))
    except ValidationError:
        raise UsageError(
            f"{path} is no anchor; `assessment-pipeline ledger head --json` makes one."
        ) from None


def anchor_json(anchor: Anchor) -> bytes:
    """Return an anchor as its file holds it."""
    return canonical_json(anchor.model_dump(exclude_none=True)) + b"\n"


def check_anchor(path: Path, ledger: Ledger) -> None:
    """Raise IntegrityError if the ledger is not one that continues from an anchor file.

    No file yet is right: the first anchor is still to be made. This looks at the one entry that
    the anchor names; `verify` looks at all of them.
    """
    if not path.exists():
        return
    anchor = read_anchor(path)
    found = Head(0, bytes(32))
    if anchor.size:
        for entry in ledger.entries(after_seq=anchor.size - 1, batch=1):
            found = Head(entry.seq, entry.entry_hash)
            break
    if found != Head(anchor.size, anchor.head_hash):
        raise IntegrityError(
            f"The ledger {ledger.where} does not continue from the anchor {path}: it was cut or "
            "rewritten, or the anchor is another home's. Run `assessment-pipeline verify "
            f"--anchor {path}`; the anchor was left as it is."
        )


def renew_anchor(
    path: Path,
    ledger: Ledger,
    *,
    clock: Callable[[], datetime] = utc_now,
    actor: str = "assessment-pipeline",
) -> Anchor:
    """Write where the ledger ends into an anchor file, durably, and record that.

    IntegrityError, and nothing is written, if it does not continue from what is there.
    """
    check_anchor(path, ledger)
    anchor = ledger.anchor(_size_to_anchor(ledger))
    if not path.exists() or read_anchor(path) != anchor:
        write_durably(path, anchor_json(anchor))
    if anchor.size:
        ledger.append(
            [LedgerAnchored(seq=anchor.size, entry_hash=anchor.head).event()],
            recorded_at=clock().isoformat(timespec="microseconds").replace("+00:00", "Z"),
            run_id=None,
            actor=actor,
        )
    return anchor


def _size_to_anchor(ledger: Ledger) -> int:
    """Return how many entries there are, but for one that records that all others are anchored."""
    size = ledger.head().seq
    for entry in ledger.entries(after_seq=size - 1, batch=1):
        payload = entry.read_body().read_payload()
        if isinstance(payload, LedgerAnchored) and payload.seq == size - 1:
            return size - 1
    return size
