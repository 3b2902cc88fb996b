"""The ledger's part of a bundle: its entries, the proof that they are in one tree, the anchor.

Holds what can be told from the entries and the proof alone, and the comparison with what the
scores give; deriving those is `services.bundle_scores`.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from assessment_pipeline.core.bundles import (
    CONSISTENCY,
    LEDGER,
    PROOF,
    BundleManifest,
    ContinuedLedger,
    LedgerProof,
    as_bytes,
    as_text,
    read_ledger_line,
)
from assessment_pipeline.core.hashing import leaf_hash
from assessment_pipeline.core.ledger import Anchor, ChainVerifier, Entry, Head, entry_hash
from assessment_pipeline.core.ledger_events import Event, EventPayload, ScoringRunCreated
from assessment_pipeline.core.merkle import is_consistent
from assessment_pipeline.core.merkle_batch import root_from
from assessment_pipeline.errors import IntegrityError, LedgerError
from assessment_pipeline.services.bundle_file import BundleFile

Payload = TypeVar("Payload", bound=EventPayload)


class _Recorded(NamedTuple):
    seq: int
    event_type: str
    subject: str
    payload: bytes


class BundledEntries:
    """The entries of a bundle, in order of seq."""

    def __init__(self, file: BundleFile) -> None:
        """Read all of them; what is wrong with one is a difference."""
        self.differences: list[str] = []
        self.contradictions: list[str] = []
        """What was expected and is not recorded so."""
        self.last = Head(0, b"")
        self._recorded: dict[str, _Recorded] = {}
        self._leaves: list[tuple[int, bytes]] = []
        self._payloads: list[EventPayload] = []
        try:
            for number, (_, line) in enumerate(file.lines(LEDGER), start=1):
                self._read(number, line)
        except IntegrityError as error:
            self.differences.append(f"{error}.")

    def _read(self, number: int, content: bytes) -> None:
        where = f"{LEDGER}, line {number}"
        try:
            line, prev_hash, body_bytes = read_ledger_line(content)
        except IntegrityError as error:
            self.differences.append(f"{where} {error}.")
            return
        this = Head(line.seq, entry_hash(prev_hash, body_bytes))
        if line.seq <= self.last.seq:
            self.differences.append(f"{where}: seq {line.seq} does not follow {self.last.seq}.")
            return
        if line.seq == self.last.seq + 1 and self._leaves and prev_hash != self.last.entry_hash:
            self.differences.append(
                f"{where}: entry {line.seq} follows {as_text(prev_hash)}, "
                f"but entry {self.last.seq} is {as_text(self.last.entry_hash)}."
            )
        self.last = this
        self._leaves.append((line.seq - 1, leaf_hash(this.entry_hash)))
        entry = Entry(line.seq, prev_hash, this.entry_hash, "", "", "", body_bytes)
        try:
            body = entry.read_body()
            payload = body.read_payload()
        except LedgerError as error:
            self.differences.append(f"{where}: {error}.")
            return
        entry = entry._replace(
            dedup_key=body.dedup_key, event_type=body.event_type, subject=body.subject
        )
        found = ChainVerifier(Head(line.seq - 1, prev_hash)).check(entry)
        self.differences += [f"{where}: {problem}." for problem in found]
        if body.dedup_key in self._recorded:
            self.differences.append(f"{where}: entry {line.seq} records what an earlier one does.")
        self._recorded[body.dedup_key] = _Recorded(
            line.seq, body.event_type, body.subject, bytes(body.payload)
        )
        # A score run each would be the many; they are compared by their bytes.
        if not isinstance(payload, ScoringRunCreated):
            self._payloads.append(payload)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._leaves)

    def payloads(self, model: type[Payload]) -> list[Payload]:
        """Return what is recorded of one kind, score runs excepted."""
        return [payload for payload in self._payloads if isinstance(payload, model)]

    def expect(self, event: Event, of: str) -> None:
        """See that an event is recorded just so; `of` names to a person what it is about."""
        found = self._recorded.pop(event.dedup_key, None)
        if found is None:
            self.contradictions.append(
                f"Ledger: no entry records {event.event_type} of {of} ({event.dedup_key})."
            )
        elif (found.subject, found.payload) != (event.subject, event.payload.canonical()):
            self.contradictions.append(
                f"Ledger: entry {found.seq} records {event.event_type} of {of} with another "
                "content than is derived."
            )

    def unexpected(self, others: set[str]) -> Iterator[str]:
        """Yield what is recorded without need, once everything was expected.

        `others` are keys of entries that cannot be derived from a bundle, and were looked at.
        """
        for key, found in self._recorded.items():
            if key not in others:
                yield (
                    f"Ledger: entry {found.seq} ({found.event_type}) records nothing that the "
                    "sessions and rubrics of the bundle give."
                )

    def root(self, file: BundleFile, manifest: BundleManifest) -> bytes | None:
        """Return the root that the entries and the proof give; None, and why, if they give none."""
        try:
            proof = LedgerProof.read(file.read(PROOF))
        except IntegrityError as error:
            self.differences.append(f"{error}.")
            return None
        if proof.size != self.last.seq:
            self.differences.append(
                f"{PROOF} is of {proof.size} entries, the last one here is entry {self.last.seq}."
            )
        if (proof.size, proof.root) != (manifest.ledger.size, manifest.ledger.root):
            self.differences.append(
                f"{PROOF} is of {proof.size} entries with root {proof.root}, bundle.json says "
                f"{manifest.ledger.size} and {manifest.ledger.root}."
            )
        root = root_from(proof.size, self._leaves, map(as_bytes, proof.nodes))
        if root is None:
            self.differences.append(f"{PROOF} is no proof of these entries: it has other nodes.")
        elif as_text(root) != proof.root:
            self.differences.append(
                f"{PROOF}: the entries give the root {as_text(root)}, it says {proof.root}."
            )
        return root


class AnchorCheck(NamedTuple):
    """What an anchor shows of a bundle."""

    differences: list[str]
    gaps: list[str]
    is_shown: bool


def check_anchor(
    file: BundleFile, last: Head, root: bytes | None, anchor: Anchor | None
) -> AnchorCheck:
    """Hold the tree of a bundle against an anchor, and what ties it to one against itself."""
    found = AnchorCheck([], [], is_shown=False)
    continued = None
    if CONSISTENCY in file.names:
        try:
            continued = ContinuedLedger.read(file.read(CONSISTENCY))
        except IntegrityError as error:
            found.differences.append(f"{error}.")
    if root is None:
        if anchor is not None:
            found.gaps.append("Without a proof the bundle cannot be held against an anchor.")
        return found
    if continued is not None and not _is_continued(last.seq, root, continued):
        found.differences.append(
            f"{CONSISTENCY} does not show that a ledger of {continued.size} entries with root "
            f"{continued.root} continues the one of the bundle."
        )
    if anchor is None:
        return found
    return _against(anchor, last, root, continued, found)


def _is_continued(size: int, root: bytes, continued: ContinuedLedger) -> bool:
    path = [as_bytes(text) for text in continued.path]
    is_later = continued.size > size
    return is_later and is_consistent(size, root, continued.size, as_bytes(continued.root), path)


def _against(
    anchor: Anchor, last: Head, root: bytes, continued: ContinuedLedger | None, found: AnchorCheck
) -> AnchorCheck:
    if anchor.size == last.seq:
        if anchor.head_hash != last.entry_hash or anchor.root not in {None, as_text(root)}:
            found.differences.append(
                f"The anchor is of {anchor.size} entries with root {anchor.root} and head "
                f"{anchor.head}, the bundle gives {as_text(root)} and {as_text(last.entry_hash)}: "
                "it is not of the ledger that was anchored."
            )
    elif continued is None or continued.size != anchor.size or anchor.root is None:
        found.gaps.append(
            f"The bundle is of a ledger of {last.seq} entries, and nothing in it leads to the "
            f"anchor's {anchor.size}: make it again with `export --bundle FILE --anchor ANCHOR`, "
            "which takes an anchor with a root, made after the day was scored."
        )
        return found
    elif anchor.root != continued.root:
        found.differences.append(
            f"The anchor of {anchor.size} entries has the root {anchor.root}, {CONSISTENCY} says "
            f"{continued.root}: the bundle is not of the ledger that was anchored."
        )
    return found._replace(is_shown=not found.differences)
