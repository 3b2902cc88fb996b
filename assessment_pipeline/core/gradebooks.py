"""Gradebooks: one grade a candidate and assessment, as Canvas and Moodle import them.

Pure: exported scorecards in, rows of cells out. Only a complete scorecard gives a grade; all
others leave the cell empty. Which of several results counts is not decided here but asked for.
The formats and their sources are described in docs/exports.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Final, Literal, NamedTuple, TypeAlias

from assessment_pipeline.core.columns import SCORECARDS, Column
from assessment_pipeline.core.excel_dialect import protect
from assessment_pipeline.core.exports import COLUMNS
from assessment_pipeline.core.instants import Instant, parse_instant
from assessment_pipeline.errors import UsageError

Take: TypeAlias = Literal["first", "last", "best"]
GradeAs: TypeAlias = Literal["points", "percent"]
System: TypeAlias = Literal["canvas", "moodle"]

CANVAS_COLUMNS: Final = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE_COLUMNS: Final = ("ID number", "Full name")
_POINTS_POSSIBLE: Final = "Points Possible"
_FULL_PERCENT: Final = "100"
_MEANINGS: Final[Mapping[str, str]] = {
    "Student": "The candidate's name, or their pseudonym.",
    "ID": "Canvas's own number of the student; left to Canvas.",
    "SIS User ID": "The candidate's pseudonym, as delivered.",
    "SIS Login ID": "The login; left to Canvas.",
    "Section": "The section; left to Canvas.",
    "ID number": "The candidate's pseudonym, as delivered.",
    "Full name": "The candidate's name.",
}


class _Card(NamedTuple):
    """What counts of a scorecard."""

    assessment_id: str
    session_id: str
    attempt: str
    candidate_id: str
    submitted_at: str
    status: str
    raw_score: str
    max_score: str
    percent: str

    @property
    def order(self) -> tuple[int, Instant, str]:
        """Which came first."""
        return int(self.attempt), parse_instant(self.submitted_at), self.session_id


_PLACES: Final = [COLUMNS[SCORECARDS].index(name) for name in _Card._fields]


@dataclass(frozen=True)
class Gradebook:
    """The grades of a day, as text; a candidate without one in an assessment is not in it."""

    maxima: Mapping[str, str]
    """Of each assessment, in order: what full marks are worth."""
    grades: Mapping[str, Mapping[str, str]]
    """Of each candidate, in order: the grade in each assessment."""


def gradebook(
    scorecards: Iterable[Sequence[str]], take: Take | None, grade_as: GradeAs
) -> Gradebook:
    """Return the grades of exported scorecards.

    Raises:
        UsageError: a candidate has several results and nobody says which counts, or full marks
            are worth different points in one assessment, among the results that give a grade or,
            where the best one does, among all of which it is the best.
    """
    results: dict[tuple[str, str], list[_Card]] = {}
    candidates: set[str] = set()
    assessments: set[str] = set()
    for row in scorecards:
        card = _Card(*(row[place] for place in _PLACES))
        candidates.add(card.candidate_id)
        assessments.add(card.assessment_id)
        if card.status != "voided":
            results.setdefault((card.assessment_id, card.candidate_id), []).append(card)
    grades: dict[str, dict[str, str]] = {candidate: {} for candidate in sorted(candidates)}
    taken = [
        found for cards in results.values() if (found := _taken(cards, take, grade_as)) is not None
    ]
    # What was not the best was compared too, and 2 of 3 points tell nothing beside 2 of 4.
    counting = chain.from_iterable(results.values()) if take == "best" else taken
    compared = [card for card in counting if _has_grade(card, grade_as)]
    maxima = {name: _maximum(name, compared, grade_as) for name in sorted(assessments)}
    for each in taken:
        grades[each.candidate_id][each.assessment_id] = _grade(each, grade_as)
    return Gradebook(maxima, grades)


def _taken(cards: Sequence[_Card], take: Take | None, grade_as: GradeAs) -> _Card | None:
    """Return the scorecard that gives the grade, if one does."""
    ordered = sorted(cards, key=lambda card: card.order)
    if len(ordered) > 1 and take is None:
        raise UsageError(
            f"Sessions {ordered[0].session_id} and {ordered[1].session_id} are results of one "
            f"candidate in {ordered[0].assessment_id}, and a gradebook has room for one; "
            "say which counts with --take first, last or best."
        )
    if take == "best":
        complete = [card for card in reversed(ordered) if _has_grade(card, grade_as)]
        return max(complete, key=lambda card: Decimal(_grade(card, grade_as)), default=None)
    card = ordered[0 if take == "first" else -1]
    return card if _has_grade(card, grade_as) else None


def _has_grade(card: _Card, grade_as: GradeAs) -> bool:
    return card.status == "complete" and _grade(card, grade_as) != ""


def _grade(card: _Card, grade_as: GradeAs) -> str:
    return card.percent if grade_as == "percent" else card.raw_score


def _maximum(assessment_id: str, compared: Iterable[_Card], grade_as: GradeAs) -> str:
    if grade_as == "percent":
        return _FULL_PERCENT
    found = {card.max_score for card in compared if card.assessment_id == assessment_id}
    if len(found) > 1:
        raise UsageError(
            f"Full marks in {assessment_id} are not worth the same for everybody "
            f"({', '.join(sorted(found, key=Decimal))} points), and a gradebook knows one maximum; "
            "use --grade percent."
        )
    return found.pop() if found else ""


def gradebook_columns(book: Gradebook, system: System, *, has_names: bool) -> tuple[Column, ...]:
    """Return the columns of a gradebook and what they mean.

    UsageError if an assessment is called like one of Canvas's own columns.
    """
    if system == "canvas":
        for name in CANVAS_COLUMNS:
            if name in book.maxima:
                raise UsageError(
                    f"The assessment {name} is called like a column that Canvas reads as its own; "
                    "use --format moodle, or rename the assessment for the gradebook by hand."
                )
    own = CANVAS_COLUMNS if system == "canvas" else MOODLE_COLUMNS[: 2 if has_names else 1]
    return (
        *(Column(name, "string", _MEANINGS[name], is_required=False) for name in own),
        *(
            Column(name, "number", f"The grade in {name}.", is_required=False)
            for name in book.maxima
        ),
    )


def canvas_rows(book: Gradebook, names: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the rows of a Canvas gradebook below its header: full marks, then the students."""
    blanks = [""] * (len(CANVAS_COLUMNS) - 1)
    yield [_POINTS_POSSIBLE, *blanks, *book.maxima.values()]
    for candidate, grades in book.grades.items():
        student = protect(names.get(candidate, candidate))
        yield [student, "", candidate, "", "", *_row(book, grades)]


def moodle_rows(book: Gradebook, names: Mapping[str, str] | None) -> Iterator[list[str]]:
    """Yield the rows of a Moodle grade import below its header."""
    for candidate, grades in book.grades.items():
        name = [] if names is None else [protect(names.get(candidate, ""))]
        yield [candidate, *name, *_row(book, grades)]


def _row(book: Gradebook, grades: Mapping[str, str]) -> Iterator[str]:
    return (grades.get(assessment, "") for assessment in book.maxima)
