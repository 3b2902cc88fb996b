"""Score runs: what one is, what identifies it, and where a chunk of them ends.

Pure. A score run is one rubric applied to one response snapshot: its id is the hash of all that
its result depends on, and its result one line of canonical JSON whose sha256 is the output_hash;
docs/hashes.md describes both. Making them is `core.chunk_scoring`, storing them `services.score`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict

from assessment_pipeline.core.hashing import content_hash, hash_bytes, plain_json
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricVersion
from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION
from assessment_pipeline.errors import IntegrityError

CHUNK_CUT: Final = 2
"""How score runs are cut into chunks; an index says how its own are."""

_FIRST_CUT: Final = 1
CHUNK_CUTS: Final = frozenset({_FIRST_CUT, CHUNK_CUT})
"""Those that this release knows."""

# Where the last bits of an id are zero: few bits, and a chunk ends soon.
_CHUNK_MASK: Final = 2048 - 1
_SELDOM, _OFTEN = 4096 - 1, 512 - 1
_CHUNK_LEAST, _CHUNK_USUAL, _CHUNK_MOST = 1024, 2048, 4096

_OURS: Final = {"engine_version": ENGINE_VERSION, "feature_version": FEATURE_VERSION}


def ends_chunk(last_score_run_id: str, sessions: int, cut: int = CHUNK_CUT) -> bool:
    """Whether a chunk of so many sessions ends with this score run.

    Cut by content, so that one more session changes one chunk and not all that follow it; about
    2,300 sessions each, since a late session costs as much as the chunk that it falls into. The
    first cut left their sizes to chance.
    """
    bits = int(last_score_run_id[-4:], 16)
    if cut == _FIRST_CUT:
        return sessions == 2 * _CHUNK_MOST or bits & _CHUNK_MASK == 0
    if sessions < _CHUNK_LEAST:
        return False
    mask = _SELDOM if sessions < _CHUNK_USUAL else _OFTEN
    return sessions == _CHUNK_MOST or bits & mask == 0


def score_run_id(
    response_snapshot_id: str, rubrics: Iterable[str], versions: Mapping[str, str] = _OURS
) -> str:
    """Return the id of a score run, which is the hash of all that its result depends on.

    Args:
        response_snapshot_id: what was scored.
        rubrics: the content hashes of the session's own rubric and of those its items name.
        versions: those that scored it, by name; others among them are passed over.
    """
    return hash_bytes(
        plain_json(
            {
                "engine_version": versions["engine_version"],
                "feature_version": versions["feature_version"],
                "response_snapshot_id": response_snapshot_id,
                "rubrics": sorted(set(rubrics)),
            }
        )
    )


class ScoreRun(BaseModel):
    """One score run, as people and tests read it; equal input gives an equal id."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    score_run_id: str
    response_snapshot_id: str
    rubrics: tuple[str, ...]
    engine_version: str
    feature_version: str
    output_hash: str
    result: dict[str, Any]

    def content_hash(self) -> str:
        """Return the hash of the input: the id that this score run must have."""
        versions = {
            "engine_version": self.engine_version,
            "feature_version": self.feature_version,
        }
        return score_run_id(self.response_snapshot_id, self.rubrics, versions)

    def verify(self) -> None:
        """Raise IntegrityError if the id or the output hash is not what the content gives."""
        derived = {"score_run_id": self.content_hash(), "output_hash": content_hash(self.result)}
        for name, expected in derived.items():
            found = getattr(self, name)
            if found != expected:
                message = f"Score run {self.score_run_id}: {name} is {found}, derived {expected}."
                raise IntegrityError(message)


class Subscore(NamedTuple):
    """The exact points of one dimension."""

    dimension: str
    raw_score_exact: str
    max_score: str


class ScoreRunRecord(msgspec.Struct, frozen=True, gc=False):
    """One score run as stored beside its result line: what was scored, by what, to what total.

    `evaluations` are line numbers (from 0) of the chunk's evaluations, in item_id order, and
    `durations` their milliseconds. Points are exact text.
    """

    assessment_id: str
    attempt: int
    candidate_id: str
    durations: list[int | None]
    evaluations: list[int]
    max_score: str | None
    output_hash: str
    performance_level: str | None
    raw_score: str | None
    raw_score_exact: str | None
    response_snapshot_id: str
    rubric_version: str | None
    rubrics: list[str]
    scale_score: str | None
    score_run_id: str
    session_id: str
    status: str
    submitted_at: str | None
    subscores: list[Subscore]
    supersedes: str | None


def rubrics_of(
    own: RubricVersion | None, names: Iterable[tuple[str, str]], catalogue: RubricCatalogue
) -> tuple[str, ...]:
    """Return the content hashes of the rubrics a session is scored by, sorted."""
    named = (catalogue.named(assessment_id, version) for assessment_id, version in names)
    found = {version.content_hash for version in (own, *named) if version is not None}
    return tuple(sorted(found))
