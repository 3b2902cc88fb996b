"""QTI results: a day's scorecards, or those of one session, as files of QTI Results Reporting.

Reads what is stored and is scored; whether that is right is for `verify` to say. Everything that
is read is held against its hash before the first file is written, each file is written durably,
and `qti-results.json`, which names every one with its sha256, comes last: a folder in which it
fits the files is a whole export. What a document holds is `core.qti_results`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.hashing import Json, canonical_json, hash_bytes
from assessment_pipeline.core.qti_results.documents import (
    ItemEvidence,
    QtiVersion,
    assessment_result,
)
from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.rubrics.models import Rubric
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.scorecards import Scorecard
from assessment_pipeline.errors import IntegrityError, NothingThereError
from assessment_pipeline.services.folders_outside import folder_outside
from assessment_pipeline.services.indexes import (
    SCORE_RUNS,
    SCORECARDS,
    ScorecardsChunk,
    ScorecardsIndex,
    ScoreRunsIndex,
    artifacts_of,
    current_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.services.missing_sessions import missing_session
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore
from assessment_pipeline.storage.files import write_durably
from assessment_pipeline.storage.home import Home, parse_day

MANIFEST: Final = "qti-results.json"
_UNSAFE: Final = re.compile("[^a-z0-9._-]+")
_READABLE_CHARACTERS: Final = 60

Rubrics: TypeAlias = Mapping[str, Rubric]


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file, and the session whose result it is."""

    assessment_id: str
    session_id: str
    attempt: int
    status: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class WrittenResults:
    """What was written, and to which folder."""

    day: str
    version: QtiVersion
    folder: Path
    files: Mapping[str, ResultFile]


def write_qti_results(
    home: Home,
    day: str,
    to: Path,
    version: QtiVersion = "3.0",
    session_id: str | None = None,
    *,
    ledger_url: str | None = None,
) -> WrittenResults:
    """Write the results of a day, or of one session of it, to a folder outside the home.

    NothingThereError if the day is not scored or has no such session, IntegrityError if something
    stored was altered; the folder gets no new `qti-results.json` then.
    """
    target = folder_outside(home, to)
    index = current_index(home, SCORECARDS, parse_day(day), ScorecardsIndex)
    score_runs = current_index(home, SCORE_RUNS, day, ScoreRunsIndex)
    if index is None or score_runs is None:
        raise NothingThereError(
            f"There are no scorecards for {day} in {home.folder}; "
            f"run `assessment-pipeline score --date {day}` first."
        )
    require_intact(home.artifacts, artifacts_of(index))
    rubrics = _rubrics(home.artifacts, score_runs)
    files = {}
    for chunk in index.chunks:
        sessions = _scored_sessions(home.artifacts, chunk, rubrics, session_id)
        for card, content in _documents(sessions, day, version):
            name = file_name(card.session_id, card.attempt)
            write_durably(target / name, content)
            files[name] = ResultFile(
                card.assessment_id,
                card.session_id,
                card.attempt,
                card.status,
                hash_bytes(content),
                len(content),
            )
    if session_id is not None and not files:
        raise missing_session(home, session_id, day, ledger_url=ledger_url)
    write_durably(target / MANIFEST, _manifest(day, version, index, files))
    return WrittenResults(day, version, target, files)


def file_name(session_id: str, attempt: int) -> str:
    """Return the name of a session's file: safe anywhere, and of no other session in any case.

    >>> file_name("S:1", 2)
    's-1-2-55fb497a9787fea6.xml'
    """
    readable = _UNSAFE.sub("-", session_id.lower())[:_READABLE_CHARACTERS].strip("-.")
    digest = sha256(canonical_json([session_id, attempt])).hexdigest()[:16]
    return f"{readable}-{attempt}-{digest}.xml"


def _rubrics(store: ArtifactStore, score_runs: ScoreRunsIndex) -> Rubrics:
    """Return the rubrics that scored a day, by their labels, from the documents that were kept."""
    rubrics = {}
    for content_hash, label in score_runs.rubrics.items():
        document = store.read(ArtifactRef(content_hash, 0))
        assessment_id, _, version = label.partition("/")
        # Canonical JSON is YAML of the rubrics' dialect.
        loaded = load_version(RubricFile(assessment_id, f"{version}.yaml", document))
        if not isinstance(loaded, RubricVersion):
            raise IntegrityError(
                f"The rubric {label} that scored this day cannot be read any more; take the "
                "release that scored it."
            )
        rubrics[label] = loaded.rubric
    return rubrics


def _scored_sessions(
    store: ArtifactStore, chunk: ScorecardsChunk, rubrics: Rubrics, session_id: str | None
) -> Iterator[tuple[Scorecard, list[ItemEvidence]]]:
    """Yield the sessions of a chunk with their evidence, or those of one session alone."""
    evaluations = list(read_rows(store, chunk.evaluations, Evaluation))
    for card in read_rows(store, chunk.scorecards, Scorecard):
        if session_id in (None, card.session_id):
            linked = [(evaluations[number], duration) for number, duration in card.evidence]
            items = [
                ItemEvidence(evaluation, duration_ms, _rule(card, evaluation, rubrics))
                for evaluation, duration_ms in linked
            ]
            yield card, items


def _documents(
    sessions: Iterator[tuple[Scorecard, list[ItemEvidence]]], day: str, version: QtiVersion
) -> Iterator[tuple[Scorecard, bytes]]:
    try:
        for card, items in sessions:
            yield card, assessment_result(card, day, items, version)
    except (LookupError, ValueError):
        raise IntegrityError(
            f"What is stored of {day} does not hold together; run `assessment-pipeline verify "
            f"--date {day}` to see what was altered."
        ) from None


def _rule(card: Scorecard, evaluation: Evaluation, rubrics: Rubrics) -> ItemRule | None:
    """Return the rule that judged a response, if one did."""
    label = evaluation.rubric_version
    if label is None or evaluation.rule is None:
        return None
    if "/" not in label:
        label = f"{card.assessment_id}/{label}"
    return rubrics[label].item(evaluation.item_id)


def _manifest(
    day: str, version: QtiVersion, index: ScorecardsIndex, files: Mapping[str, ResultFile]
) -> bytes:
    described: dict[str, Json] = {
        name: {
            "assessment_id": file.assessment_id,
            "attempt": file.attempt,
            "bytes": file.bytes,
            "session_id": file.session_id,
            "sha256": file.sha256,
            "status": file.status,
        }
        for name, file in files.items()
    }
    return canonical_json(
        {
            "delivery_date": day,
            "files": described,
            "qti_version": version,
            "source": {"content_hash": index.content_hash},
        }
    )
