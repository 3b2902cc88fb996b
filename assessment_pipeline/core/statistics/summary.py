"""Summary: everything that is computed of the answers to one assessment, put together."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.core.statistics.agreement import CriterionLevels, Rated, agreement
from assessment_pipeline.core.statistics.answers import Answers
from assessment_pipeline.core.statistics.dif import dif
from assessment_pipeline.core.statistics.distractors import option_table
from assessment_pipeline.core.statistics.flags import flags
from assessment_pipeline.core.statistics.items import (
    difficulty,
    discrimination,
    max_score,
    mean_and_deviation,
    missing,
    position,
    times,
)
from assessment_pipeline.core.statistics.reliability import alphas_if_deleted, reliability
from assessment_pipeline.core.statistics.results import Dif, ItemStatistics, Statistics
from assessment_pipeline.core.statistics.scores import scores, trend

# Changes when a number, a flag or a form of the results can change.
STATISTICS_VERSION: Final = "2"


class Subject(NamedTuple):
    """What the statistics are of, and where their answers came from."""

    assessment_id: str
    rubric_version: str
    rubric_title: str | None
    inputs: Mapping[str, str]
    """The content hash of each day's score runs."""
    left_out: Mapping[str, int]
    """How many score runs do not count, by reason."""


def summarise(
    subject: Subject,
    answers: Answers,
    ratings: Iterable[Rated] = (),
    criteria: Iterable[CriterionLevels] = (),
    reference_group: str | None = None,
) -> Statistics:
    """Compute everything; there must be a candidate."""
    if_deleted = alphas_if_deleted(answers)
    by_group = dif(answers, reference_group)
    items = [
        _item(answers, place, if_deleted.get(place), by_group.get(place, []))
        for place in range(len(answers.items))
    ]
    # As candidates meet them; rubrics keep no order of items.
    items.sort(key=lambda item: (item.position is None, item.position or 0, item.item_id))
    return Statistics(
        agreement=agreement(ratings, criteria),
        assessment_id=subject.assessment_id,
        flagged=[item.item_id for item in items if item.flags],
        inputs=dict(sorted(subject.inputs.items())),
        items=items,
        left_out=dict(sorted(subject.left_out.items())),
        reliability=reliability(answers),
        rubric_title=subject.rubric_title,
        rubric_version=subject.rubric_version,
        scores=scores(answers),
        statistics_version=STATISTICS_VERSION,
        trend=trend(answers),
    )


def _item(
    answers: Answers, place: int, alpha_if_deleted: float | None, of_groups: list[Dif]
) -> ItemStatistics:
    item, n = answers.items[place], int(answers.counted[:, place].sum())
    # The mean of a few would tell what one of them has got.
    is_told = n >= FEWEST_CANDIDATES
    mean, deviation = mean_and_deviation(answers, place) if is_told else (None, None)
    hardness = difficulty(answers, place) if is_told else None
    sharpness = discrimination(answers, place) if is_told else None
    options = option_table(answers, place) if is_told else None
    return ItemStatistics(
        item_id=item.item_id,
        rule=item.rule,
        position=position(answers, place),
        n=n,
        max_score=max_score(answers, place),
        mean=mean,
        standard_deviation=deviation,
        difficulty=hardness,
        discrimination=sharpness,
        is_dichotomous=answers.is_dichotomous(place),
        alpha_if_deleted=alpha_if_deleted,
        missing=missing(answers, place),
        times=times(answers, place),
        options=options,
        dif=of_groups,
        flags=flags(item.rule, (hardness, sharpness), options, of_groups),
    )
