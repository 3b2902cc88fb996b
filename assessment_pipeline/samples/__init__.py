"""Samples: deliveries and rubrics that come with the package, for `demo` and for tests.

Holds files and the ways to get at them, nothing that scores. LSAT-6 is real (published counts,
from which the examinees are rebuilt); the harbour and seamanship tests are made up. README.md
beside this file says what each file shows. The files lie as in a home folder, so that they can
be looked at, copied and changed.
"""

import csv
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from io import StringIO
from typing import Final, NamedTuple

from assessment_pipeline.core.hashing import canonical_json

LSAT6_DAY: Final = "2026-11-18"
LSAT6_SUBMITTED_AT: Final = f"{LSAT6_DAY}T12:00:00Z"
_RUBRIC_SUFFIX: Final = ".yaml"


class SampleDelivery(NamedTuple):
    """A delivery file: the day it is delivered, its name in the day's folder, and its bytes."""

    day: str
    name: str
    content: bytes


class SampleRubric(NamedTuple):
    """A rubric version, and its file's bytes."""

    assessment_id: str
    version: str
    content: bytes


def sample_deliveries() -> tuple[SampleDelivery, ...]:
    """Return all sample deliveries, by day and name."""
    stored = (
        SampleDelivery(day.name, file.name, file.read_bytes())
        for day in _inside("deliveries")
        for file in day.iterdir()
    )
    lsat6 = SampleDelivery(LSAT6_DAY, "lsat6.jsonl", lsat6_delivery())
    return tuple(sorted((*stored, lsat6)))


def sample_rubrics() -> tuple[SampleRubric, ...]:
    """Return all sample rubric versions, by assessment and version."""
    return tuple(
        sorted(
            SampleRubric(folder.name, file.name.removesuffix(_RUBRIC_SUFFIX), file.read_bytes())
            for folder in _inside("rubrics")
            for file in folder.iterdir()
        )
    )


def lsat6_pattern_counts() -> tuple[tuple[str, int], ...]:
    """Return how many of the 1,000 examinees gave each pattern of right and wrong answers.

    Source: Bock and Lieberman (1970), Psychometrika 35, 179-197.
    """
    content = (resources.files(__name__) / "lsat6" / "pattern_counts.csv").read_text("utf-8")
    return tuple((row["pattern"], int(row["count"])) for row in csv.DictReader(StringIO(content)))


def lsat6_delivery() -> bytes:
    """Return the examinees of LSAT-6 as a delivery file, in the order of the published table."""
    return b"".join(
        canonical_json(
            {
                "assessment_id": "lsat6",
                "candidate_id": f"lsat6-c{number:04d}",
                "responses": [
                    {"item_id": f"q{item}", "value": answer}
                    for item, answer in enumerate(pattern, start=1)
                ],
                "session_id": f"lsat6-{number:04d}",
                "submitted_at": LSAT6_SUBMITTED_AT,
            }
        )
        + b"\n"
        for number, pattern in enumerate(_lsat6_patterns(), start=1)
    )


def _lsat6_patterns() -> Iterator[str]:
    for pattern, count in lsat6_pattern_counts():
        yield from (pattern for _ in range(count))


def _inside(name: str) -> Iterator[Traversable]:
    return (resources.files(__name__) / name).iterdir()
