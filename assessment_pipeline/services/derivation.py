"""Derive a day anew from its raw lines, with the core alone: what should be stored, and its hashes.

For verification. Nothing that is stored is read here, and nothing is written but a private
scratch file; the writing services are not used, so that a fault of theirs shows.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from mmap import mmap
from pathlib import Path
from typing import IO, NamedTuple, TypeAlias

from msgspec import UNSET

from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import HASH_PREFIX, hash_bytes
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.ledger_events import DeliveryCaptured, Event
from assessment_pipeline.core.reading import Rejection, SessionReader, SnapshotRecord
from assessment_pipeline.core.rejections import ReaderLimits, Reason, reject_too_large
from assessment_pipeline.core.resubmissions import Outcome, Submission, resolve
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.score_runs import CHUNK_CUT, ends_chunk, rubrics_of, score_run_id
from assessment_pipeline.core.sessions_to_score import SessionToScore
from assessment_pipeline.core.versions import READER_VERSION
from assessment_pipeline.sources.lines import Break, DeliveryFile
from assessment_pipeline.storage.files import SlicedFile

Lines: TypeAlias = "bytes | mmap | SlicedFile"
"""Where canonical lines lie, to be cut out by offset."""


class HashedLines:
    """Lines that are only hashed: what a file of them would be named in the artifact store."""

    def __init__(self) -> None:
        """Begin with no line."""
        self._hash = sha256()
        self.bytes = 0
        self.lines = 0

    def add(self, line: bytes) -> None:
        """Add a line, which has no LF."""
        self._hash.update(line)
        self._hash.update(b"\n")
        self.bytes += len(line) + 1
        self.lines += 1

    @property
    def sha256(self) -> str:
        """The sha256 of the lines so far, each with its LF."""
        return HASH_PREFIX + self._hash.hexdigest()


class DerivedRecord(NamedTuple):
    """One valid record, where its canonical line lies in the scratch file, and its features."""

    submission: Submission
    assessment_id: str
    submitted_at: str | None
    rubric_names: tuple[tuple[str, str], ...]
    file: int
    line: int
    offset: int
    length: int
    features_hash: str


class RefusedLine(NamedTuple):
    """One line that is not taken."""

    line: int
    raw_sha256: str
    reason: Reason


class RawLine(NamedTuple):
    """Where a line begins in its delivery file, and the hash of its bytes as delivered."""

    byte_offset: int
    raw_sha256: str


class DerivedFile(NamedTuple):
    """What a delivery file gives: hashes of its canonical lines and features, and refused lines."""

    name: str
    sha256: str
    bytes: int
    lines_read: int
    captured: HashedLines
    features: HashedLines
    refused: list[RefusedLine]


class DerivedSession(NamedTuple):
    """One session that stands and is scored, with what scores it."""

    record: DerivedRecord
    source: SessionToScore
    score_run_id: str


class DayDerivation:
    """One day, derived from its delivery files; lines go to the scratch file."""

    def __init__(
        self, paths: Sequence[Path], scratch: Path, raw_lines_of: str | None = None
    ) -> None:
        """Read all files; of one session, if it is named, keep what its raw lines are."""
        self.scratch = scratch
        self.raw_lines: dict[tuple[int, int], RawLine] = {}
        """Of the named session, by file and line."""
        self._raw_lines_of = raw_lines_of
        self.files: list[DerivedFile] = []
        self.records: list[DerivedRecord] = []
        with scratch.open("wb") as lines:
            for number, path in enumerate(paths):
                self.files.append(self._read(number, path, lines))
        outcomes = resolve([record.submission for record in self.records])
        self.outcomes = outcomes
        self.standing = sorted(
            (
                record
                for record, outcome in zip(self.records, outcomes, strict=True)
                if outcome is Outcome.STANDING
            ),
            key=export_order,
        )

    def _read(self, number: int, path: Path, scratch: IO[bytes]) -> DerivedFile:
        limits = ReaderLimits()
        reader, extractor = SessionReader(limits), FeatureExtractor()
        captured, features = HashedLines(), HashedLines()
        refused: list[RefusedLine] = []
        delivery = DeliveryFile(path, limits)
        lines_read = 0
        for line in delivery.lines():
            lines_read += 1
            if isinstance(line, Break):
                refused.append(RefusedLine(line.number, line.raw_sha256, line.reason))
                continue
            read = reject_too_large(limits) if line.content is None else reader.read(line.content)
            if isinstance(read, Rejection):
                refused.append(RefusedLine(line.number, line.raw_sha256, read.reason))
                continue
            features_line = extractor.line(read.canonical, read.response_snapshot_id)
            if read.session.session_id == self._raw_lines_of:
                raw = RawLine(line.byte_offset, line.raw_sha256)
                self.raw_lines[number, line.number] = raw
            self.records.append(
                derived_record(read, features_line, number, line.number, scratch.tell())
            )
            scratch.write(read.canonical)
            captured.add(read.canonical)
            features.add(features_line)
        return DerivedFile(
            path.name,
            # What is no regular file is never read; it is known by its reason.
            delivery.stored_sha256 or hash_bytes(Reason.NOT_A_REGULAR_FILE.encode()),
            delivery.stored_bytes,
            lines_read,
            captured,
            features,
            refused,
        )

    def delivery_events(self, partition: str) -> Iterator[Event]:
        """Yield what the ledger must hold of each delivery file."""
        copies: Counter[str] = Counter()
        reasons = [Counter[str]() for _ in self.files]
        for number, _, _, reason in self.reasons():
            reasons[number][reason.value] += 1
        outcomes = [Counter[Outcome]() for _ in self.files]
        for record, outcome in zip(self.records, self.outcomes, strict=True):
            outcomes[record.file][outcome] += 1
        for file, why, what in zip(self.files, reasons, outcomes, strict=True):
            copies[file.sha256] += 1
            yield DeliveryCaptured(
                delivery_date=partition,
                sha256=file.sha256,
                bytes=file.bytes,
                copy_number=copies[file.sha256],
                lines_read=file.lines_read,
                accepted=what[Outcome.STANDING] + what[Outcome.REPLACED],
                duplicates=what[Outcome.DUPLICATE],
                quarantined=why.total(),
                reasons=dict(sorted(why.items())),
                reader_version=READER_VERSION,
            ).event()

    def reasons(self) -> Iterator[tuple[int, int, str, Reason]]:
        """Yield file, line, raw hash ('' for a conflict) and reason of all that is not taken."""
        for number, file in enumerate(self.files):
            for line in file.refused:
                yield number, line.line, line.raw_sha256, line.reason
        for record, outcome in zip(self.records, self.outcomes, strict=True):
            if outcome is Outcome.CONFLICTING:
                yield record.file, record.line, "", Reason.CONFLICTING_RESUBMISSION

    def chunks(
        self, catalogue: RubricCatalogue, lines: Lines, cut: int
    ) -> Iterator[list[DerivedSession]]:
        """Yield the sessions that are scored, in export order, cut as they are stored."""
        return scored_chunks(self.standing, catalogue, lines, cut)

    def session(
        self, record: DerivedRecord, catalogue: RubricCatalogue, lines: Lines
    ) -> DerivedSession:
        """Return one session with what scores it."""
        return _session(record, catalogue, lines, FeatureExtractor())


def derived_record(
    read: SnapshotRecord, features_line: bytes, file: int, line: int, offset: int
) -> DerivedRecord:
    """Return what is kept of a valid record; its canonical line begins at the offset."""
    session = read.session
    names = {
        (response.rubric.assessment_id, response.rubric.version)
        for response in session.responses
        if response.rubric is not UNSET
    }
    return DerivedRecord(
        submission=Submission(
            session.session_id,
            session.attempt_number,
            read.response_snapshot_id,
            session.effective_status,
            session.superseded_id,
        ),
        assessment_id=session.assessment_id,
        submitted_at=None if session.submitted_at is UNSET else session.submitted_at,
        rubric_names=tuple(sorted(names)),
        file=file,
        line=line,
        offset=offset,
        length=len(read.canonical),
        features_hash=hash_bytes(features_line),
    )


def export_order(record: DerivedRecord) -> tuple[str, str, int]:
    """Return what sessions are sorted by in exports."""
    return record.assessment_id, record.submission.session_id, record.submission.attempt


def scored_chunks(
    standing: Iterable[DerivedRecord],
    catalogue: RubricCatalogue,
    lines: Lines,
    cut: int = CHUNK_CUT,
) -> Iterator[list[DerivedSession]]:
    """Yield the sessions that are scored, of those that stand, cut as they are stored."""
    chunk: list[DerivedSession] = []
    reads_features = any(version.rubric.needs_features for version in catalogue.versions)
    extractor = FeatureExtractor() if reads_features else None
    for record in standing:
        if record.submission.status == "in_progress":
            continue
        session = _session(record, catalogue, lines, extractor)
        chunk.append(session)
        if ends_chunk(session.score_run_id, len(chunk), cut):
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _session(
    record: DerivedRecord,
    catalogue: RubricCatalogue,
    lines: Lines,
    extractor: FeatureExtractor | None,
) -> DerivedSession:
    snapshot_id = record.submission.response_snapshot_id
    own = None
    if record.submitted_at is not None:
        own = catalogue.select(record.assessment_id, parse_instant(record.submitted_at))
    rubrics = rubrics_of(own, record.rubric_names, catalogue)
    line = bytes(lines[record.offset : record.offset + record.length])
    # Derived a second time, not kept: few rubrics read features.
    features = extractor.line(line, snapshot_id) if extractor else None
    source = SessionToScore(line, snapshot_id, own, rubrics, features)
    return DerivedSession(record, source, score_run_id(snapshot_id, rubrics))
