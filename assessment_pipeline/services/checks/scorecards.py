"""Checks on scorecards: every item of a result has its evidence."""

from functools import partial
from typing import Final

import msgspec

from assessment_pipeline.core.hashing import plain_json
from assessment_pipeline.services.checks.findings import Finding, finding_of, named
from assessment_pipeline.services.checks.passed_before import passed_before
from assessment_pipeline.services.export import reported_scorecards
from assessment_pipeline.services.indexes import ScorecardsChunk, ScoreChunk, read_rows
from assessment_pipeline.services.report import scored_sessions
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline.storage.artifacts import ArtifactStore


class _ResultItem(msgspec.Struct, frozen=True, gc=False):
    """What a result says of an item, as its evidence must say it too."""

    item_id: str
    item_status: str
    max_score: str | None
    raw_score: str | None
    response_state: str


_decode: Final = msgspec.json.Decoder(_ResultItem).decode


class _Evidence(msgspec.Struct, frozen=True, gc=False):
    """What a scorecard rests on; its other fields are skipped, which is faster."""

    evidence: list[tuple[int, int | None]]
    score_run_id: str


class _Status(msgspec.Struct, frozen=True, gc=False):
    """Which session a score run is of, and how far it came."""

    session_id: str
    status: str


def no_sessions_blocked(place: Workplace, partition: str) -> Finding:
    """Every session has a total: none has an item without a rule, or one that cannot be scored."""
    runs = scored_sessions(place, partition)
    blocked: list[str] = []
    with passed_before(place, partition, "scorecards.no_sessions_blocked") as before:
        for chunk in runs.chunks:
            look = partial(_blocked, place.home.artifacts, chunk)
            blocked += before.names([chunk.records], look)
    if not blocked:
        return Finding(
            passed=True,
            description="No session is blocked.",
            counts={"blocked": 0, "sessions": runs.sessions},
        )
    if len(blocked) == runs.sessions:
        which = "No session has a total."
    else:
        which = f"Of {runs.sessions} sessions {len(blocked)} have no total; the others are scored."
    return Finding(
        passed=False,
        description=(
            f"{which} Look at item_status and explanation in evidence.csv, mend rubric or "
            f"delivery, and score the day again: {named(sorted(blocked), ', ')}"
        ),
        counts={"blocked": len(blocked), "sessions": runs.sessions},
    )


def _blocked(store: ArtifactStore, chunk: ScoreChunk) -> list[str]:
    records = read_rows(store, chunk.records, _Status)
    return [record.session_id for record in records if record.status == "blocked"]


def evidence_complete(place: Workplace, partition: str) -> Finding:
    """Every item of every result is backed by its evidence, in item_id order, with equal points."""
    runs = scored_sessions(place, partition)
    cards = reported_scorecards(place, partition)
    store = place.home.artifacts
    problems: list[str] = []
    if [chunk.key for chunk in runs.chunks] != [chunk.key for chunk in cards.chunks]:
        problems.append("The scorecards are not those of the day's score runs.")
    sums = [sum(getattr(each, of) for each in runs.chunks) for of in ("sessions", "responses")]
    if sums != [runs.sessions, runs.responses]:
        problems.append(
            f"{sums[0]} scorecards with {sums[1]} item scores for {runs.sessions} score runs with "
            f"{runs.responses}."
        )
    with passed_before(place, partition, "scorecards.evidence_complete") as before:
        for run_chunk, card_chunk in zip(runs.chunks, cards.chunks, strict=False):
            problems += before.problems(
                [run_chunk.results, card_chunk.evaluations, card_chunk.scorecards],
                partial(_without_evidence, store, run_chunk, card_chunk),
                also=[run_chunk.sessions, run_chunk.responses],
            )
    return finding_of(
        problems,
        f"{runs.responses} item scores of {runs.sessions} scorecards have their evidence.",
        checked=runs.sessions,
        items=runs.responses,
    )


def _without_evidence(
    store: ArtifactStore, run_chunk: ScoreChunk, card_chunk: ScorecardsChunk
) -> list[str]:
    problems = []
    backed = [_decode(line) for line in store.lines(card_chunk.evaluations)]
    fragments = [plain_json(item) for item in backed]
    item_ids = [item.item_id for item in backed]
    checked = items = 0
    for result, card in zip(
        store.lines(run_chunk.results),
        read_rows(store, card_chunk.scorecards, _Evidence),
        strict=False,
    ):
        checked += 1
        items += len(card.evidence)
        if not _is_backed(result, card, item_ids, fragments):
            problems.append(f"The evidence of {card.score_run_id} is not that of its result.")
    if (checked, items) != (run_chunk.sessions, run_chunk.responses):
        problems.append(
            f"{checked} scorecards with {items} item scores for {run_chunk.sessions} score runs "
            f"with {run_chunk.responses}."
        )
    return problems


def _is_backed(result: bytes, card: _Evidence, item_ids: list[str], fragments: list[bytes]) -> bool:
    numbers = [number for number, _ in card.evidence]
    if numbers and not 0 <= min(numbers) <= max(numbers) < len(fragments):
        return False
    items = b'{"items":[' + b",".join([fragments[number] for number in numbers]) + b"],"
    if not result.startswith(items):
        return False
    ids = [item_ids[number] for number in numbers]
    return ids == sorted(set(ids))
