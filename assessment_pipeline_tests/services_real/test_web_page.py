"""A day scored by hand in the page, behind the guard: the same bytes as on the command line."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage

from assessment_pipeline_tests.cli.command_lines import run_fresh
from assessment_pipeline_tests.installations import Installation, answers
from assessment_pipeline_tests.services_real.served_pages import ServedPage, served_page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# The page's text field knows the last 90 days alone, so the day cannot be one of long ago.
DAY = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
FIRST_DATE = {"ASSESSMENT_PIPELINE_FIRST_DATE": DAY}
RUN_SECONDS = 180
RUNS = """
{ runsOrError { ... on Runs { results {
  status assetSelection { path } tags { key value }
} } } }
"""


def delivered(folder: Path) -> Installation:
    installation = Installation(folder)
    sessions = (answers("s-1"), answers("s-2", "C"), answers("s-3", None), b"{")
    installation.deliver(*sessions, day=DAY)
    return installation


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return delivered(tmp_path_factory.mktemp("page") / "home")


@pytest.fixture(scope="module")
def page(chromium: Browser, by_hand: Installation) -> Iterator[ServedPage]:
    # After the browser, so that without one no page is started.
    assert chromium.is_connected()
    with served_page(by_hand.home.folder, **FIRST_DATE) as served:
        yield served


def materialize(browser: Browser, page: ServedPage) -> list[str]:
    """Materialize all assets for the day, by hand; return what the browser complained of."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    tab = browser.new_page(viewport={"width": 1500, "height": 950})
    tab.set_default_timeout(60_000)
    tab.on("console", note)
    tab.goto(f"{page.address}/asset-groups")
    tab.get_by_text("Materialize all").first.click()
    dialog = tab.get_by_role("dialog")
    days = dialog.locator("input[type=text]").first
    days.fill(DAY)
    days.press("Enter")
    dialog.get_by_role("button", name="Launch").click()
    dialog.wait_for(state="hidden")
    tab.close()
    return complaints


def ended_runs(page: ServedPage) -> list[dict[str, object]]:
    """Return the runs once there are some and all have ended."""
    for _ in range(RUN_SECONDS):
        runs: list[dict[str, object]] = page.queried(RUNS)["runsOrError"]["results"]
        if runs and all(each["status"] in {"SUCCESS", "FAILURE", "CANCELED"} for each in runs):
            return runs
        page.wait(1)
    raise AssertionError(f"still at work after {RUN_SECONDS} seconds: {runs}")


def test_a_day_scored_in_the_page_has_the_bytes_of_the_command_line(
    chromium: Browser, page: ServedPage, by_hand: Installation, tmp_path: Path
) -> None:
    by_command = delivered(tmp_path / "command")
    complaints = materialize(chromium, page)
    runs = ended_runs(page)
    scored = run_fresh("score", "--date", DAY, home=by_command.home.folder, **FIRST_DATE)

    assert scored.returncode == 0, scored.stderr
    assert [each["status"] for each in runs] == ["SUCCESS"]
    assert complaints == []
    exports = [sorted(each.home.exports.glob("*/*")) for each in (by_hand, by_command)]
    assert [path.name for path in exports[0]] == [path.name for path in exports[1]]
    assert len(exports[0]) == 4
    for one, other in zip(*exports, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_no_other_page_can_frame_it(chromium: Browser, page: ServedPage, tmp_path: Path) -> None:
    other = tmp_path / "other.html"
    other.write_text(f'<iframe src="{page.address}"></iframe>', encoding="utf-8")
    tab = chromium.new_page()

    with tab.expect_console_message(lambda message: "frame-ancestors" in message.text) as refusal:
        tab.goto(other.as_uri())

    assert page.address in refusal.value.text
    tab.close()
