"""Results as they are stored: canonical, rounded, the same everywhere."""

import csv
import io
import json
from itertools import pairwise

import msgspec
import pytest

from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.core.statistics.results import Statistics, plain, statistics_line
from assessment_pipeline.core.statistics.scores import scores, trend
from assessment_pipeline.core.statistics.summary import Subject, summarise
from assessment_pipeline.core.statistics.tables import (
    DIF_COLUMNS,
    ITEM_COLUMNS,
    OPTION_COLUMNS,
    dif_table,
    item_table,
    option_table,
)
from assessment_pipeline_tests.core.statistics.answer_builders import (
    answers_of,
    lsat6,
    row,
    scores_of,
)


def summary() -> Statistics:
    """Return statistics of LSAT-6 with groups, times and options."""
    rows = [
        row(
            answers,
            group="ab"[place % 2],
            values=[(str(answer),) for answer in answers],
            milliseconds=[4000 + place] * 4 + [None],
            trailing=["q5"] if place % 9 else [],
        )
        for place, answers in enumerate(lsat6()[::4])
    ]
    answers = answers_of(rows, options=("1",), keys=frozenset("1"), is_closed=True)
    subject = Subject("lsat6", "1", None, {"2025-11-20": "sha256:0"}, {"voided": 2})
    return summarise(subject, answers)


def test_the_line_is_canonical_json_and_reads_back() -> None:
    line = statistics_line(summary())
    fields: Json = json.loads(line)
    assert canonical_json(fields) == line
    assert msgspec.convert(fields, Statistics).flagged == summary().flagged


def test_floats_have_twelve_digits() -> None:
    written = canonical_json(plain([1 / 3, -0.0, 1e-20, float("inf"), 2]))
    assert written == b"[0.333333333333,0.0,1e-20,null,2]"


def test_items_stand_as_candidates_met_them() -> None:
    rows = [row([1, 0, 1])._replace(positions={"q2": 1, "q1": 2})]
    found = summarise(Subject("a", "1", None, {}, {}), answers_of(rows * 2))
    assert [item.item_id for item in found.items] == ["q2", "q1", "q3"]


def table(content: bytes) -> list[dict[str, str]]:
    assert content.endswith(b"\n")
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def test_the_tables_hold_what_the_results_hold() -> None:
    found = summary()
    items, options, dif = (table(write(found)) for write in (item_table, option_table, dif_table))
    assert (tuple(items[0]), tuple(options[0])) == (ITEM_COLUMNS, OPTION_COLUMNS)
    assert tuple(dif[0]) == DIF_COLUMNS
    assert [row["item_id"] for row in items] == ["q1", "q2", "q3", "q4", "q5"]
    assert float(items[1]["discrimination"]) == pytest.approx(
        found.items[1].discrimination, abs=1e-11
    )
    assert items[0]["seconds_median"] == "4.1245"
    assert items[4]["seconds_median"] == ""
    assert [row["option"] for row in options[:2]] == ["1", "0"]
    assert [row["is_key"] for row in options[:2]] == ["true", "false"]
    assert len(dif) == 10


def test_an_item_without_options_is_in_no_table_of_them() -> None:
    found = summarise(Subject("a", "1", None, {}, {}), scores_of([[1, 0], [0, 1]]))
    assert table(option_table(found)) == []


def test_of_an_item_that_counts_for_a_few_no_numbers_are_told() -> None:
    rows = [row([1, place % 2], milliseconds=[5000, 5000]) for place in range(4)]
    rows.append(row([None, 1]))
    few, many = summarise(Subject("a", "1", None, {}, {}), answers_of(rows)).items
    assert (few.n, many.n) == (4, 5)
    assert (few.mean, few.standard_deviation, few.difficulty, few.discrimination) == (None,) * 4
    assert (many.mean, many.difficulty) == pytest.approx((0.6, 0.6))


def test_the_distribution_counts_every_total() -> None:
    found = scores(scores_of(lsat6()))
    assert [(count.score, count.n) for count in found.counts] == [
        (0, 3),
        (1, 20),
        (2, 85),
        (3, 237),
        (4, 357),
        (5, 298),
    ]
    assert (found.n, found.minimum, found.maximum, found.max_score) == (1000, 0, 5, 5)
    assert found.mean == pytest.approx(3.819)
    assert (found.lower_quartile, found.median, found.upper_quartile) == (3, 4, 5)
    assert all(first.score < second.score for first, second in pairwise(found.counts))


def test_totals_of_different_worth_have_no_maximum_in_common() -> None:
    found = scores(answers_of([row([1, None]), row([1, 1])]))
    assert found.max_score is None
    assert scores(scores_of([[1, 0]])).standard_deviation is None


def test_a_day_with_a_few_candidates_has_no_mean() -> None:
    rows = [row([each % 2, 1], day="2025-11-20") for each in range(5)]
    rows += [row([1, 1], day="2025-11-21")] * 4
    first, second = trend(answers_of(rows))
    assert first.n == 5
    assert first.mean_share == pytest.approx(0.7)
    assert (second.delivery_date, second.n, second.mean_share) == ("2025-11-21", 4, None)
