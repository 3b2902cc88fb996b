"""Make statistics: compute, keep, and write the pages, as a step that reports what it did.

What was made before and is not made again goes, page and pointer: it may count somebody who has
been erased since. Only of assessments that were looked at: over some days alone, those that were
made; over all days, the named one or all, also where nothing is left of them.
"""

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.core.hashing import Json, content_hash
from assessment_pipeline.errors import NothingThereError
from assessment_pipeline.services.indexes import ITEM_STATISTICS
from assessment_pipeline.services.item_statistics import (
    Grouping,
    KeptStatistics,
    days_with_scores,
    forget_statistics,
    keep_statistics,
)
from assessment_pipeline.services.statistics_files import (
    remove_all_others,
    remove_others,
    write_files,
)
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
    folder = place.home.statistics
    files = {path for each in kept for path in write_files(folder, each.statistics)}
    names = {each.assessment_id for each in kept}
    removed = remove_others(folder, files, names)
    if dates == (None, None):
        removed += forget_statistics(place.home, names, assessment_id)
        if assessment_id is None:
            removed += remove_all_others(folder, files)
        else:
            removed += remove_others(folder, files, {assessment_id})
    if not kept and not removed and assessment_id is not None:
        raise NothingThereError(
            "No complete score run on these days: choose others, or look at the assessment's name."
        )
    return _result(kept, is_removed=removed > 0)


def _result(kept: tuple[KeptStatistics, ...], *, is_removed: bool) -> StepResult:
    hashes: dict[str, Json] = {each.assessment_id: each.content_hash for each in kept}
    made = [statistics for each in kept for statistics in each.statistics]
    inputs = {
        f"{each.assessment_id}/{each.rubric_version} {day}": hash_
        for each in made
        for day, hash_ in each.inputs.items()
    }
    is_changed = is_removed or any(each.is_changed for each in kept)
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
        notes=_notes(kept, is_removed=is_removed),
    )


def _notes(kept: tuple[KeptStatistics, ...], *, is_removed: bool) -> tuple[str, ...]:
    gone = ("Statistics of before that are no longer made were removed.",) if is_removed else ()
    if not kept:
        return ("No score run is complete on these days, so no statistics.", *gone)
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
    return (*few, *others, *gone)
