"""Demo: put the package's samples into a home, and tell what became of them.

Scoring comes in between and is not done here: it goes through Dagster, as for any delivery.
Nothing of a home is overwritten, and what is there already stays as it is.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from assessment_pipeline.core.exports import EVIDENCE, SCORECARDS
from assessment_pipeline.core.points import decimal_text, parse_exact
from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.samples import SampleRubric, sample_deliveries, sample_rubrics
from assessment_pipeline.services.checks.findings import named
from assessment_pipeline.services.deliver import deliver_bytes
from assessment_pipeline.storage.files import naming, read_file, write_durably
from assessment_pipeline.storage.home import Home

Row = Mapping[str, str]

_ANOTHER: Final = (
    "name another folder for the demo: `assessment-pipeline demo --home ./demo_home`, or "
    "ASSESSMENT_PIPELINE_HOME=./demo_home for `make demo`"
)


@dataclass(frozen=True)
class PlacedSamples:
    """What the samples are, and how much of them was not there before."""

    days: tuple[str, ...]
    deliveries: int
    rubrics: int
    new_files: int


@dataclass(frozen=True)
class AssessmentSummary:
    """The scorecards of one assessment over some days."""

    assessment_id: str
    days: int
    candidates: int
    scorecards: int
    complete: int
    mean_percent: str
    """Over the scorecards that have a percent, to one place; empty if none has."""
    levels: Mapping[str, int]


@dataclass(frozen=True)
class ScorecardExample:
    """One scorecard with the evidence it rests on."""

    scorecard: Row
    evidence: tuple[Row, ...]


def place_samples(home: Home) -> PlacedSamples:
    """Put the sample rubrics and deliveries into a home.

    UsageError if it is a home with deliveries of its own only, which a demo has no place in, or if
    a sample that was put there is not as it was.
    """
    deliveries, rubrics = sample_deliveries(), sample_rubrics()
    days = tuple(sorted({delivery.day for delivery in deliveries}))
    is_begun = any((home.delivery_folder(each.day) / each.name).exists() for each in deliveries)
    if not is_begun and home.delivery_days():
        raise UsageError(
            f"The home {home.folder} has deliveries of its own, and its ledger never forgets: "
            f"{_ANOTHER}."
        )
    changed = [
        f"deliveries/{each.day}/{each.name}"
        for each in deliveries
        if (path := home.delivery_folder(each.day) / each.name).exists()
        and read_file(path) != each.content
    ]
    if changed:
        raise UsageError(
            f"The demo's own files were changed in the home {home.folder}, perhaps by `erase`: "
            f"{named(changed, ', ')}. They stay as they are; {_ANOTHER}."
        )
    home.create()
    new_files = sum(_place_rubric(home, rubric) for rubric in rubrics)
    for delivery in deliveries:
        placed = deliver_bytes(home, delivery.name, delivery.content, delivery.day)
        new_files += not placed.was_there
    return PlacedSamples(days, len(deliveries), len(rubrics), new_files)


def _place_rubric(home: Home, rubric: SampleRubric) -> bool:
    """Write a rubric version if it is not there; return whether it was not."""
    path = home.rubrics / rubric.assessment_id / f"{rubric.version}.yaml"
    if not path.exists():
        write_durably(path, rubric.content)
        return True
    if read_file(path) != rubric.content:
        raise UsageError(
            f"{path} is there already with other content than the sample's; {_ANOTHER}."
        )
    return False


def summarise(home: Home, days: Sequence[str]) -> tuple[AssessmentSummary, ...]:
    """Summarise the exported scorecards of some days, by assessment."""
    by_assessment: dict[str, list[Row]] = {}
    for row in _rows(home, days, SCORECARDS):
        by_assessment.setdefault(row["assessment_id"], []).append(row)
    return tuple(_summary(name, rows) for name, rows in sorted(by_assessment.items()))


def _summary(assessment_id: str, rows: Sequence[Row]) -> AssessmentSummary:
    percents = [parse_exact(row["percent"]) for row in rows if row["percent"]]
    mean = decimal_text(sum(percents, Fraction(0)) / len(percents), 1) if percents else ""
    levels = Counter(row["performance_level"] for row in rows if row["performance_level"])
    return AssessmentSummary(
        assessment_id=assessment_id,
        days=len({row["delivery_date"] for row in rows}),
        candidates=len({row["candidate_id"] for row in rows}),
        scorecards=len(rows),
        complete=sum(row["status"] == "complete" for row in rows),
        mean_percent=mean,
        levels=dict(sorted(levels.items())),
    )


def example_scorecard(home: Home, days: Sequence[str]) -> ScorecardExample:
    """Return the complete scorecard whose evidence shows most: rules, statuses, partial credit."""
    evidence: dict[str, list[Row]] = {}
    for row in _rows(home, days, EVIDENCE):
        evidence.setdefault(row["score_run_id"], []).append(row)
    best: ScorecardExample | None = None
    most = -1
    for row in _rows(home, days, SCORECARDS):
        items = evidence.get(row["score_run_id"], [])
        kinds = {(item["rule"], item["item_status"], _credit(item)) for item in items}
        if row["status"] == "complete" and len(kinds) > most:
            best, most = ScorecardExample(row, tuple(items)), len(kinds)
    if best is None:
        raise NothingThereError(f"There is no complete scorecard in {home.exports}.")
    return best


def _credit(item: Row) -> str:
    if item["raw_score"] in {"", "0"}:
        return "none"
    return "full" if item["raw_score"] == item["max_score"] else "part"


def _rows(home: Home, days: Sequence[str], name: str) -> Iterator[Row]:
    for day in days:
        path: Path = home.export_folder(day) / name
        with naming(path, "read"), path.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines, strict=True)
