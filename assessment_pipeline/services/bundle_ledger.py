"""The ledger's part of a bundle to be: the day's entries, the proof, and what ties it to an anchor.

Reads the ledger as a stream; keeps the places of the entries, never the entries.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from assessment_pipeline.core.bundles import ContinuedLedger, LedgerLine, as_text, ledger_line
from assessment_pipeline.core.ledger import Anchor, Entry, entry_hash
from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.core.merkle_batch import BatchProver, ProvedTree, consistency_nodes
from assessment_pipeline.errors import IntegrityError, LedgerError, UsageError
from assessment_pipeline.storage.ledger import Ledger

_EVENTS_A_LOOK: Final = 2_000


def positions(ledger: Ledger, events: Iterator[Event]) -> list[int]:
    """Return the seq of each event, sorted; LedgerError if one is not recorded just so."""
    places: set[int] = set()
    while some := list(islice(events, _EVENTS_A_LOOK)):
        places.update(ledger.positions(some))
    return sorted(places)


def ledger_lines(ledger: Ledger, places: list[int]) -> Iterator[bytes]:
    """Yield the entries at sorted places as lines; LedgerError if one was changed."""
    for entry in _entries(ledger, places):
        line = LedgerLine(entry.body.decode(), as_text(entry.prev_hash), entry.seq)
        yield ledger_line(line)


def _entries(ledger: Ledger, places: list[int]) -> Iterator[Entry]:
    """Yield the entries at sorted places, reading those that follow each other together."""
    begin = 0
    for number, seq in enumerate(places, start=1):
        if number < len(places) and places[number] == seq + 1:
            continue
        run = places[begin:number]
        batch = min(len(run), _EVENTS_A_LOOK)
        found = islice(ledger.entries(after_seq=run[0] - 1, batch=batch), len(run))
        for expected, entry in zip(run, found, strict=True):
            if entry.seq != expected or not _is_whole(entry):
                raise _changed(ledger)
            yield entry
        begin = number


def _is_whole(entry: Entry) -> bool:
    try:
        return entry_hash(entry.prev_hash, entry.body) == entry.entry_hash
    except TypeError:  # a column holds text where it should hold bytes
        return False


def _changed(ledger: Ledger) -> LedgerError:
    return LedgerError(
        f"The ledger {ledger.where} is not as it was written; "
        "run `assessment-pipeline ledger verify` to see where."
    )


def proved(ledger: Ledger, places: list[int]) -> ProvedTree:
    """Prove the entries against the ledger as it was after the last of them."""
    tree, proved = BatchProver(), set(places)
    for leaf in ledger.entry_hashes(up_to=places[-1]):
        tree.add(leaf, is_proved=tree.size + 1 in proved)
    if tree.size != places[-1]:
        raise _changed(ledger)
    return tree.finish()


def continued(ledger: Ledger, tree: ProvedTree, anchor: Anchor) -> ContinuedLedger | None:
    """Tie the bundle's tree to that of an anchor; nothing is needed if it is the same."""
    if anchor.size < tree.size:
        raise UsageError(
            f"The anchor is of {anchor.size} entries, the day's last one is entry {tree.size}: "
            "take a later anchor, or none."
        )
    if anchor.root is None:
        raise UsageError(
            "The anchor has no root, which the proof needs; "
            "`assessment-pipeline ledger head --json` makes one that has."
        )
    if ledger.anchor(anchor.size) != anchor:
        raise IntegrityError(
            f"The ledger {ledger.where} does not continue from the anchor: it was cut or "
            "rewritten, or the anchor is another home's; run `assessment-pipeline ledger verify`."
        )
    if anchor.size == tree.size:
        return None
    path = consistency_nodes(ledger.entry_hashes(up_to=anchor.size), tree.size)
    return ContinuedLedger(path=tuple(map(as_text, path)), root=anchor.root, size=anchor.size)
