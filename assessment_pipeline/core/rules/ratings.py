"""ratings: what raters said of the response, by criterion.

Each criterion has levels with points; its ratings are resolved to points (`rating_resolution`),
multiplied by the criterion's weight and added up, to at most the item's points. One criterion
makes a holistic rubric, several an analytic one. `points` is the maximum; without it that is the
best reachable sum. What the candidate gave is not looked at.

Ratings come with the response: `{"rater_id", "criterion_id", "level_id", "kind", "rated_at"?}`.
Human and machine ratings count alike unless `resolve.kind` chooses. A rater who rates a criterion
again replaces the earlier rating, the later by rated_at and then by order; the human and the
machine rater of one name are two.

Too few ratings of any criterion, or a third one that is needed: the item is `pending_ratings`,
never 0. A criterion or level that the rubric does not have, or several ratings for `single`: the
item is an `error` with its reason. An error goes before what is pending.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.instants import Instant, parse_instant
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules.base import (
    Award,
    Finding,
    ItemRule,
    error,
    of_points,
    quoted,
)
from assessment_pipeline.core.rules.fields import Exact, Id, Points, RubricModel, Wording
from assessment_pipeline.core.rules.rating_resolution import Resolve, Unresolved

_ZERO = Fraction(0)


class RatingLevel(RubricModel):
    """A level of a criterion, and what it is worth."""

    id: Id
    points: Exact
    title: Wording | None = None
    descriptor: Wording | None = None


class RatingCriterion(RubricModel):
    """What raters look at, and the levels they choose from."""

    id: Id
    weight: Points = Fraction(1)
    levels: Annotated[tuple[RatingLevel, ...], Field(min_length=1)]
    title: Wording | None = None
    descriptor: Wording | None = None

    @cached_property
    def points_by_level(self) -> Mapping[str, Fraction]:
        """What each level is worth, before the criterion's weight."""
        return {level.id: level.points for level in self.levels}


class _Rating(NamedTuple):
    """A rating that counts, with what it is ordered by."""

    rated_at: tuple[bool, Instant | None]
    position: int
    rater: tuple[Json, Json]
    level_id: str
    points: Fraction


