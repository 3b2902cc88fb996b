"""Wide tables: each session once, each answer in its item's column."""

import pytest

from assessment_pipeline.core.wide_rows import (
    ItemCell,
    file_stem,
    items_by_assessment,
    wide_columns,
    wide_rows,
)
from assessment_pipeline_tests.exported_homes import answer, card

CARDS = [card(), card(session_id="s-2", candidate_id="c-2"), card(assessment_id="talk")]
EVIDENCE = [
    answer("a", item_id="q02", raw_score="0.5"),
    answer("b", item_id="q10"),
    answer("c", item_id="q1", session_id="s-2", candidate_id="c-2", raw_score=""),
]


def test_each_session_has_its_points_in_the_columns_of_its_assessments_items() -> None:
    items = items_by_assessment(EVIDENCE)

    rows = list(wide_rows(CARDS, EVIDENCE, items, "raw_score"))

    assert items == {"quiz": ("q02", "q1", "q10")}
    assert [(row.assessment_id, row.cells[9:]) for row in rows] == [
        ("quiz", ["0.5", "", "1"]),
        ("quiz", ["", "", ""]),
        ("talk", []),
    ]
    assert rows[1].cells[:9] == [
        *("2026-11-20", "quiz", "s-2", "1", "c-2"),
        *("complete", "2", "3", "66.67"),
    ]


def test_responses_can_stand_in_place_of_points() -> None:
    rows = wide_rows(CARDS, EVIDENCE, items_by_assessment(EVIDENCE), "response")

    assert [row.cells[9:] for row in rows] == [["a", "", "b"], ["", "c", ""], []]


def test_the_evidence_is_read_to_its_end_even_without_a_scorecard() -> None:
    """Its last row shows whether the file was altered."""
    remaining = iter(EVIDENCE)

    list(wide_rows([], remaining, {}, "raw_score"))

    assert list(remaining) == []


def test_no_item_can_pass_for_another_column() -> None:
    names = [column.name for column in wide_columns(["status", "q01"], "raw_score")]

    assert names[-2:] == ["item.status", "item.q01"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("cell", ["raw_score", "response"])
def test_a_row_has_a_cell_for_every_column(cell: ItemCell) -> None:
    items = items_by_assessment(EVIDENCE)

    for row in wide_rows(CARDS, EVIDENCE, items, cell):
        assert len(row.cells) == len(wide_columns(items.get(row.assessment_id, ()), cell))


def test_every_assessment_has_a_file_name_of_its_own_on_every_file_system() -> None:
    ids = ["maths", "Maths", "MATHS", "m:aths", "m.aths", "m_aths", "x" * 255, "x" * 254 + "y"]

    stems = [file_stem(each) for each in ids]

    assert len({stem.lower() for stem in stems}) == len(ids)
    assert max(map(len, stems)) < 200
    assert not any(set(stem) & set('<>:"/\\|?*') for stem in stems)
