"""The names of statistics files: one of a version's own, on any file system."""

from itertools import product

import pytest

from assessment_pipeline.services.statistics_files import file_name

IDS = ("math", "Math", "MATH", "math-v1", "Math-v1", "m", "a" * 200, "A" * 200, "math:1", "math=1")
VERSIONS = ("1", "1-v2", "2", "v2", "V2", "b", "B", "1.5", "2025_1")


def test_no_two_versions_share_a_name_where_capitals_are_no_difference() -> None:
    pairs = list(product(IDS, VERSIONS))
    assert len({file_name(*pair).casefold() for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("assessment_id", IDS)
def test_a_name_is_plain_and_short(assessment_id: str) -> None:
    name = file_name(assessment_id, "1.5")
    assert name.isascii()
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-.")
    assert len(name) <= 120


def test_a_plain_name_is_kept_for_the_eye() -> None:
    assert file_name("numeracy", "2025_1") == "numeracy-v2025_1"
