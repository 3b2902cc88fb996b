"""Anchors: the ledger's size and head, kept in a file outside of it.

Only an anchor shows that a ledger was cut or rewritten as a whole. So one is never replaced by
the head of a ledger that contradicts it.
"""

from pathlib import Path

from pydantic import ValidationError

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.ledger import Anchor, Head
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
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
    return canonical_json(anchor.model_dump()) + b"\n"


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
    if found.anchor() != anchor:
        raise IntegrityError(
            f"The ledger {ledger.where} does not continue from the anchor {path}: it was cut or "
            "rewritten, or the anchor is another home's. Run `assessment-pipeline verify "
            f"--anchor {path}`; the anchor was left as it is."
        )


def renew_anchor(path: Path, ledger: Ledger) -> Anchor:
    """Write the ledger's head into an anchor file, durably, if it continues from what is there."""
    check_anchor(path, ledger)
    anchor = ledger.head().anchor()
    write_durably(path, anchor_json(anchor))
    return anchor
