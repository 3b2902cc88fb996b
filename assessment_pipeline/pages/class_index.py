"""The class index: all sessions of a day in one table, with totals, linking to their pages."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from assessment_pipeline.core.points import decimal_text
from assessment_pipeline.pages.environment import template
from assessment_pipeline.pages.labels import Labels
from assessment_pipeline.pages.models import ClassIndexPage, ClassRow

_STATUSES = ("complete", "provisional", "blocked", "voided")


@dataclass(frozen=True, slots=True)
class _Total:
    assessment_id: str
    sessions: int
    statuses: tuple[tuple[str, int], ...]
    mean_percent: str | None


def render_class_index(page: ClassIndexPage, labels: Labels) -> str:
    """Return the class index of a day as HTML."""
    return template("class_index.html").render(
        page=page, t=labels, totals=tuple(_totals(page.rows)), statuses=_STATUSES
    )


def _totals(rows: tuple[ClassRow, ...]) -> Iterator[_Total]:
    for assessment_id, group in groupby(rows, key=lambda row: row.assessment_id):
        members = list(group)
        counts = Counter(row.status for row in members)
        percents = [Fraction(row.percent) for row in members if row.percent is not None]
        mean = Fraction(sum(percents), len(percents)) if percents else None
        yield _Total(
            assessment_id,
            len(members),
            tuple((status, counts[status]) for status in _STATUSES),
            None if mean is None else decimal_text(round(mean, 2)),
        )
