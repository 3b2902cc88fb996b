"""Late work: what handing in after the due time costs.

Holds the policy and its arithmetic, exact to the fraction of a second. When in the making of a
total it is taken off is `totals`.

The grace moves the due time, as Open edX's `graceperiod` does; what is handed in at the last
moment of it is in time. `percent_per_unit` takes off, for every unit started after it, so many
percent of the maximum (as Canvas does) or, with `of: score`, of the points reached; `cap` is the
most that it takes off, in percent. `fixed` takes off points, `zero` all that there are.
"""

from fractions import Fraction
from math import ceil
from typing import Final, Literal, Self, TypeAlias

from pydantic import model_validator

from assessment_pipeline.core.instants import parse_instant, seconds_between
from assessment_pipeline.core.rules.fields import Points, RubricModel, refusal

LateMode: TypeAlias = Literal["none", "fixed", "percent_per_unit", "zero"]
LateUnit: TypeAlias = Literal["minutes", "hours", "days"]

_SECONDS: Final[dict[LateUnit, int]] = {"minutes": 60, "hours": 3_600, "days": 86_400}
_ZERO = Fraction(0)
_WHOLE = 100
_NEEDED: Final[dict[LateMode, frozenset[str]]] = {
    "none": frozenset(),
    "fixed": frozenset({"points"}),
    "percent_per_unit": frozenset({"percent", "unit"}),
    "zero": frozenset(),
}
_REMEDIES: Final[dict[LateMode, str]] = {
    "none": "leave the others out",
    "fixed": "give points, and grace_minutes if there is any",
    "percent_per_unit": "give percent and unit, and of, cap and grace_minutes if they are wanted",
    "zero": "give grace_minutes if there is any, and nothing else",
}


class LatePolicy(RubricModel):
    """What is taken off the total of a session that was handed in after its due time."""

    mode: LateMode
    grace_minutes: Points = _ZERO
    points: Points | None = None
    """Of mode fixed: what is taken off, whenever it comes."""
    percent: Points | None = None
    unit: LateUnit | None = None
    of: Literal["maximum", "score"] | None = None
    """Of what the percent are; None: of the maximum."""
    cap: Points | None = None
    """The most that is taken off, in percent; None: 100."""

    @model_validator(mode="after")
    def _carries_what_its_mode_needs(self) -> Self:
        given = {
            name
            for name in ("points", "percent", "unit", "of", "cap")
            if getattr(self, name) is not None
        }
        optional = {"of", "cap"} if self.mode == "percent_per_unit" else set()
        is_idle_grace = self.mode == "none" and self.grace_minutes
        if given - optional != _NEEDED[self.mode] or is_idle_grace:
            message = f"late work of mode {self.mode} does not have these parameters"
            raise refusal(message, _REMEDIES[self.mode])
        if any(percent is not None and percent > _WHOLE for percent in (self.percent, self.cap)):
            message = "more than 100 percent cannot be taken off"
            raise refusal(message, "write 0 to 100")
        return self

    def penalty(self, seconds_late: Fraction, *, total: Fraction, maximum: Fraction) -> Fraction:
        """Return the points taken off a total: at least 0, and none of what is in time.

        Args:
            seconds_late: from the due time to the submission; negative if it came before.
            total: the points reached, before floor and rounding.
            maximum: the points that could be reached.
        """
        after_grace = seconds_late - self.grace_minutes * _SECONDS["minutes"]
        if after_grace <= 0:
            return _ZERO
        match self.mode:
            case "none":
                return _ZERO
            case "fixed":
                return self.points or _ZERO
            case "zero":
                return max(total, _ZERO)
            case _:
                units = ceil(after_grace / _SECONDS[self.unit or "days"])
                most = _WHOLE if self.cap is None else self.cap
                percent = min(units * (self.percent or _ZERO), most)
                base = total if self.of == "score" else maximum
                return max(base, _ZERO) * percent / _WHOLE


def seconds_late(submitted_at: str | None, due_at: str | None) -> Fraction:
    """Return how long after its due time a session was submitted; 0 if either is not known."""
    if submitted_at is None or due_at is None:
        return _ZERO
    return seconds_between(parse_instant(due_at), parse_instant(submitted_at))
