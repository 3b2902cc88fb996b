"""What the pages of a day show: frozen values, as text that stands in the CSV files too.

Points are text as exported; nothing is rounded or added up here. Which of it a page shows is for
its template to say.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    """Whom a scorecard page is for, and so what it shows."""

    CANDIDATE = "candidate"
    """Points alone."""
    EXPLAINED = "explained"
    """For the candidate, with responses and explanations, which tell the key."""
    STAFF = "staff"
    """With all evidence."""

    @property
    def shows_evidence(self) -> bool:
        """Whether responses and explanations are shown."""
        return self is not Kind.CANDIDATE


@dataclass(frozen=True, slots=True)
class SubscoreBar:
    """One dimension: its points, and how much of the maximum that is."""

    dimension: str
    raw_score: str
    max_score: str
    percent: str | None
    share: Fraction | None
    """Of the maximum, to draw; nothing where nothing is final or nothing could be got."""
    title: str | None = None
    """What the rubric calls the dimension."""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item: what was answered, what that gave, and why."""

    item_id: str
    item_status: str
    response_state: str
    response: str
    response_json: str
    """The response as JSON in plain ASCII, from which it can be had back exactly."""
    rule: str
    rubric_version: str
    points: str
    points_exact: str
    max_points: str
    weight: str
    explanation: str
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class ScorecardPage:
    """One session's scorecard."""

    delivery_date: str
    assessment_id: str
    session_id: str
    attempt: int
    candidate_id: str
    candidate_name: str | None
    submitted_at: str | None
    status: str
    raw_score: str | None
    raw_score_exact: str | None
    max_score: str | None
    percent: str | None
    scale_score: str | None
    performance_level: str | None
    rubric_version: str | None
    engine_version: str
    response_snapshot_id: str
    score_run_id: str
    output_hash: str
    supersedes: str | None
    subscores: tuple[SubscoreBar, ...]
    items: tuple[ItemLine, ...]
    title: str | None = None
    """What the rubric calls the assessment."""
    unrounded: str | None = None
    """The points that percent and level follow from, where rounding has changed them."""

    @property
    def is_final(self) -> bool:
        """Whether nothing is missing any more."""
        return self.status == "complete"

    def items_in(self, *statuses: str) -> tuple[str, ...]:
        """Return the ids of the items that have one of some statuses."""
        return tuple(item.item_id for item in self.items if item.item_status in statuses)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One session in the class index, and the file that shows it."""

    assessment_id: str
    session_id: str
    attempt: int
    candidate_id: str
    candidate_name: str | None
    status: str
    raw_score: str | None
    max_score: str | None
    percent: str | None
    scale_score: str | None
    performance_level: str | None
    file_name: str


@dataclass(frozen=True, slots=True)
class ClassIndexPage:
    """All sessions of a delivery day, in export order."""

    delivery_date: str
    rows: tuple[ClassRow, ...]
