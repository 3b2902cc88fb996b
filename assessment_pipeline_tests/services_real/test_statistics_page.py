"""The statistics page in a real browser: for everybody, on a phone too."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from assessment_pipeline.services.item_statistics import Grouping, compute_statistics
from assessment_pipeline.services.statistics_files import write_files
from assessment_pipeline_tests.builders import DAY
from assessment_pipeline_tests.statistics_homes import bench_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    bench = bench_of(folder / "home")
    grouping = Grouping(context_key="language")
    found, _ = compute_statistics(bench.home, [DAY], "harbour", grouping=grouping)
    return write_files(folder / "out", found)[0]


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_keeps_anybody_from_reading_it(chromium: Browser, page: Path, width: int) -> None:
    tab = chromium.new_page(viewport={"width": width, "height": 900})
    try:
        tab.goto(page.as_uri())
        found = Axe().run(tab).response["violations"]
        assert tab.title() == "Item statistics: harbour, rubric version 1"
        # Wide tables scroll by themselves, the page never does.
        assert tab.evaluate("document.documentElement.scrollWidth") == width
    finally:
        tab.close()
    serious = [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
    assert serious == []


def test_nothing_is_asked_for_elsewhere(chromium: Browser, page: Path) -> None:
    tab = chromium.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    try:
        tab.goto(page.as_uri(), wait_until="networkidle")
    finally:
        tab.close()
    assert asked == [page.as_uri()]
