"""Session pages: what the pages of a day show, read from its stored scorecards and evaluations.

Holds reading and file names; what a page looks like is `pages`, writing them
`services.scorecard_pages` (into the home) and `services.page_files` (outside of it).
"""

import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from hashlib import sha256
from types import MappingProxyType
from typing import Final

import msgspec

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.exports import (
    response_text,
)
from assessment_pipeline.core.points import decimal_text, read_exact
from assessment_pipeline.core.scorecards import Scorecard, SubscoreCard
from assessment_pipeline.pages.models import ClassRow, ItemLine, ScorecardPage, SubscoreBar
from assessment_pipeline.services.indexes import ScorecardsIndex, read_rows
from assessment_pipeline.services.rubric_titles import RubricTitles
from assessment_pipeline.storage.artifacts import ArtifactStore

CLASS_INDEX: Final = "index.html"
NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
NO_TITLES: Final[Mapping[str, RubricTitles]] = MappingProxyType({})
_UNSAFE: Final = re.compile(r"[^a-z0-9-]+")
_LONGEST_NAME: Final = 60


def read_pages(
    store: ArtifactStore,
    partition: str,
    index: ScorecardsIndex,
    names: Mapping[str, str] = NO_NAMES,
    session_id: str | None = None,
    titles: Mapping[str, RubricTitles] = NO_TITLES,
) -> Iterator[ScorecardPage]:
    """Yield the page of each session of a day, or of one of them, in export order.

    Args:
        store: where the artifacts lie.
        partition: the day.
        index: its scorecards.
        names: candidates' names by candidate_id, for the eye alone.
        session_id: the one that is wanted.
        titles: what the rubrics call things, by `assessment_id/version`.
    """
    decode = msgspec.json.Decoder(Evaluation).decode
    for chunk in index.chunks:
        evaluations: list[Evaluation] | None = None
        for card in read_rows(store, chunk.scorecards, Scorecard):
            if session_id not in {None, card.session_id}:
                continue
            if evaluations is None:
                evaluations = list(map(decode, store.lines(chunk.evaluations)))
            called = titles.get(f"{card.assessment_id}/{card.rubric_version}", RubricTitles())
            yield _page(partition, card, evaluations, names, called)


def page_name(page: ScorecardPage, variant: str = "") -> str:
    """Return the file name of a session's page; another variant of it has another name.

    Ids may hold `:@+=~` and differ in case alone, which some file systems do not: what can be
    kept is kept for the eye, and a hash makes it the page's own.
    """
    identity = f"{page.assessment_id}\n{page.session_id}\n{page.attempt}"
    kept = _UNSAFE.sub("_", page.session_id.lower())[:_LONGEST_NAME]
    return f"{kept}-{page.attempt}-{sha256(identity.encode()).hexdigest()[:16]}{variant}.html"


def class_row(page: ScorecardPage, file_name: str) -> ClassRow:
    """Return what the class index shows of a page."""
    return ClassRow(
        assessment_id=page.assessment_id,
        session_id=page.session_id,
        attempt=page.attempt,
        candidate_id=page.candidate_id,
        candidate_name=page.candidate_name,
        status=page.status,
        raw_score=page.raw_score,
        max_score=page.max_score,
        percent=page.percent,
        scale_score=page.scale_score,
        performance_level=page.performance_level,
        file_name=file_name,
    )


def _page(
    partition: str,
    card: Scorecard,
    evaluations: list[Evaluation],
    names: Mapping[str, str],
    called: RubricTitles,
) -> ScorecardPage:
    unrounded = _decimal(card.raw_score_exact)
    return ScorecardPage(
        delivery_date=partition,
        assessment_id=card.assessment_id,
        session_id=card.session_id,
        attempt=card.attempt,
        candidate_id=card.candidate_id,
        candidate_name=names.get(card.candidate_id),
        submitted_at=card.submitted_at,
        status=card.status,
        raw_score=card.raw_score,
        raw_score_exact=card.raw_score_exact,
        max_score=card.max_score,
        percent=card.percent,
        scale_score=card.scale_score,
        performance_level=card.performance_level,
        rubric_version=card.rubric_version,
        engine_version=card.engine_version,
        response_snapshot_id=card.response_snapshot_id,
        score_run_id=card.score_run_id,
        output_hash=card.output_hash,
        supersedes=card.supersedes,
        subscores=tuple(_bar(each, called) for each in card.subscores),
        items=tuple(_item(evaluations[number], time) for number, time in card.evidence),
        title=called.title,
        unrounded=unrounded if unrounded and unrounded != card.raw_score else None,
    )


def _bar(subscore: SubscoreCard, called: RubricTitles) -> SubscoreBar:
    share = None
    if subscore.percent is not None:
        share = Fraction(subscore.percent) / 100
    return SubscoreBar(
        subscore.dimension,
        subscore.raw_score,
        subscore.max_score,
        subscore.percent,
        share,
        called.dimensions.get(subscore.dimension),
    )


def _item(evaluation: Evaluation, duration_ms: int | None) -> ItemLine:
    exact = evaluation.raw_score
    response = bytes(evaluation.response)
    return ItemLine(
        item_id=evaluation.item_id,
        item_status=evaluation.item_status,
        response_state=evaluation.response_state,
        response=response_text(response),
        response_json=json.dumps(msgspec.json.decode(response), separators=(",", ":")),
        rule=evaluation.rule or "",
        rubric_version=evaluation.rubric_version or "",
        points=_decimal(exact),
        points_exact=exact or "",
        max_points=_decimal(evaluation.max_score),
        weight=evaluation.weight or "",
        explanation=evaluation.explanation,
        duration_ms=duration_ms,
    )


def _decimal(exact: str | None) -> str:
    return "" if exact is None else decimal_text(read_exact(exact))
