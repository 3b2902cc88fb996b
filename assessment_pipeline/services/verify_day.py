"""Verify one day: hold what is stored against what its raw lines give, hop by hop.

Raw lines -> snapshots -> features -> score runs -> scorecards -> CSV bytes -> manifest. Every
difference is yielded and the work goes on; ledger entries are compared by `services.verify`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

import msgspec

from assessment_pipeline.core.exports import (
    MANIFEST,
    ExportedFile,
    files_hash,
)
from assessment_pipeline.core.hashing import hash_bytes, partition_hash
from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.services.derivation import DayDerivation
from assessment_pipeline.services.derived_scores import ChunkScores, DerivedScores
from assessment_pipeline.services.indexes import (
    SCORE_RUNS,
    SCORECARDS,
    ExportsIndex,
    FeaturesIndex,
    ScorecardsIndex,
    ScoreChunk,
    ScoreRunsIndex,
    SnapshotsIndex,
    encode_row,
)
from assessment_pipeline.services.score_events import published_event
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.services.verification import DayChecked
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.files import hash_file, mapped, read_file
from assessment_pipeline.storage.ledger import Ledger


def verify_day(
    stored: StoredDay,
    paths: list[Path],
    catalogue: RubricCatalogue,
    scratch: Path,
    day: DayChecked,
    ledger: Ledger | None = None,
) -> Iterator[str]:
    """Yield every difference between what is stored of a day and what its raw lines give."""
    derived = DayDerivation(paths, scratch)
    day.files = len(derived.files)
    day.lines = sum(file.lines_read for file in derived.files)
    day.sessions = len(derived.standing)
    yield from _compare_snapshots(stored, derived)
    if ledger is not None:
        used = stored.score_runs.rubrics
        events = [
            *derived.delivery_events(stored.partition),
            *(published_event(each) for each in catalogue.versions if each.content_hash in used),
        ]
        yield from missing_entries(stored.partition, events, ledger)
    yield from _compare_features(stored, derived)
    yield from _compare_rubrics(stored, catalogue)
    yield from _ScoredDay(stored, derived, catalogue, day).compare()


def missing_entries(partition: str, events: Iterable[Event], ledger: Ledger) -> Iterator[str]:
    """Yield what the ledger should hold and does not, or holds with other content."""
    for event, problem in ledger.contradictions(events):
        yield f"Ledger: {event.event_type} for {partition} {problem} ({event.dedup_key})."


def _compare_snapshots(stored: StoredDay, derived: DayDerivation) -> Iterator[str]:
    where = f"deliveries/{stored.partition}"
    index = stored.snapshots
    for captured, file in zip_longest(index.files, derived.files):
        if captured is None or file is None or captured.name != file.name:
            continue  # named by `services.verify`, which looks at the names first
        if captured.sha256 != file.sha256:
            yield f"{where}/{file.name} is {file.sha256}, captured as {captured.sha256}."
        if captured.lines_read != file.lines_read:
            counted = f"{file.lines_read} lines, recorded {captured.lines_read}"
            yield f"{where}/{file.name} has {counted}."
        if captured.lines.sha256 != file.captured.sha256:
            yield f"{where}/{file.name}: the captured snapshots are not those that its lines give."
    content = partition_hash((r.submission.response_snapshot_id,) for r in derived.standing)
    yield from _differs(f"response_snapshots {stored.partition}: content hash", index, content)
    reasons = Counter(reason.value for _, _, _, reason in derived.reasons())
    if dict(sorted(reasons.items())) != index.reasons:
        yield f"{where}: the reasons for quarantine are {dict(reasons)}, recorded {index.reasons}."
    yield from _compare_quarantine(stored, derived)


def _compare_quarantine(stored: StoredDay, derived: DayDerivation) -> Iterator[str]:
    file = stored.snapshots.quarantine
    found: list[tuple[str, int, str]] = []
    if file is not None:
        path = stored.home.quarantine / stored.partition / file.name
        if not path.is_file() or hash_file(path).sha256 != file.sha256:
            return  # named with the altered files
        records = map(msgspec.json.decode, read_file(path).splitlines())
        found = [(record["source"], record["line"], record["reason"]) for record in records]
    expected = [
        (derived.files[number].name, line, reason.value)
        for number, line, _, reason in derived.reasons()
    ]
    for source, line, reason in sorted(set(expected) ^ set(found)):
        verb = "lacks" if (source, line, reason) in expected else "has, wrongly,"
        yield f"quarantine/{stored.partition} {verb} line {line} of {source} ({reason})."


def _compare_features(stored: StoredDay, derived: DayDerivation) -> Iterator[str]:
    chunks = stored.features.chunks
    for chunk, file in zip(chunks, derived.files, strict=False):
        if chunk.features.sha256 != file.features.sha256:
            yield (
                f"response_features {stored.partition}: those of {file.name} are not what its "
                "sessions give."
            )
    leaves = ((r.submission.response_snapshot_id, r.features_hash) for r in derived.standing)
    name = f"response_features {stored.partition}: content hash"
    yield from _differs(name, stored.features, partition_hash(leaves))


def _compare_rubrics(stored: StoredDay, catalogue: RubricCatalogue) -> Iterator[str]:
    now = {version.content_hash: version.label for version in catalogue.versions}
    for content_hash, label in stored.score_runs.rubrics.items():
        if content_hash not in now:
            yield f"rubrics: {label} scored {stored.partition} and is not there as it was then."


class _ScoredDay:
    """The scored part of a day: score runs, scorecards and exports."""

    def __init__(
        self,
        stored: StoredDay,
        derived: DayDerivation,
        catalogue: RubricCatalogue,
        day: DayChecked,
    ) -> None:
        self._stored = stored
        self._derived = derived
        self._catalogue = catalogue
        self._day = day
        self._scores = DerivedScores(stored.partition)

    def compare(self) -> Iterator[str]:
        stored = self._stored
        with mapped(self._derived.scratch) as lines:
            chunks = self._derived.chunks(self._catalogue, memoryview(lines))
            for number, (chunk, sessions) in enumerate(
                zip_longest(stored.score_runs.chunks, chunks)
            ):
                if sessions is None:
                    what = f"chunk {number} has no sessions behind it"
                    yield f"score_runs {stored.partition}: {what}."
                    continue
                scores = self._scores.add(sessions, self._catalogue)
                yield from self._compare_chunk(number, chunk, scores)
        self._day.score_runs = self._scores.score_runs
        self._day.csv_rows = self._scores.csv_rows
        content = self._scores.content_hash()
        for asset, index in ((SCORE_RUNS, stored.score_runs), (SCORECARDS, stored.scorecards)):
            yield from _differs(f"{asset} {stored.partition}: content hash", index, content)
        yield from self._compare_exports()

    def _compare_chunk(
        self, number: int, chunk: ScoreChunk | None, scores: ChunkScores
    ) -> Iterator[str]:
        if chunk is None:
            missing = len(scores.records)
            yield f"score_runs {self._stored.partition}: {missing} score runs are missing."
            return
        for name, lines in scores.lines.items():
            ref: ArtifactRef = getattr(chunk, name)
            if ref.sha256 != lines.sha256:
                yield from self._name_differences(number, name, ref, scores.records)
        if number < len(self._stored.scorecards.chunks):
            stored_cards = self._stored.scorecards.chunks[number].scorecards
            if stored_cards.sha256 != scores.scorecards.sha256:
                yield (
                    f"scorecards {self._stored.partition}: chunk {number} is not what its score "
                    "runs give."
                )

    def _name_differences(
        self,
        number: int,
        name: str,
        ref: ArtifactRef,
        records: list[ScoreRunRecord],
    ) -> Iterator[str]:
        """Name the sessions of a chunk whose stored line is not the derived one."""
        where = f"score_runs {self._stored.partition}"
        store = self._stored.home.artifacts
        if name != "records" or not store.path(ref).is_file():
            yield f"{where}: the {name} of chunk {number} are not what its sessions give."
            return
        for found, record in zip_longest(store.lines(ref), records):
            expected = None if record is None else encode_row(record)[:-1]
            if found != expected:
                session = "a session too many" if record is None else f"session {record.session_id}"
                yield f"{where}: {session} is scored otherwise by its responses and rubric."

    def _compare_exports(self) -> Iterator[str]:
        stored = self._stored
        files = self._scores.files()
        where = f"exports/{stored.partition}"
        for name, file in sorted(files.items()):
            recorded = stored.exports.files.get(name)
            if recorded != file:
                yield (
                    f"{where}/{name} was exported as {_facts(recorded)}, "
                    f"the score runs give {_facts(file)}."
                )
        yield from _differs(f"csv_exports {stored.partition}", stored.exports, files_hash(files))
        expected = self._scores.manifest(
            stored.snapshots.content_hash,
            stored.features.content_hash,
            list(stored.score_runs.rubrics),
        )
        if hash_bytes(expected) != stored.exports.manifest_sha256:
            yield f"{where}/{MANIFEST} is not what the day gives."


def _facts(file: ExportedFile | None) -> str:
    return "nothing" if file is None else f"{file.sha256} ({file.bytes} bytes, {file.rows} rows)"


def _differs(
    name: str,
    index: SnapshotsIndex | FeaturesIndex | ScoreRunsIndex | ScorecardsIndex | ExportsIndex,
    derived: str,
) -> Iterator[str]:
    if index.content_hash != derived:
        yield f"{name} is {index.content_hash}, derived {derived}."
