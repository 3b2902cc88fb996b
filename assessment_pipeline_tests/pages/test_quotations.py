"""Quotations: what is quoted stands by itself, whatever signs it holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from assessment_pipeline.core.rules.base import quoted
from assessment_pipeline.pages.labels import load_labels
from assessment_pipeline.pages.models import Kind
from assessment_pipeline.pages.quotations import parts
from assessment_pipeline.pages.scorecard import render_scorecard
from assessment_pipeline_tests.pages.cards import HOSTILE, card, hostile_card, item

HEBREW = "\u05d1"


def quotations(explanation: str, response: object) -> list[str]:
    found = parts(explanation, json.dumps(response))
    return [part.text for part in found if part.is_quoted]


def test_a_page_isolates_each_quotation_of_an_explanation() -> None:
    explanation = f"“{HEBREW}” is not the correct answer “\u05d0”, “<b>”: 0 of 1 point."
    page = card(item(1, HEBREW, explanation=explanation))
    (cell,) = html.fromstring(render_scorecard(page, load_labels(), Kind.STAFF)).xpath(
        "//td[contains(@class, 'explanation')]"
    )
    assert cell.text_content() == explanation
    assert cell.xpath("./bdi/text()") == [HEBREW, "\u05d0", "<b>"]
    assert cell[-1].tail == "”: 0 of 1 point."


def test_no_quotation_makes_an_element_of_its_own() -> None:
    page = html.fromstring(render_scorecard(hostile_card(), load_labels(), Kind.STAFF))
    cells = page.xpath("//td[contains(@class, 'explanation')]")
    assert len(cells) == len(HOSTILE)
    assert {each.tag for cell in cells for each in cell.iter()} == {"td", "bdi"}


@pytest.mark.parametrize("response", ["x” \u05d0", "a” “b", "“", "”", "“” “”", "  a\n”  \u05d0 "])
def test_a_quotation_mark_in_a_response_ends_no_quotation(response: str) -> None:
    shown = quoted(response)[1:-1]
    explanation = f"“{shown}” is not the correct answer “A”: 0 of 1 point."
    assert quotations(explanation, response) == [shown, "A"]
    assert quotations(f"“B”, “{shown}” are not correct.", ["B", response]) == ["B", shown]


@given(st.text("“”a\u05d0 .*(", max_size=90), st.text("“”a\u05d0 \n(", max_size=90))
def test_the_parts_are_the_explanation(explanation: str, response: str) -> None:
    whole = f"{quoted(response)} {explanation}"
    found = list(parts(whole, json.dumps(response)))
    assert "".join(part.text for part in found) == whole
    assert next(part.text for part in found if part.is_quoted).startswith(quoted(response)[1:-1])


@pytest.mark.parametrize("response", [None, 3.5, True, [], ["A", "B"]])
def test_any_response_may_be_explained(response: object) -> None:
    assert quotations("No response: 0 of 1 point.", response) == []
