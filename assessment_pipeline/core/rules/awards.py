"""constant, full_credit and void: items whose points do not depend on what the response says.

`full_credit` and `void` are decided before the state of a response: credit for an item that
turned out to be flawed, and an item that leaves score and maximum.
"""

from fractions import Fraction
from typing import Literal

from assessment_pipeline.core.responses import ItemResponse, ResponseState
from assessment_pipeline.core.rules.base import Award, ItemRule, of_points
from assessment_pipeline.core.rules.fields import Points


class Constant(ItemRule):
    """Fixed points for every response that comes to the rule."""

    rule: Literal["constant"]
    points: Points

    def _judge(self, response: ItemResponse) -> Award:  # noqa: ARG002
        points = self.maximum()
        return Award(points, f"Fixed points: {of_points(points, points)}.", {"fixed": True})


class FullCredit(ItemRule):
    """Full credit for everyone, or for everyone who answered."""

    rule: Literal["full_credit"]
    points: Points = Fraction(1)
    who: Literal["everyone", "answered"] = "everyone"

    def is_due(self, state: ResponseState) -> bool:
        """Tell whether a response in this state gets the points."""
        return self.who == "everyone" or state == "answered"

    def _judge(self, response: ItemResponse) -> Award:
        is_due = self.is_due(response.state)
        points = self.maximum() if is_due else Fraction(0)
        whom = "everyone" if self.who == "everyone" else "everyone who answered"
        return Award(
            points,
            f"Full credit for {whom}: {of_points(points, self.maximum())}.",
            {"full_credit": self.who, "is_due": is_due},
        )


class Void(ItemRule):
    """No points and no maximum: the item does not count."""

    rule: Literal["void"]

    def maximum(self) -> Fraction:
        """Return nothing, whatever the points."""
        return Fraction(0)

    def _judge(self, response: ItemResponse) -> Award:  # noqa: ARG002
        return Award(Fraction(0), "The item does not count.", {"void": True})
