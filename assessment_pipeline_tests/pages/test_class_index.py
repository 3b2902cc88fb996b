"""The class index: every session of a day, and totals that count only what is complete."""

from lxml import html

from assessment_pipeline.pages.class_index import render_class_index
from assessment_pipeline.pages.labels import load_labels
from assessment_pipeline.pages.models import ClassIndexPage
from assessment_pipeline.services.session_pages import class_row
from assessment_pipeline_tests.pages.cards import HOSTILE, card


def rows_of(page: html.HtmlElement, table: str) -> list[list[str]]:
    rows = page.xpath(f"//table[@class='{table}']/tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def test_totals_count_each_status_and_the_mean_is_of_the_complete() -> None:
    cards = (
        card(percent="41.67"),
        card(percent="41.68"),
        card(status="provisional", percent=None, candidate_name=HOSTILE[0]),
        card(assessment_id="other", status="voided", percent=None),
    )
    rows = tuple(class_row(each, f"{number}.html") for number, each in enumerate(cards))
    page = html.fromstring(render_class_index(ClassIndexPage("2025-11-20", rows), load_labels()))
    assert rows_of(page, "totals") == [
        ["numeracy", "3", "2", "1", "0", "0", "41.68 %"],
        ["other", "1", "0", "0", "0", "1", "none"],
    ]
    assert page.xpath("//table[@class='class']//a/@href") == [f"{n}.html" for n in range(4)]
    assert "1.67 of 4 so far" in rows_of(page, "class")[2]
    assert f"{HOSTILE[0]} c-9f2" in rows_of(page, "class")[2]


def test_a_day_without_sessions_says_so() -> None:
    text = render_class_index(ClassIndexPage("2025-11-20", ()), load_labels())
    assert "There are no sessions on this day." in text
