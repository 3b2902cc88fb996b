"""Make statistics: compute, keep, and write the pages, as a step that reports what it did."""

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.core.hashing import Json, content_hash
from assessment_pipeline.errors import NothingThereError
from assessment_pipeline.services.indexes import ITEM_STATISTICS
from assessment_pipeline.services.item_statistics import (
    Grouping,
    KeptStatistics,
    days_with_scores,
    keep_statistics,
)
from assessment_pipeline.services.statistics_files import write_files
from assessment_pipeline.services.steps import StepResult, Workplace


def make_statistics(
    place: Workplace,
    dates: tuple[str | None, str | None],
    assessment_id: str | None = None,
    grouping: Grouping = Grouping(),  # noqa: B008 - frozen
) -> StepResult:
    """Make the statistics of one assessment, or of all, over the scored days between two dates.

    NothingThereError if nothing is there of what was named; that nothing at all is complete yet
    is no failure of a run that makes everything.
    """
    days = days_with_scores(place.home, *dates)
    kept = tuple(keep_statistics(place, days, assessment_id, grouping))
    if not kept and assessment_id is not None:
        raise NothingThereError(
            "No complete score run on these days: choose others, or look at the assessment's name."
        )
    for each in kept:
        write_files(place.home.statistics, each.statistics)
    return _result(kept)


def _result(kept: tuple[KeptStatistics, ...]) -> StepResult:
    hashes: dict[str, Json] = {each.assessment_id: each.content_hash for each in kept}
    made = [statistics for each in kept for statistics in each.statistics]
    inputs = {
        f"{each.assessment_id}/{each.rubric_version} {day}": hash_
        for each in made
        for day, hash_ in each.inputs.items()
    }
    is_changed = any(each.is_changed for each in kept)
    return StepResult(
        asset=ITEM_STATISTICS,
        partition="all",
        content_hash=content_hash(hashes),
        input_hashes=inputs,
        is_changed=is_changed,
        was_skipped=False,
        counts={
            "assessments": len(kept),
            "candidates": sum(each.scores.n for each in made),
            "flagged_items": sum(len(each.flagged) for each in made),
            "items": sum(len(each.items) for each in made),
        },
        rubric_versions=tuple(
            sorted(f"{each.assessment_id}/{each.rubric_version}" for each in made)
        ),
        notes=_notes(kept),
    )


def _notes(kept: tuple[KeptStatistics, ...]) -> tuple[str, ...]:
    if not kept:
        return ("No score run is complete on these days, so no statistics.",)
    few = (
        f"{each.assessment_id}, rubric version {version}: fewer than {FEWEST_CANDIDATES} "
        "candidates, so no statistics."
        for each in kept
        for version in each.too_few
    )
    others = (
        f"{each.assessment_id}, rubric version {version}: no candidate is of the reference group, "
        "so no DIF."
        for each in kept
        for version in each.without_dif
    )
    return (*few, *others)
