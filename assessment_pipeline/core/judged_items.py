"""Judged items: what came of a response to an item, as a chunk of score runs keeps it.

Pure. A rule has judged the response just now, or the line of its evaluation is taken from score
runs of before: a score run's id is the hash of all that its result depends on, so what it rests on
has not changed where its id has not. Which response is which is `chunk_scoring`.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.hashing import plain_json
from assessment_pipeline.core.item_scores import ItemScore, ItemStatus
from assessment_pipeline.core.points import optional_text, read_exact
from assessment_pipeline.core.responses import ResponseState


class JudgedItem(msgspec.Struct, frozen=True, gc=False):
    """What a session's total and result need of an item, and the line with all there is to it."""

    item_id: str
    item_status: ItemStatus
    response_state: ResponseState
    raw_score: Fraction | None
    max_score: Fraction | None
    dimensions: tuple[str, ...]
    line: bytes
    """The evaluation, as canonical JSON."""


def judged_now(score: ItemScore, value: bytes) -> JudgedItem:
    """Return what a rule has found of a response, which is given as canonical JSON."""
    evaluation = Evaluation(
        score.explanation,
        score.item_id,
        score.item_status,
        optional_text(score.max_score),
        optional_text(score.raw_score),
        msgspec.Raw(value),
        score.response_state,
        score.rubric_label,
        score.rule,
        msgspec.Raw(plain_json(score.trace)),
        optional_text(score.weight),
    )
    return JudgedItem(
        score.item_id,
        score.item_status,
        score.response_state,
        score.raw_score,
        score.max_score,
        score.dimensions,
        plain_json(evaluation),
    )


class _Read(msgspec.Struct, frozen=True, gc=False):
    """What is read of the line of an evaluation; the rest is passed over."""

    item_id: str
    item_status: ItemStatus
    max_score: str | None
    raw_score: str | None
    response_state: ResponseState


class StoredEvaluation(msgspec.Struct, frozen=True, gc=False):
    """An evaluation of before, read as far as it decides of sums."""

    read: _Read
    line: bytes

    def item(self, dimensions: tuple[str, ...]) -> JudgedItem:
        """Return what came of it; what an item counts in is the rubric's to say."""
        read = self.read
        return JudgedItem(
            read.item_id,
            read.item_status,
            read.response_state,
            _optional_points(read.raw_score),
            _optional_points(read.max_score),
            dimensions,
            self.line,
        )


ItemsBefore: TypeAlias = Mapping[str, StoredEvaluation]
"""The evaluations that a score run rests on, by item."""

NOT_SCORED_BEFORE: Final[ItemsBefore] = MappingProxyType({})


class JudgedBefore:
    """The evaluations that score runs of before rest on."""

    def __init__(self) -> None:
        """Know of none."""
        self._chunks: list[Sequence[StoredEvaluation]] = []
        self._runs: dict[str, tuple[int, Sequence[int]]] = {}
        """By score run: its chunk, and the numbers of its evaluations there."""

    def add_chunk(
        self, runs: Iterable[tuple[str, Sequence[int]]], evaluations: Iterable[bytes]
    ) -> None:
        """Take up a stored chunk.

        Args:
            runs: score runs, and the numbers of the evaluations that each rests on.
            evaluations: the lines of all the chunk's evaluations.
        """
        decode = msgspec.json.Decoder(_Read).decode
        self._runs.update((run, (len(self._chunks), numbers)) for run, numbers in runs)
        self._chunks.append([StoredEvaluation(decode(line), line) for line in evaluations])

    def of(self, score_run_id: str) -> ItemsBefore:
        """Return what a score run rests on; nothing if it is new."""
        found = self._runs.get(score_run_id)
        if found is None:
            return NOT_SCORED_BEFORE
        evaluations = self._chunks[found[0]]
        return {stored.read.item_id: stored for stored in map(evaluations.__getitem__, found[1])}


@lru_cache(maxsize=4096)
def _optional_points(text: str | None) -> Fraction | None:
    return None if text is None else read_exact(text)
