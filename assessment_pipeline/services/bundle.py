"""Bundle a day: one file that somebody without the home, and without trust in us, can check.

Exports, rubrics, the snapshots that were scored, the day's ledger entries and the proof that they
are in the ledger; docs/evidence-bundle.md describes it. Made again, the bytes are the same: the
proof is against the ledger as it was after the last of these entries, whatever came later. What
is altered in the home is refused. Checking a bundle is `services.verify_bundle`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import is_zipfile

import msgspec

from assessment_pipeline.core.bundles import (
    BUNDLE,
    CONSISTENCY,
    EXPORTS,
    IN_PROGRESS,
    LEDGER,
    PROOF,
    SNAPSHOTS,
    BundleManifest,
    LedgerProof,
    ProvedLedger,
    as_text,
    rubric_member,
)
from assessment_pipeline.core.exports import MANIFEST
from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.errors import (
    IntegrityError,
    NothingThereError,
    UsageError,
)
from assessment_pipeline.services import indexes
from assessment_pipeline.services.bundle_ledger import continued, ledger_lines, positions, proved
from assessment_pipeline.services.bundle_packing import Packing
from assessment_pipeline.services.bundle_rubrics import rubric_documents
from assessment_pipeline.services.captured_day import (
    captured_event,
    count_file_outcomes,
    file_events,
    resolve_day,
)
from assessment_pipeline.services.export import exported_event
from assessment_pipeline.services.folders_outside import path_outside
from assessment_pipeline.services.indexes import (
    FeatureRow,
    StandingSession,
    read_rows,
    require_intact,
)
from assessment_pipeline.services.report import generated_event
from assessment_pipeline.services.score_events import created_event, published_event, records_of
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.storage.files import StoredBytes
from assessment_pipeline.storage.home import Home, parse_day
from assessment_pipeline.storage.ledger import Ledger


@dataclass(frozen=True)
class Bundled:
    """What was bundled, and where the file lies."""

    day: str
    path: Path
    stored: StoredBytes
    entries: int
    size: int
    root: str


def bundle(
    home: Home, ledger: Ledger, day: str, path: Path, anchor: Anchor | None = None
) -> Bundled:
    """Write the bundle of a day to a file outside of the home.

    With an anchor, it can be checked against that one later. NothingThereError if the day has no
    exports, IntegrityError if something of it was altered; nothing is written then.
    """
    target = _target(home, path)
    stored = _stored_day(home, parse_day(day))
    versions = _versions(stored)
    _require_sound(stored)
    with TemporaryDirectory(prefix="assessment-pipeline-bundle-") as folder:
        packing = Packing(Path(folder))
        for name, member in EXPORTS.items():
            found = packing.add_file(member, home.export_folder(day) / name)
            _require_exported(stored, name, found)
        documents = rubric_documents(stored, ledger)
        for version in documents:
            packing.add_bytes(rubric_member(version.content_hash), version.document)
        packing.add_lines(SNAPSHOTS, _snapshots(stored))
        packing.add_lines(IN_PROGRESS, _in_progress(stored))
        used = [each for each in documents if each.content_hash in stored.score_runs.rubrics]
        places = positions(ledger, _events(stored, versions, map(published_event, used)))
        packing.add_lines(LEDGER, ledger_lines(ledger, places))
        tree = proved(ledger, places)
        root, nodes = as_text(tree.root), tuple(map(as_text, tree.nodes))
        proof = LedgerProof(nodes=nodes, root=root, size=tree.size)
        packing.add_bytes(PROOF, proof.canonical())
        if anchor is not None and (later := continued(ledger, tree, anchor)) is not None:
            packing.add_bytes(CONSISTENCY, later.canonical())
        described = BundleManifest(
            delivery_date=day,
            ledger=ProvedLedger(root=root, size=tree.size),
            members=packing.described(),
            versions=versions,
        )
        packing.add_bytes(BUNDLE, described.canonical())
        return Bundled(day, target, packing.write(target), len(places), tree.size, root)


def _target(home: Home, path: Path) -> Path:
    target = path_outside(home, path)
    if target.exists() and not target.is_file():
        raise UsageError(f"{path} is no file; name one for the bundle to be written to.")
    if target.exists() and not is_zipfile(target):
        raise UsageError(f"{path} is there and no bundle; name another file, or remove it first.")
    return target


def _stored_day(home: Home, day: str) -> StoredDay:
    if home.pointer(indexes.EXPORTS, day) is None:
        raise NothingThereError(
            f"There are no exports for {day} in {home.folder}; "
            f"run `assessment-pipeline score --date {day}` first."
        )
    return StoredDay(home, day)


def _versions(stored: StoredDay) -> Mapping[str, str]:
    """Return which versions made the day, if they are the same for all of it."""
    made_by = [stored.pointer(asset).versions for asset in indexes.PARTITIONED_ASSETS]
    if any(versions != made_by[0] for versions in made_by):
        raise _unfinished(stored)
    return made_by[0]


def _unfinished(stored: StoredDay) -> IntegrityError:
    return IntegrityError(
        f"The exports of {stored.partition} are not those of what is scored now; "
        f"run `assessment-pipeline score --date {stored.partition}` to its end."
    )


def _require_sound(stored: StoredDay) -> None:
    """Refuse a day whose artifacts were altered, or whose exports are of other scores."""
    for problem in stored.altered_pointers():
        raise IntegrityError(problem)
    read = (stored.snapshots, stored.features, stored.score_runs, stored.scorecards)
    store = stored.home.artifacts
    require_intact(store, (ref for index in read for ref in indexes.artifacts_of(index)))
    path = stored.home.export_folder(stored.partition) / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except (OSError, ValueError):
        raise _altered(stored, MANIFEST) from None
    made_from = {
        indexes.SNAPSHOTS: stored.snapshots.content_hash,
        indexes.FEATURES: stored.features.content_hash,
        indexes.RUBRICS: list(stored.score_runs.rubrics),
        indexes.SCORE_RUNS: stored.score_runs.content_hash,
        indexes.SCORECARDS: stored.scorecards.content_hash,
    }
    if manifest.inputs != made_from:
        raise _unfinished(stored)


class _Manifest(msgspec.Struct):
    inputs: dict[str, str | list[str] | None]


def _require_exported(stored: StoredDay, name: str, found: StoredBytes) -> None:
    exports = stored.exports
    expected = exports.manifest_sha256 if name == MANIFEST else exports.files[name].sha256
    if found.sha256 != expected:
        raise _altered(stored, name)


def _altered(stored: StoredDay, name: str) -> IntegrityError:
    path = stored.home.export_folder(stored.partition) / name
    return IntegrityError(
        f"{path} is not as it was exported; run `assessment-pipeline score "
        f"--date {stored.partition}` to write it again."
    )


def _snapshots(stored: StoredDay) -> Iterator[bytes]:
    """Yield the canonical lines of the sessions that are scored, in export order."""
    store = stored.home.artifacts
    with ExitStack() as stack:
        files = [stack.enter_context(store.opened(file.lines)) for file in stored.snapshots.files]
        for session in read_rows(store, stored.snapshots.sessions, StandingSession):
            if session.status != "in_progress":
                yield files[session.file][session.offset : session.offset + session.length]


def _in_progress(stored: StoredDay) -> Iterator[bytes]:
    """Yield what the day's hashes need of sessions that stand and are not scored: two hashes."""
    store = stored.home.artifacts
    rows: dict[int, list[FeatureRow]] = {}
    for session in read_rows(store, stored.snapshots.sessions, StandingSession):
        if session.status == "in_progress":
            if session.file not in rows:
                ref = stored.features.chunks[session.file].rows
                rows[session.file] = list(read_rows(store, ref, FeatureRow))
            features_hash = rows[session.file][session.record].features_hash
            yield canonical_json([session.response_snapshot_id, features_hash])


def _events(
    stored: StoredDay, versions: Mapping[str, str], published: Iterable[Event]
) -> Iterator[Event]:
    """Yield what the ledger must hold of a day."""
    store, partition, snapshots = stored.home.artifacts, stored.partition, stored.snapshots
    reader_version = versions["reader_version"]
    resolved = resolve_day(store, snapshots.files)
    counted = list(count_file_outcomes(store, snapshots.files, resolved))
    yield from file_events(partition, snapshots.files, counted, reader_version)
    yield captured_event(partition, snapshots, reader_version)
    yield from published
    for record in records_of(store, stored.score_runs.chunks):
        yield created_event(record, versions)
    yield generated_event(partition, stored.scorecards, versions).event()
    yield exported_event(partition, stored.exports, versions["export_version"])
