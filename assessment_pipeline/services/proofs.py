"""Proofs: one ledger entry, with all that somebody needs who has an anchor and nothing of ours.

docs/check_proof.py checks what is made here, with Python's standard library alone.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assessment_pipeline.core.hashing import HASH_PREFIX, canonical_json, leaf_hash, merkle_root
from assessment_pipeline.core.ledger import Entry
from assessment_pipeline.core.ledger_fields import ContentHash, Count, Ordinal
from assessment_pipeline.core.merkle import consistency_path, inclusion_path
from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.storage.ledger import Ledger

Path = Annotated[tuple[ContentHash, ...], Field(max_length=64)]


class Consistency(BaseModel):
    """That the ledger's tree continues that of its first entries (RFC 9162, section 2.1.4)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    size: Count
    root: ContentHash
    path: Path


class LedgerProof(BaseModel):
    """One entry, that it is in a ledger of a size and root, and which older one that continues."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    seq: Ordinal
    body: str
    prev_hash: ContentHash
    entry_hash: ContentHash
    size: Ordinal
    root: ContentHash
    inclusion: Path
    consistency: Consistency | None = None

    def as_json(self) -> bytes:
        """Return the proof as its file holds it."""
        return canonical_json(self.model_dump(mode="json", exclude_none=True)) + b"\n"


def prove(ledger: Ledger, seq: int, against: int | None = None) -> LedgerProof:
    """Prove that an entry is in the ledger; `against` is the size of an older anchor."""
    entry = _entry(ledger, seq)
    entry_hashes = list(ledger.entry_hashes())
    size = len(entry_hashes)
    if seq > size or entry_hashes[seq - 1] != entry.entry_hash:
        raise UsageError(
            f"the entries of the ledger {ledger.where} are not numbered as they stand: "
            "run `assessment-pipeline ledger verify`"
        )
    if against is not None and not 0 <= against <= size:
        raise UsageError(
            f"the ledger has {size} entries, so it cannot continue one of {against}: "
            "name the size that an anchor gives"
        )
    leaves = [leaf_hash(each) for each in entry_hashes]
    return LedgerProof(
        seq=seq,
        body=entry.body.decode(),
        prev_hash=_text(entry.prev_hash),
        entry_hash=_text(entry.entry_hash),
        size=size,
        root=merkle_root(entry_hashes),
        inclusion=tuple(map(_text, inclusion_path(leaves, seq - 1))),
        consistency=None
        if against is None
        else Consistency(
            size=against,
            root=merkle_root(entry_hashes[:against]),
            path=tuple(map(_text, consistency_path(leaves, against))),
        ),
    )


def _entry(ledger: Ledger, seq: int) -> Entry:
    for entry in ledger.entries(after_seq=seq - 1, batch=1):
        if entry.seq == seq:
            return entry
        break
    raise NothingThereError(
        f"The ledger {ledger.where} has no entry {seq}; "
        "`assessment-pipeline ledger head` says how many there are."
    )


def _text(hash_: bytes) -> str:
    return HASH_PREFIX + hash_.hex()