class Ratings(ItemRule):
    """The sum of the criteria's points, each resolved from its ratings."""

    rule: Literal["ratings"]
    criteria: Annotated[tuple[RatingCriterion, ...], Field(min_length=1)]
    resolve: Resolve = Resolve()

    @property
    def needs_ratings(self) -> bool:
        """Ratings are all that it reads."""
        return True

    @cached_property
    def _criteria(self) -> Mapping[str, RatingCriterion]:
        return {criterion.id: criterion for criterion in self.criteria}

    def maximum(self) -> Fraction:
        """Return the declared points, else the best reachable sum."""
        return self._best if self.points is None else self.points

    @cached_property
    def _best(self) -> Fraction:
        best = (
            criterion.weight * max(criterion.points_by_level.values())
            for criterion in self.criteria
        )
        return max(sum(best, _ZERO), _ZERO)

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """Return the item's points as the upper bound."""
        return None, self.maximum()

    def problems(self) -> Iterator[Finding]:
        """Yield criteria and levels that are there twice, and points that cannot be reached."""
        yield from _repeated(("criteria",), "criterion", [each.id for each in self.criteria])
        for index, criterion in enumerate(self.criteria):
            names = [level.id for level in criterion.levels]
            yield from _repeated(("criteria", index, "levels"), "level", names)
        if self.points is not None and self.points > self._best:
            yield Finding(
                ("points",),
                f"the levels give at most {exact_text(self._best)}, so full credit is never "
                "reached",
                "lower points, or leave them out",
            )

    def _judge(self, response: ItemResponse) -> Award:
        by_criterion = self._by_criterion(response.ratings)
        if isinstance(by_criterion, Award):
            return by_criterion
        total = _ZERO
        told: list[str] = []
        criteria: list[Json] = []
        unresolved: list[tuple[str, Unresolved]] = []
        for criterion in self.criteria:
            ratings = by_criterion[criterion.id]
            resolved = self.resolve.points([rating.points for rating in ratings])
            levels: list[Json] = [rating.level_id for rating in ratings]
            step: dict[str, Json] = {"id": criterion.id, "levels": levels}
            criteria.append(step)
            if isinstance(resolved, Unresolved):
                step["unresolved"] = resolved.code
                unresolved.append((criterion.id, resolved))
                continue
            weighted = resolved * criterion.weight
            total += weighted
            step["points"] = exact_text(weighted)
            told.append(f"{criterion.id} {exact_text(weighted)} ({self._found(ratings)})")
        trace: dict[str, Json] = {"method": self.resolve.method, "criteria": criteria}
        if unresolved:
            return _unfinished(unresolved, trace)
        found = ", ".join(told)
        return Award(
            total,
            f"{found[0].upper()}{found[1:]}: {of_points(total, self.maximum())}.",
            trace,
        )

    def _found(self, ratings: Sequence[_Rating]) -> str:
        levels = ", ".join(rating.level_id for rating in ratings)
        return f"rated {levels}" if len(ratings) == 1 else f"{self.resolve.method} of {levels}"

    def _by_criterion(
        self, ratings: Sequence[Mapping[str, Json]]
    ) -> Mapping[str, Sequence[_Rating]] | Award:
        """Return the ratings of each criterion that count, in order; an error if one cannot be."""
        latest: dict[str, dict[tuple[Json, Json], _Rating]] = {name: {} for name in self._criteria}
        read: list[tuple[str, _Rating]] = []
        for position, rating in enumerate(ratings):
            kind = rating.get("kind")
            if self.resolve.kind not in ("any", kind):
                continue
            criterion_id, level_id = str(rating.get("criterion_id")), str(rating.get("level_id"))
            criterion = self._criteria.get(criterion_id)
            if criterion is None:
                reason = f"A rating names criterion {quoted(criterion_id)}, which does not exist."
                return error(reason, "no_such_criterion")
            points = criterion.points_by_level.get(level_id)
            if points is None:
                reason = (
                    f"A rating of {criterion_id} names level {quoted(level_id)}, which does not "
                    "exist."
                )
                return error(reason, "no_such_level")
            rater = (kind, str(rating.get("rater_id")))
            rated_at = _rank(rating.get("rated_at"))
            read.append((criterion_id, _Rating(rated_at, position, rater, level_id, points)))
        for criterion_id, each in sorted(read, key=lambda pair: pair[1][:2]):
            # A rater's later rating takes the place, in order too, of the earlier one.
            latest[criterion_id].pop(each.rater, None)
            latest[criterion_id][each.rater] = each
        return {criterion_id: tuple(each.values()) for criterion_id, each in latest.items()}


def _rank(rated_at: Json) -> tuple[bool, Instant | None]:
    """Order ratings by when they were made, those that do not say it first."""
    try:
        instant = parse_instant(rated_at) if isinstance(rated_at, str) else None
    except ValueError:
        instant = None
    return instant is not None, instant


def _unfinished(unresolved: list[tuple[str, Unresolved]], trace: dict[str, Json]) -> Award:
    """Return the award of which some criteria have no points."""
    wrong = [pair for pair in unresolved if not pair[1].is_pending]
    reasons = "; ".join(f"{name}: {why.reason}" for name, why in wrong or unresolved)
    if wrong:
        return Award(_ZERO, f"Cannot be resolved: {reasons}.", trace, unfinished="error")
    return Award(_ZERO, f"Waits for ratings: {reasons}.", trace, unfinished="pending_ratings")


def _repeated(path: tuple[str | int, ...], noun: str, names: Sequence[str]) -> Iterator[Finding]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Finding(
                (*path, index, "id"),
                f"a {noun} {quoted(name)} is there already",
                f"give each {noun} an id of its own",
            )
