"""A backfill launched by hand in the page: a range of days, a late session, and nothing new."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from assessment_pipeline.services.verify import verify
from assessment_pipeline_tests.cli.command_lines import run_fresh
from assessment_pipeline_tests.installations import Installation, answers
from assessment_pipeline_tests.services_real.served_pages import ServedPage, served_page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# The page's text field knows the last 90 days alone, so the days cannot be of long ago.
TODAY = datetime.now(UTC).date()
DAYS = [(TODAY - timedelta(days=number)).isoformat() for number in (4, 3, 2)]
FIRST_DATE = {"ASSESSMENT_PIPELINE_FIRST_DATE": DAYS[0]}
# The daemon looks after backfills twice a minute.
BACKFILL_SECONDS = 300
BACKFILLS = """
{ partitionBackfillsOrError { ... on PartitionBackfills { results { id status } } } }
"""
RUNS = "{ runsOrError { ... on Runs { results { status tags { key value } } } } }"


def delivered(folder: Path) -> Installation:
    installation = Installation(folder)
    for number, day in enumerate(DAYS):
        sessions = (answers(f"s-{number}"), answers(f"t-{number}", "C"), b"{")
        installation.deliver(*sessions, day=day)
    return installation


def launch(tab: Page, page: ServedPage, first: str, last: str) -> None:
    """Choose a range of days in the page and launch it."""
    tab.goto(f"{page.address}/asset-groups")
    tab.get_by_text("Materialize all").first.click()
    dialog = tab.get_by_role("dialog")
    days = dialog.locator("input[type=text]").first
    days.fill(f"[{first}...{last}]")
    days.press("Enter")
    expect(dialog.get_by_text("partitions", exact=False).first).to_be_visible()
    dialog.get_by_role("button", name="Launch").click()
    dialog.wait_for(state="hidden")


def succeeded(tab: Page, page: ServedPage, number: int) -> str:
    """Wait for the n-th backfill, and see its page say so; return its id."""
    found: list[dict[str, Any]] = []
    for _ in range(BACKFILL_SECONDS):
        found = page.queried(BACKFILLS)["partitionBackfillsOrError"]["results"]
        if len(found) == number and all(each["status"].startswith("COMPLETED") for each in found):
            break
        page.wait(1)
    latest: str = found[0]["id"]
    tab.goto(f"{page.address}/runs/b/{latest}")
    status = tab.get_by_text("Status", exact=True).locator("xpath=..")
    expect(status.get_by_text("Succeeded")).to_be_visible()
    return latest


def runs_of(page: ServedPage, backfill: str) -> dict[str, str]:
    """Return how the run of each day of a backfill ended."""
    ended = {}
    for run in page.queried(RUNS)["runsOrError"]["results"]:
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        if tags.get("dagster/backfill") == backfill and "dagster/partition" in tags:
            ended[tags["dagster/partition"]] = run["status"]
    return ended


def exports_of(installation: Installation) -> dict[str, bytes]:
    folder = installation.home.exports
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("*/*")}


def score(installation: Installation) -> None:
    arguments = ("--from", DAYS[0], "--to", DAYS[-1])
    scored = run_fresh("score", *arguments, home=installation.home.folder, **FIRST_DATE)
    assert scored.returncode == 0, scored.stderr


def entries_of(installation: Installation) -> int:
    return verify(installation.home).ledger_entries


def test_a_backfill_has_the_bytes_of_the_command_line_and_a_second_one_changes_nothing(
    chromium: Browser, tmp_path: Path
) -> None:
    by_hand, by_command = delivered(tmp_path / "page"), delivered(tmp_path / "command")
    score(by_command)
    with served_page(by_hand.home.folder, **FIRST_DATE) as page:
        tab = chromium.new_page(viewport={"width": 1500, "height": 950})
        tab.set_default_timeout(60_000)

        launch(tab, page, DAYS[0], DAYS[-1])
        first = succeeded(tab, page, 1)
        assert runs_of(page, first) == dict.fromkeys(DAYS, "SUCCESS")
        assert exports_of(by_hand) == exports_of(by_command)
        assert len(exports_of(by_hand)) == 4 * len(DAYS)

        # A late session for the oldest day, and nothing new for the others.
        for each in (by_hand, by_command):
            each.deliver(answers("late"), day=DAYS[0], name="late")
        score(by_command)
        before = entries_of(by_hand)
        launch(tab, page, DAYS[0], DAYS[-1])
        second = succeeded(tab, page, 2)
        assert runs_of(page, second) == dict.fromkeys(DAYS, "SUCCESS")
        tab.close()

    assert exports_of(by_hand) == exports_of(by_command)
    # DELIVERY_CAPTURED, RESPONSE_SNAPSHOTS_CAPTURED, SCORING_RUN_CREATED, SCORECARDS_GENERATED
    # and CSV_EXPORTED of the one day that has something new.
    assert entries_of(by_hand) == before + 5
    assert verify(by_hand.home).outcome == "right"
