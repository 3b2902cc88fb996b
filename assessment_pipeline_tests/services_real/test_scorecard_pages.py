"""The pages in a real browser: nothing runs, nobody is kept from reading, nothing overflows."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from assessment_pipeline.pages.class_index import render_class_index
from assessment_pipeline.pages.labels import load_labels
from assessment_pipeline.pages.models import ClassIndexPage, Kind
from assessment_pipeline.pages.scorecard import render_scorecard
from assessment_pipeline.services.session_pages import class_row
from assessment_pipeline_tests.pages.cards import card, hostile_card, item

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    labels = load_labels()
    pending = card(
        item(1, "B", item_status="pending_ratings", points=""), status="provisional", percent=None
    )
    rows = tuple(class_row(each, "a.html") for each in (hostile_card(), pending))
    texts = {
        "candidate": render_scorecard(card(), labels),
        "staff": render_scorecard(hostile_card(), labels, Kind.STAFF, "index.html"),
        "provisional": render_scorecard(pending, labels, Kind.EXPLAINED),
        "class": render_class_index(ClassIndexPage("2025-11-20", rows), labels),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_bytes(text.encode())
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("name", ["candidate", "staff", "provisional", "class"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_serious_fault_and_nothing_overflows(
    chromium: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    # axe itself is a script: it gets in past the policy, which the test below leaves in force.
    context = chromium.new_context(bypass_csp=True, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(pages[name].as_uri())
    found = Axe().run(page).response["violations"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []


def test_nothing_in_a_response_runs_or_loads(chromium: Browser, pages: dict[str, Path]) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(pages["staff"].as_uri())
    page.wait_for_load_state("networkidle")
    assert page.title().startswith("Scorecard")
    assert asked == [pages["staff"].as_uri()]
    assert said == []
    # The style sheet is the one that the policy names, or the page would be bare.
    color = page.evaluate("getComputedStyle(document.body).color")
    assert color == "rgb(27, 39, 51)"
    page.close()


def test_an_answer_from_right_to_left_leaves_the_points_where_they_are(
    chromium: Browser, tmp_path: Path
) -> None:
    explanation = "“\u05d1”: 0 of 1 point."
    text = render_scorecard(
        card(item(1, "\u05d1", explanation=explanation)), load_labels(), Kind.STAFF
    )
    (tmp_path / "page.html").write_bytes(text.encode())
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto((tmp_path / "page.html").as_uri())
    places = page.evaluate(
        """() => {
            const cell = document.querySelector("td.explanation");
            const nodes = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
            const places = {};
            for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
                for (let at = 0; at < node.length; at += 1) {
                    const range = document.createRange();
                    range.setStart(node, at);
                    range.setEnd(node, at + 1);
                    places[node.data[at]] = range.getBoundingClientRect().left;
                }
            }
            return places;
        }"""
    )
    page.close()
    assert places["“"] < places["\u05d1"] < places["”"] < places[":"] < places["0"] < places["1"]


def test_ids_and_rules_are_not_broken_inside_a_word(chromium: Browser, tmp_path: Path) -> None:
    lines = [
        item(number, "w" * 300, item_id=name, rule="map_response_point", explanation="x " * 200)
        for number, name in enumerate(("navigation.lights.03", "i" * 255))
    ]
    text = render_scorecard(card(*lines), load_labels(), Kind.STAFF)
    (tmp_path / "page.html").write_bytes(text.encode())
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto((tmp_path / "page.html").as_uri())
    heights = page.evaluate(
        """() => [...document.querySelectorAll(".items tbody th bdi, .items .rule code")]
            .map(each => each.getBoundingClientRect().height
                / parseFloat(getComputedStyle(each).fontSize))"""
    )
    width = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    # Of a font's size or so: one line. Only an id that is too long for any column has more.
    assert [height < 2 for height in heights] == [True, True, False, True]
    assert width <= 1280
