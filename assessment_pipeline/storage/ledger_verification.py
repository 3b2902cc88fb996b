"""Verifying a stored ledger: all of it, or what came after an anchor or a head that is trusted.

How a chain holds together is `core.ledger`; here it is read, a batch at a time, and compared
with an anchor. Nothing that grows with the ledger is kept.
"""

from collections.abc import Iterator
from typing import Protocol

from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.core.ledger import (
    GENESIS,
    Anchor,
    ChainProblem,
    ChainVerifier,
    Entry,
    Head,
)
from assessment_pipeline.core.merkle import GrowingTree
from assessment_pipeline.errors import StorageError


class VerifiableLedger(Protocol):
    """What of a ledger is read to verify it."""

    def damage(self) -> list[str]:
        """Return what the database finds wrong with itself."""

    def repeated_keys(self) -> Iterator[ChainProblem]:
        """Yield the entries whose dedup_key an earlier one has."""

    def entries(self, *, after_seq: int = 0) -> Iterator[Entry]:
        """Yield the entries after a position, in order."""

    def hash_at(self, seq: int) -> bytes | None:
        """Return the hash of the entry at a position."""

    def entry_hashes(self, *, up_to: int | None = None) -> Iterator[bytes]:
        """Yield the entry hashes up to a position, in order."""


def verify_all(ledger: VerifiableLedger, anchor: Anchor | None) -> list[ChainProblem]:
    """Return every problem of a ledger; only with an anchor does a cut or rewrite show."""
    problems: list[ChainProblem] = []
    last = 0
    verifier, tree = ChainVerifier(), _tree_for(anchor)
    try:
        problems.extend(ChainProblem(0, line) for line in ledger.damage())
        for entry in ledger.entries():
            last = entry.seq
            problems += verifier.check(entry)
            if tree is not None:
                tree.add(_leaf(entry.entry_hash))
            if anchor is not None and last == anchor.size:
                problems += _compare(anchor, entry.entry_hash, tree)
        problems.extend(ledger.repeated_keys())
    except StorageError as error:
        problems.append(ChainProblem(last, f"nothing after it can be read: {error}"))
    return [*problems, *_missing_at_the_end(last, anchor)]


def verify_since(ledger: VerifiableLedger, anchor: Anchor) -> list[ChainProblem]:
    """Return every problem of what came after an anchor, and whether it continues from there.

    Of the entries before, only the hashes are read: if the anchor has a root, they are those
    that it was made of. Their bodies are not looked at.
    """
    problems: list[ChainProblem] = []
    last = 0
    this_hash = GENESIS
    tree = _tree_for(anchor)
    try:
        for this_hash in ledger.entry_hashes(up_to=anchor.size):
            last += 1
            if tree is not None:
                tree.add(_leaf(this_hash))
        if 0 < last == anchor.size:
            problems += _compare(anchor, this_hash, tree)
        verifier = ChainVerifier(Head(anchor.size, anchor.head_hash if anchor.size else GENESIS))
        for entry in ledger.entries(after_seq=anchor.size):
            last = entry.seq
            problems += verifier.check(entry)
        problems.extend(ledger.repeated_keys())
    except StorageError as error:
        problems.append(ChainProblem(last, f"nothing after it can be read: {error}"))
    return [*problems, *_missing_at_the_end(last, anchor)]


def verify_tail(ledger: VerifiableLedger, known: Head, anchor: Anchor | None) -> list[ChainProblem]:
    """Return every problem of what came after a head that the ledger has, reading nothing else.

    An anchor's head is compared wherever it lies, its root is not: that takes all hashes.
    """
    problems: list[ChainProblem] = []
    last = known.seq
    verifier = ChainVerifier(known)
    try:
        if anchor is not None and 0 < anchor.size <= known.seq:
            problems += _compare(anchor, ledger.hash_at(anchor.size), None)
        for entry in ledger.entries(after_seq=known.seq):
            last = entry.seq
            problems += verifier.check(entry)
            if anchor is not None and last == anchor.size:
                problems += _compare(anchor, entry.entry_hash, None)
    except StorageError as error:
        problems.append(ChainProblem(last, f"nothing after it can be read: {error}"))
    return [*problems, *_missing_at_the_end(last, anchor)]


def _tree_for(anchor: Anchor | None) -> GrowingTree | None:
    return GrowingTree() if anchor is not None and anchor.root is not None else None


def _leaf(entry_hash: object) -> bytes:
    """Return an entry's leaf, whatever somebody may have put in its place."""
    return entry_hash if isinstance(entry_hash, bytes) else b""


def _compare(
    anchor: Anchor, entry_hash: object, tree: GrowingTree | None
) -> Iterator[ChainProblem]:
    if entry_hash != anchor.head_hash:
        yield ChainProblem(anchor.size, "its hash is not the anchor's: the ledger was rewritten")
    elif tree is not None and HASH_PREFIX + tree.root().hex() != anchor.root:
        message = "the Merkle root up to here is not the anchor's: an earlier hash was changed"
        yield ChainProblem(anchor.size, message)


def _missing_at_the_end(last: int, anchor: Anchor | None) -> Iterator[ChainProblem]:
    if last == 0:
        yield ChainProblem(0, "it is empty: even LEDGER_CREATED is gone")
    if anchor is not None and anchor.size > last:
        message = f"it is the last, but the anchor knows {anchor.size} entries: it was cut"
        yield ChainProblem(last, message)
