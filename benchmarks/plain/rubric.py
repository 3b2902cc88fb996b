"""The rubric: a YAML file as models, with the hash of its content."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from benchmarks.plain.hashing import content_hash
from benchmarks.plain.numbers import exact_text
from benchmarks.plain.rules import Exact, Item


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rounding(_Part):
    """How the total is rounded."""

    mode: Literal["half_up"]
    decimals: int


class Policy(_Part):
    """What holds for the whole total."""

    rounding: Rounding


class Dimension(_Part):
    """A subscore."""

    title: str
    items: list[str]


class Level(_Part):
    """A level reached from an exact total on."""

    level: str
    minimum: Exact


class Line(_Part):
    """A scale score by slope and intercept, within bounds."""

    slope: Exact
    intercept: Exact
    minimum: Exact
    maximum: Exact


class Scale(_Part):
    """The scale score of a rounded total."""

    linear: Line


class Rubric(_Part):
    """One rubric version."""

    assessment_id: str
    version: str
    policy: Policy
    dimensions: dict[str, Dimension]
    performance_levels: list[Level]
    scale: Scale
    items: dict[str, Item]

    @cached_property
    def dimensions_of(self) -> dict[str, list[str]]:
        """The dimensions that each item counts in."""
        return {
            item_id: [name for name, each in self.dimensions.items() if item_id in each.items]
            for item_id in self.items
        }

    def level(self, total: Fraction) -> str | None:
        """Return the highest level that an exact total reaches."""
        reached = [each for each in self.performance_levels if total >= each.minimum]
        return max(reached, key=lambda each: each.minimum).level if reached else None

    def scale_score(self, total: Fraction) -> str:
        """Return the scale score of a rounded total."""
        line = self.scale.linear
        score = line.slope * total + line.intercept
        return exact_text(max(line.minimum, min(line.maximum, score)))


@dataclass(frozen=True)
class RubricVersion:
    """A rubric and the hash of its document."""

    rubric: Rubric
    content_hash: str


def read_rubric(path: Path) -> RubricVersion:
    """Read a rubric file; texts in it that YAML would read otherwise stand in quotes."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return RubricVersion(Rubric.model_validate(document), content_hash(document))
