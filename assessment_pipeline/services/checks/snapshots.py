"""Checks on captured sessions: nothing lost, hashes re-derive, names not read, conflicts."""

from functools import partial
from typing import Final

from assessment_pipeline.core.hashing import hash_bytes, partition_hash
from assessment_pipeline.services.checks.findings import Finding, finding_of, named
from assessment_pipeline.services.checks.passed_before import passed_before
from assessment_pipeline.services.conflicts import conflicts_across_days
from assessment_pipeline.services.extract import captured_sessions
from assessment_pipeline.services.indexes import (
    CapturedFile,
    CapturedRecord,
    QuarantineFile,
    RejectedLine,
    SnapshotsIndex,
    StandingSession,
    read_rows,
)
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline.sources.folder import delivery_files
from assessment_pipeline.storage.artifacts import ArtifactStore
from assessment_pipeline.storage.files import blocks_of

_LF: Final = b"\n"


def nothing_lost(place: Workplace, partition: str) -> Finding:
    """Every line read is accepted, a duplicate, or in quarantine: the counts add up."""
    index = captured_sessions(place, partition)
    counts = index.counts
    store = place.home.artifacts
    problems = []
    accounted = counts.accepted + counts.duplicates + counts.quarantined
    if counts.lines_read != accounted:
        problems.append(f"{counts.lines_read} lines were read, {accounted} are accounted for.")
    rejected = 0
    for file in index.files:
        refused = sum(1 for _ in read_rows(store, file.rejected, RejectedLine))
        records = sum(1 for _ in read_rows(store, file.records, CapturedRecord))
        rejected += refused
        if file.lines_read != records + refused:
            problems.append(
                f"{file.name}: {file.lines_read} lines were read, {records} records and "
                f"{refused} rejected lines are kept."
            )
    lines_read = sum(file.lines_read for file in index.files)
    if lines_read != counts.lines_read:
        problems.append(f"The files have {lines_read} lines, the day {counts.lines_read}.")
    if rejected > counts.quarantined or sum(index.reasons.values()) != counts.quarantined:
        problems.append("The reasons do not add up to the quarantined lines.")
    quarantined = _quarantined_lines(place, partition, index.quarantine)
    if quarantined != counts.quarantined:
        problems.append(
            f"The quarantine holds {quarantined} records instead of {counts.quarantined}."
        )
    return finding_of(
        problems,
        f"{counts.lines_read} lines read: {counts.accepted} accepted, {counts.duplicates} "
        f"duplicates, {counts.quarantined} in quarantine.",
        lines_read=counts.lines_read,
        accepted=counts.accepted,
        duplicates=counts.duplicates,
        quarantined=counts.quarantined,
    )


def _quarantined_lines(place: Workplace, partition: str, file: QuarantineFile | None) -> int:
    if file is None:
        return 0
    path = place.home.quarantine / partition / file.name
    return sum(block.count(_LF) for block in blocks_of(path)) if path.is_file() else 0


def hashes_rederive(place: Workplace, partition: str) -> Finding:
    """Each session's id is the hash of its stored line, and the day's hash follows from them."""
    index = captured_sessions(place, partition)
    store = place.home.artifacts
    problems: list[str] = []
    checked = 0
    with passed_before(place, partition, "response_snapshots.hashes_rederive") as before:
        for file in index.files:
            if not store.holds(file.lines):
                problems.append(f"The stored lines of {file.name} are missing or changed.")
                continue
            look = partial(_wrong_lines, store, file)
            problems += before.problems([file.lines, file.records], look)
            checked += sum(1 for _ in store.lines(file.records))
        look = partial(_wrong_content_hash, store, index)
        problems += before.problems([index.sessions], look, also=index.content_hash)
    return finding_of(
        problems, f"{checked} response snapshots have the hash they are named by.", checked=checked
    )


def _wrong_content_hash(store: ArtifactStore, index: SnapshotsIndex) -> list[str]:
    leaves = [
        (session.response_snapshot_id,)
        for session in read_rows(store, index.sessions, StandingSession)
    ]
    if partition_hash(leaves) == index.content_hash:
        return []
    return ["The day's content hash does not follow from its sessions."]


def _wrong_lines(store: ArtifactStore, file: CapturedFile) -> list[str]:
    problems = []
    with store.opened(file.lines) as content:
        for record in read_rows(store, file.records, CapturedRecord):
            line = content[record.offset : record.offset + record.length]
            if hash_bytes(line) != record.response_snapshot_id:
                problems.append(
                    f"{file.name} line {record.line} is not what its id "
                    f"{record.response_snapshot_id} says."
                )
    return problems


def all_file_names_read(place: Workplace, partition: str) -> Finding:
    """Every name in the delivery folder is a delivery file (.jsonl, .jsonl.gz, .jsonl.zst)."""
    folder = delivery_files(place.home.delivery_folder(partition))
    if not folder.unread:
        return Finding(
            passed=True,
            description=f"All {len(folder.files)} names in the delivery folder are read.",
            counts={"not_read": 0},
        )
    return Finding(
        passed=False,
        description=(
            f"Not read, because they do not end in .jsonl, .jsonl.gz or .jsonl.zst: "
            f"{named(folder.unread, ', ')}. Rename them if they are deliveries."
        ),
        counts={"not_read": len(folder.unread)},
    )


def no_conflicts_across_days(place: Workplace, partition: str) -> Finding:
    """No session and attempt of this day came with other content on another day."""
    conflicts = conflicts_across_days(place, partition)
    if not conflicts:
        return Finding(
            passed=True,
            description="No session of this day was delivered with other content on another day.",
            counts={"conflicts": 0},
        )
    days = sorted({conflict.other_date for conflict in conflicts})
    first = conflicts[0]
    return Finding(
        passed=False,
        description=(
            f"Sessions that came with other content on another day too: {len(conflicts):,} "
            f"({named(days, ', ')}). Both stay scored, each in its day. The first: "
            f"{first.response_snapshot_id} here, {first.other_id} there; the ledger has them all "
            "(`ledger show --type SNAPSHOT_CONFLICT`)."
        ),
        counts={"conflicts": len(conflicts)},
    )
