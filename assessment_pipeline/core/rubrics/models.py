"""A rubric version: how one assessment is scored, and what its totals mean.

Holds the models of the contract's section 4. What is wrong with them beyond their fields is
`lint`; which version scores what is `catalogue`; scoring itself is `scoring`.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from assessment_pipeline.core.instants import Instant, parse_instant
from assessment_pipeline.core.points import RoundingMode
from assessment_pipeline.core.rubrics.late_work import LatePolicy
from assessment_pipeline.core.rules import AnyRule, ItemRule
from assessment_pipeline.core.rules.fields import Exact, Id, RubricModel, Wording, refusal
from assessment_pipeline.core.rules.match_correct import GuessingPenalty, MatchCorrect

MissingDecision: TypeAlias = Literal["zero", "exclude", "rule"]


def _instant(value: Any) -> Instant:  # noqa: ANN401  any JSON value
    try:
        if isinstance(value, str):
            return parse_instant(value)
    except ValueError:
        pass
    raise refusal("this is no time with an offset", "write a time such as 2026-09-01T00:00:00Z")


InstantField = Annotated[
    Instant,
    PlainValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class MissingPolicy(RubricModel):
    """What becomes of a response that is not answered, by its state.

    `zero` gives no points; `exclude` takes the item out of the maximum too; `rule` lets the
    item's rule judge that there is no response.
    """

    omitted: MissingDecision = "zero"
    not_reached: MissingDecision = "zero"
    not_presented: MissingDecision = "exclude"
    invalid: MissingDecision = "zero"
    absent: MissingDecision = "zero"


class Rounding(RubricModel):
    """How the total is rounded, once."""

    mode: RoundingMode = "half_up"
    decimals: Annotated[int, Field(ge=0, le=30)]


class Policy(RubricModel):
    """What holds for all items and for the total."""

    missing: MissingPolicy = MissingPolicy()
    missing_for_analysis: MissingPolicy | None = None
    """What statistics make of the same; no score reads it. None: what scoring makes of it."""
    formula_scoring: GuessingPenalty | None = None
    """What a wrong answer costs in single-choice items that do not say so themselves."""
    late: LatePolicy | None = None
    floor: Exact | None = Fraction(0)
    rounding: Rounding | None = None


class Dimension(RubricModel):
    """A subscore, and the items that count in it."""

    title: Wording | None = None
    descriptor: Wording | None = None
    items: tuple[Id, ...] = ()


class PerformanceLevel(RubricModel):
    """A level reached from an exact total on."""

    level: Wording
    minimum: Exact
    title: Wording | None = None
    descriptor: Wording | None = None


class ScaleRow(RubricModel):
    """From which rounded total on (or above which) a scale score is given."""

    minimum: Exact
    inclusive: bool = True
    value: Exact

    @property
    def rank(self) -> tuple[Fraction, bool]:
        """Rows by rank: "above 3" comes after "from 3"."""
        return self.minimum, not self.inclusive

    def is_reached(self, total: Fraction) -> bool:
        """Tell whether a total is in this row, or in a higher one."""
        return total > self.minimum or (self.inclusive and total == self.minimum)


class ScaleLine(RubricModel):
    """slope * total + intercept, within minimum and maximum."""

    slope: Exact
    intercept: Exact = Fraction(0)
    minimum: Exact | None = None
    maximum: Exact | None = None


class Scale(RubricModel):
    """The scale score of a rounded total: by a table, or by a line."""

    table: Annotated[tuple[ScaleRow, ...], Field(min_length=1)] | None = None
    linear: ScaleLine | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.table is None) == (self.linear is None):
            message = "a scale is a table or linear"
            raise refusal(message, "give one of the two")
        return self

    @cached_property
    def _highest_first(self) -> tuple[ScaleRow, ...]:
        return tuple(sorted(self.table or (), key=lambda row: row.rank, reverse=True))

    def score(self, total: Fraction) -> Fraction | None:
        """Return the scale score of a rounded total; None below the lowest row of a table."""
        if self.linear is None:
            reached = (row.value for row in self._highest_first if row.is_reached(total))
            return next(reached, None)
        line = self.linear
        score = line.slope * total + line.intercept
        if line.maximum is not None:
            score = min(score, line.maximum)
        return score if line.minimum is None else max(score, line.minimum)


class Rubric(RubricModel):
    """One rubric version as written in its file."""

    assessment_id: Id
    version: Id
    title: Wording | None = None
    valid_from: InstantField | None = None
    replaces: Id | None = None
    reason: Wording | None = None
    policy: Policy = Policy()
    dimensions: Mapping[Id, Dimension] = Field(default_factory=dict)
    performance_levels: tuple[PerformanceLevel, ...] = ()
    scale: Scale | None = None
    items: Mapping[Id, AnyRule]
    default_item: AnyRule | None = None

    def item(self, item_id: str) -> ItemRule | None:
        """Return the rule of an item: its own, else the default item, else None."""
        return self._scored_items.get(item_id, self._scored_default)

    @cached_property
    def _scored_items(self) -> Mapping[str, ItemRule]:
        return {item_id: self._under_policy(item) for item_id, item in self.items.items()}

    @cached_property
    def _scored_default(self) -> ItemRule | None:
        return None if self.default_item is None else self._under_policy(self.default_item)

    def _under_policy(self, item: ItemRule) -> ItemRule:
        penalty = self.policy.formula_scoring
        if penalty is None or not isinstance(item, MatchCorrect):
            return item
        return item.with_guessing_penalty(penalty)

    @cached_property
    def item_ids(self) -> frozenset[str]:
        """The items that have a rule of their own."""
        return frozenset(self.items)

    @cached_property
    def reads_beyond_responses(self) -> bool:
        """Whether any item reads features or ratings beside the response itself."""
        items = (*self.items.values(), self.default_item)
        return any(
            item is not None and (item.needs_features or item.needs_ratings) for item in items
        )

    @cached_property
    def needs_features(self) -> bool:
        """Whether any item reads features of the responses."""
        return any(
            item is not None and item.needs_features
            for item in (*self.items.values(), self.default_item)
        )

    def dimensions_of(self, item_id: str) -> tuple[str, ...]:
        """Return the dimensions that list an item, sorted."""
        return self._dimensions_by_item.get(item_id, ())

    @cached_property
    def _dimensions_by_item(self) -> dict[str, tuple[str, ...]]:
        by_item: dict[str, tuple[str, ...]] = {}
        for name in sorted(self.dimensions):
            for item_id in self.dimensions[name].items:
                by_item[item_id] = (*by_item.get(item_id, ()), name)
        return by_item

    def level(self, total: Fraction) -> str | None:
        """Return the highest performance level that an exact total reaches; None below all."""
        reached = (each.level for each in self._highest_level_first if total >= each.minimum)
        return next(reached, None)

    @cached_property
    def _highest_level_first(self) -> tuple[PerformanceLevel, ...]:
        return tuple(sorted(self.performance_levels, key=lambda each: each.minimum, reverse=True))

    def maximum(self) -> Fraction:
        """Return what full credit on all listed items is worth, after weight."""
        parts = (item.maximum() * item.weight for item in self.items.values())
        return sum(parts, Fraction(0))
