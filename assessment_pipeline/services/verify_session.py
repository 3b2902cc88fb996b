"""Verify one session: find its days, and prove each of its scores from raw line to CSV row.

Needs no Dagster and writes nothing into the home. Each day is read once, into a private temporary
folder; the hops are `services.session_hops`, the ledger's side `services.session_entries`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import MsgspecError

from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricFile
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.errors import (
    AssessmentPipelineError,
    NewerReleaseError,
    NothingThereError,
    OutOfReachError,
    UsageError,
)
from assessment_pipeline.services.derivation import DayDerivation
from assessment_pipeline.services.erased_sessions import erased_attempts
from assessment_pipeline.services.export import exported_event
from assessment_pipeline.services.indexes import (
    EXPORTS,
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    CapturedRecord,
    artifacts_of,
    read_rows,
)
from assessment_pipeline.services.rubrics import (
    catalogue_as_scored,
    content_hashes,
    rubric_files,
)
from assessment_pipeline.services.score_events import published_event
from assessment_pipeline.services.session_entries import add_entries
from assessment_pipeline.services.session_hops import SessionHops
from assessment_pipeline.services.session_proof import ScoreProof, SessionProof
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.sources.folder import delivery_files
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger


def verify_session(
    home: Home,
    session_id: str,
    attempt: int | None = None,
    partition: str | None = None,
    *,
    ledger_url: str | None = None,
) -> SessionProof:
    """Prove every score of a session, or the one of an attempt or day."""
    found = SessionProof(session_id)
    days = [partition] if partition else sorted({*home.delivery_days(), *home.scored_days()})
    with ExitStack() as stack:
        ledger = None
        try:
            ledger = stack.enter_context(Ledger.read(home.ledger, url=ledger_url))
        except NothingThereError:
            found.gaps.append("There is no ledger within reach: nothing proves these scores.")
        except (NewerReleaseError, OutOfReachError) as error:
            found.gaps.append(str(error))
        except UsageError:
            # Nothing was looked at: the setting that names the database is wrong.
            raise
        except AssessmentPipelineError as error:
            found.differences.append(str(error))
        files = rubric_files(home)
        for day in days:
            try:
                _prove_day(home, day, attempt, files, ledger, found)
            except AssessmentPipelineError as error:
                found.differences.append(f"{day}: {error}")
        erased: list[str] = []
        if ledger is not None:
            erased += erased_attempts(ledger, session_id, attempt, partition)
        found.gaps += erased
    if not (found.scores or found.differences or erased):
        which = session_id if attempt is None else f"{session_id}, attempt {attempt}"
        when = f" on {partition}" if partition else ""
        found.is_unknown = True
        found.gaps.append(
            f"No session {which} is captured{when} in {home.folder}; look at the id, "
            "or run `assessment-pipeline score` on its day."
        )
    return found


def _prove_day(
    home: Home,
    partition: str,
    attempt: int | None,
    files: Sequence[RubricFile],
    ledger: Ledger | None,
    found: SessionProof,
) -> None:
    if None in [home.pointer(asset, partition) for asset in PARTITIONED_ASSETS]:
        return
    stored = StoredDay(home, partition)
    # An altered artifact could hide the session, so each is named whether it is found or not.
    found.differences += _altered(stored, [file.records for file in stored.snapshots.files])
    attempts = {
        record.attempt
        for file in stored.snapshots.files
        for record in read_rows(home.artifacts, file.records, CapturedRecord)
        if record.session_id == found.session_id and attempt in (None, record.attempt)
    }
    if not attempts:
        return
    proofs = [ScoreProof(partition, found.session_id, each) for each in sorted(attempts)]
    found.scores += proofs
    found.differences += stored.altered_pointers()
    read = (stored.snapshots, stored.features, stored.score_runs)
    altered = _altered(stored, (ref for index in read for ref in artifacts_of(index)))
    found.differences += [each for each in altered if each not in found.differences]
    others = sorted(
        f"{name} {version}"
        for name, version in stored.pointer(SCORE_RUNS).versions.items()
        if VERSIONS[name] != version
    )
    if others:
        for proof in proofs:
            proof.not_scored = (
                f"it was made by {', '.join(others)}; take the release that has those versions"
            )
        return
    names = delivery_files(home.delivery_folder(partition)).files
    paths = [
        home.delivery_folder(partition) / file.name
        for file in stored.snapshots.files
        if file.name in names
    ]
    catalogue = catalogue_as_scored(home, files, stored.score_runs.rubrics)
    with TemporaryDirectory(prefix="assessment-pipeline-verify-") as folder:
        derived = DayDerivation(paths, Path(folder) / "lines", found.session_id)
        hops = SessionHops(stored, derived, catalogue, content_hashes(files))
        for proof in proofs:
            try:
                scored = hops.prove(proof)
            except (IndexError, StopIteration, MsgspecError, UnicodeDecodeError):
                what = "what is stored of this session does not hold together"
                found.differences.append(f"{partition}: {what}")
                continue
            if scored is not None and ledger is not None:
                events = _events(stored, derived, hops.file_of(proof), catalogue, scored.record)
                versions = stored.pointer(SCORE_RUNS).versions
                add_entries(proof, ledger, scored.record, versions, events)


def _events(
    stored: StoredDay,
    derived: DayDerivation,
    file: int | None,
    catalogue: RubricCatalogue,
    record: ScoreRunRecord,
) -> Iterator[Event]:
    """Yield what the ledger must hold around a score run: its file, its rubrics, its exports."""
    for place, event in enumerate(derived.delivery_events(stored.partition)):
        if place == file:
            yield event
    for version in catalogue.versions:
        if version.content_hash in record.rubrics:
            yield published_event(version)
    export_version = stored.pointer(EXPORTS).versions["export_version"]
    yield exported_event(stored.partition, stored.exports, export_version)


def _altered(stored: StoredDay, refs: Iterable[ArtifactRef]) -> Iterator[str]:
    """Yield each of these artifacts of a day that is not as its name says."""
    store = stored.home.artifacts
    for ref in refs:
        if not store.verifies(ref):
            state = "altered" if store.path(ref).exists() else "missing"
            yield f"artifacts/{store.path(ref).name} ({stored.partition}) is {state}"
