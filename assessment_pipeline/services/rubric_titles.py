"""Rubric titles: what an assessment and its dimensions are called for people, as kept when scored.

For the eye alone: nothing is computed from a title.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from assessment_pipeline.services.indexes import SCORE_RUNS, ScoreRunsIndex, current_index
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.home import Home


class _Titled(msgspec.Struct, frozen=True):
    """A dimension of a rubric's document; its other fields are skipped."""

    title: str | None = None


class _Document(msgspec.Struct, frozen=True):
    """What a rubric's document calls things; its other fields are skipped."""

    title: str | None = None
    dimensions: dict[str, _Titled] | None = None


@dataclass(frozen=True)
class RubricTitles:
    """The titles of one rubric version."""

    title: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)


def rubric_titles(home: Home, partition: str) -> Mapping[str, RubricTitles]:
    """Return the titles of the rubric versions that scored a day, by `assessment_id/version`."""
    index = current_index(home, SCORE_RUNS, partition, ScoreRunsIndex)
    if index is None:
        return {}
    return {
        label: _titles(home.artifacts.read(ArtifactRef(content_hash, 0)))
        for content_hash, label in index.rubrics.items()
    }


def _titles(document: bytes) -> RubricTitles:
    found = msgspec.json.decode(document, type=_Document)
    dimensions = {
        dimension: each.title
        for dimension, each in (found.dimensions or {}).items()
        if each.title is not None
    }
    return RubricTitles(found.title, dimensions)
