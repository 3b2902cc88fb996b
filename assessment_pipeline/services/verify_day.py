"""Verify one day: hold what is stored against what its raw lines give, hop by hop.

Raw lines -> snapshots -> features -> score runs -> scorecards -> CSV bytes -> manifest. Every
difference is yielded and the work goes on; ledger entries are compared by `services.verify`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

import msgspec

from assessment_pipeline.core.hashing import partition_hash
from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.services.derivation import DayDerivation
from assessment_pipeline.services.indexes import EXPORTS, FEATURES, SCORE_RUNS, SCORECARDS
from assessment_pipeline.services.score_events import published_event
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.services.verification import DayChecked
from assessment_pipeline.services.verify_scores import ScoredDay, differs
from assessment_pipeline.storage.files import blocks_of, hash_file, read_file
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
        yield from missing_entries(
            stored.partition, derived.delivery_events(stored.partition), ledger
        )
    yield from verify_derived(stored, derived, catalogue, day, ledger)


def verify_earlier_state(
    stored: StoredDay, catalogue: RubricCatalogue, folder: Path, ledger: Ledger | None
) -> Iterator[str]:
    """Yield every difference of an earlier state, derived from the lines that were captured then.

    Its delivery files need not be there any more; that these lines were captured is what the
    ledger and the names of the artifacts say.
    """
    paths = []
    for number, file in enumerate(stored.snapshots.files):
        paths.append(folder / f"{number}.jsonl")
        with paths[-1].open("wb") as copy:
            copy.writelines(blocks_of(stored.home.artifacts.path(file.lines)))
    derived = DayDerivation(paths, folder / "lines")
    yield from _compare_content(stored, derived)
    yield from verify_derived(stored, derived, catalogue, DayChecked(stored.partition), ledger)


def verify_derived(
    stored: StoredDay,
    derived: DayDerivation,
    catalogue: RubricCatalogue,
    day: DayChecked,
    ledger: Ledger | None,
) -> Iterator[str]:
    """Yield every difference between what was made of a day's sessions and what they give."""
    if FEATURES in stored.made:
        yield from _compare_features(stored, derived)
    if SCORE_RUNS in stored.made:
        yield from _compare_rubrics(stored, catalogue)
        if ledger is not None:
            used = stored.score_runs.rubrics
            events = [published_event(v) for v in catalogue.versions if v.content_hash in used]
            yield from missing_entries(stored.partition, events, ledger)
    if not {SCORE_RUNS, SCORECARDS, EXPORTS}.isdisjoint(stored.made):
        scored = ScoredDay(stored, derived, catalogue, day)
        yield from scored.compare()
        day.export_hashes = scored.export_hashes


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
    yield from _compare_content(stored, derived)
    reasons = Counter(reason.value for _, _, _, reason in derived.reasons())
    if dict(sorted(reasons.items())) != index.reasons:
        yield f"{where}: the reasons for quarantine are {dict(reasons)}, recorded {index.reasons}."
    yield from _compare_quarantine(stored, derived)


def _compare_content(stored: StoredDay, derived: DayDerivation) -> Iterator[str]:
    content = partition_hash((r.submission.response_snapshot_id,) for r in derived.standing)
    name = f"response_snapshots {stored.partition}: content hash"
    yield from differs(name, stored.snapshots, content)


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
    yield from differs(name, stored.features, partition_hash(leaves))


def _compare_rubrics(stored: StoredDay, catalogue: RubricCatalogue) -> Iterator[str]:
    now = {version.content_hash: version.label for version in catalogue.versions}
    for content_hash, label in stored.score_runs.rubrics.items():
        if content_hash not in now:
            yield f"rubrics: {label} scored {stored.partition} and is not there as it was then."
