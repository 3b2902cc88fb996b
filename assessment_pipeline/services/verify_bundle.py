"""Verify a bundle: what somebody checks who has this one file, and perhaps an anchor.

Needs no home, no ledger, no Dagster, and writes nothing. A difference never stops it. What a
bundle cannot show is said among the remarks.
"""

from dataclasses import dataclass
from pathlib import Path

from assessment_pipeline.core.bundles import BundleManifest, as_text
from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.core.ledger_events import DeliveryCaptured, ResponseSnapshotsCaptured
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.bundle_entries import BundledEntries, check_anchor
from assessment_pipeline.services.bundle_file import BundleFile
from assessment_pipeline.services.bundle_scores import BundledScores
from assessment_pipeline.services.given_files import require_file
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline.services.verification import DayChecked, Verification
from assessment_pipeline.storage.files import mapped


@dataclass(slots=True)
class BundleVerification(Verification):
    """Everything that is said of a bundle, and the ledger that its entries were proved against."""

    size: int = 0
    root: str | None = None
    is_anchored: bool = False


def verify_bundle(path: Path, anchor: Anchor | None = None) -> BundleVerification:
    """Verify a bundle.

    NothingThereError if there is no such file, UsageError if it never was a bundle; one that was
    altered is a difference.
    """
    require_file(path)
    found = BundleVerification()
    with mapped(path) as content:
        file = BundleFile(content)
        if file.is_none_at_all:
            raise UsageError(
                f"{path} is no bundle: `assessment-pipeline export --date D --bundle FILE.zip` "
                "makes one."
            )
        found.differ(file.differences)
        if file.manifest is None or file.missing:
            found.gaps.append("Nothing was derived anew: the bundle is not whole.")
        else:
            _verify_members(file, file.manifest, anchor, found)
    return found


def _verify_members(
    file: BundleFile, manifest: BundleManifest, anchor: Anchor | None, found: BundleVerification
) -> None:
    entries = BundledEntries(file)
    root = entries.root(file, manifest)
    found.ledger_entries = len(entries)
    found.size, found.root = entries.last.seq, None if root is None else as_text(root)
    checked = check_anchor(file, entries.last, root, anchor)
    found.differ([*entries.differences, *checked.differences])
    found.gaps += checked.gaps
    found.is_anchored = checked.is_shown
    day = DayChecked(manifest.delivery_date)
    found.days.append(day)
    if dict(manifest.versions) != dict(VERSIONS):
        others = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
        found.gaps.append(
            f"The bundle was made by {others}, this is "
            f"{', '.join(f'{name} {version}' for name, version in VERSIONS.items())}: its hashes "
            "and ledger entries were checked; to derive the scores anew take the release that has "
            "those versions."
        )
    else:
        scores = BundledScores(file, manifest.delivery_date, entries.expect)
        found.differ(scores.differences)
        captured = _captured(entries, scores, day, found)
        found.differ([*entries.contradictions, *entries.unexpected(captured)])
        day.sessions = len(scores.sessions) + len(scores.in_progress)
        day.score_runs = scores.scores.score_runs
        day.csv_rows = scores.scores.csv_rows
        day.is_complete = True
    _remark(found, entries, anchor)


def _captured(
    entries: BundledEntries, scores: BundledScores, day: DayChecked, found: BundleVerification
) -> set[str]:
    """Check the entries of the delivery against what a bundle shows of it; return their keys."""
    files = entries.payloads(DeliveryCaptured)
    days = entries.payloads(ResponseSnapshotsCaptured)
    day.files, day.lines = len(files), sum(each.lines_read for each in files)
    date = day.partition
    if any(each.delivery_date != date for each in (*files, *days)):
        found.differences.append(f"Ledger: an entry is of the delivery of another day than {date}.")
    if len(days) != 1:
        found.differences.append(
            f"Ledger: {len(days)} entries record RESPONSE_SNAPSHOTS_CAPTURED of {date}, not one."
        )
    for each in days:
        sessions = len(scores.sessions) + len(scores.in_progress)
        if (each.content_hash, each.sessions) != (scores.snapshots_hash, sessions):
            found.differences.append(
                f"Ledger: RESPONSE_SNAPSHOTS_CAPTURED is of {each.sessions} sessions, "
                f"{each.content_hash}; the bundle has {sessions}, {scores.snapshots_hash}."
            )
        for name in ("lines_read", "accepted", "duplicates", "quarantined"):
            total = sum(getattr(file, name) for file in files)
            if getattr(each, name) != total:
                found.differences.append(
                    f"Ledger: RESPONSE_SNAPSHOTS_CAPTURED counts {getattr(each, name)} "
                    f"{name}, the entries of the files {total}."
                )
    return {each.dedup_key for each in (*files, *days)}


def _remark(found: BundleVerification, entries: BundledEntries, anchor: Anchor | None) -> None:
    if anchor is None:
        found.remarks.append(
            f"The bundle was not checked against an anchor: its entries are in one ledger of "
            f"{found.size:,} entries with root {found.root}, but that this is the ledger that was "
            "kept, and not one made for the purpose, is not shown. `--anchor FILE` names one that "
            "was kept elsewhere."
        )
    for each in entries.payloads(ResponseSnapshotsCaptured):
        found.remarks.append(
            f"Not in a bundle: raw lines, duplicates and quarantined lines. The ledger counts "
            f"{each.lines_read:,} lines read: {each.accepted:,} accepted, {each.duplicates:,} "
            f"duplicates, {each.quarantined:,} quarantined. Nor is what came after entry "
            f"{found.size:,}, for example a re-scoring."
        )
