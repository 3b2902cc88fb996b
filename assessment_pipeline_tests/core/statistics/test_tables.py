"""The tables of statistics: nothing in them runs, and every text can be had back."""

import csv
from io import StringIO

import msgspec
import pytest

from assessment_pipeline.core.excel_dialect import is_live, unprotect
from assessment_pipeline.core.statistics.results import Dif, Statistics
from assessment_pipeline.core.statistics.summary import Subject, summarise
from assessment_pipeline.core.statistics.tables import dif_table, item_table, option_table
from assessment_pipeline_tests.core.statistics.answer_builders import answers_of, row
from assessment_pipeline_tests.pages.drawn_items import item_with, statistics_of

LIVE = ("=1+cmd|'/Ccalc'!A0", "+A", "@SUM(A1)", "\u200b=1", "-x", "%A", "\uff1d1")
PLAIN = ("A", "-5", "+2.5", "(other)", "A,B", '"', "\u6f22", "A\u200b")


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(table.decode(), newline="")))


@pytest.mark.parametrize("option", [*LIVE, "'A", "''=1"])
def test_an_option_that_would_run_does_not_and_comes_back(option: str) -> None:
    (found,) = rows_of(option_table(statistics_of(item_with(option))))
    assert not is_live(found["option"])
    assert found["option"] == f"'{option}"
    assert unprotect(found["option"]) == option


@pytest.mark.parametrize("option", PLAIN)
def test_an_option_that_would_not_run_is_as_it_was(option: str) -> None:
    (found,) = rows_of(option_table(statistics_of(item_with(option))))
    assert found["option"] == option


def test_a_group_that_would_run_does_not() -> None:
    dif = Dif("=1+1", "@a", False, 9, None, None, None, None, None, None, "too few")  # noqa: FBT003
    item = msgspec.structs.replace(item_with("A"), dif=[dif])
    (found,) = rows_of(dif_table(statistics_of(item)))
    assert (found["focal"], found["reference"]) == ("'=1+1", "'@a")


def test_numbers_below_zero_stay_numbers() -> None:
    item = msgspec.structs.replace(item_with("A"), mean=-0.5, discrimination=-0.25)
    found = rows_of(item_table(statistics_of(item)))[0]
    assert (found["mean"], found["discrimination"]) == ("-0.5", "-0.25")


def test_what_five_candidates_write_is_no_formula() -> None:
    answers = [row([0, place % 2], values=[(LIVE[0],), ("A",)]) for place in range(5)]
    closed = answers_of(answers, options=("A",), keys=frozenset({"A"}), is_closed=True)
    found: Statistics = summarise(Subject("a", "1", None, {}, {}), closed)
    options = [(each["option"], each["n"]) for each in rows_of(option_table(found))]
    assert options[:2] == [("A", "0"), (f"'{LIVE[0]}", "5")]
