"""Backfills as the page launches them, and the runs that come of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from assessment_pipeline_tests.services_real.served_pages import ServedPage

LAUNCH: Final = """
mutation Launch($backfill: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfill) { __typename }
}
"""
SELECTOR: Final = {
    "partitionSetName": "nightly_scoring_partition_set",
    "repositorySelector": {
        "repositoryName": "__repository__",
        "repositoryLocationName": "assessment_pipeline",
    },
}
RUNS: Final = "{ runsOrError { ... on Runs { results { status tags { key value } } } } }"


@dataclass(frozen=True)
class Run:
    """A run as the page shows it."""

    status: str
    tags: Mapping[str, str]

    @property
    def day(self) -> str:
        return self.tags["dagster/partition"]


def launch_backfill(page: ServedPage, days: Sequence[str]) -> None:
    """Launch a run of the nightly job for each of these days."""
    backfill = {"selector": SELECTOR, "partitionNames": list(days)}
    said = page.queried(LAUNCH, {"backfill": backfill})["launchPartitionBackfill"]
    assert said["__typename"] == "LaunchBackfillSuccess", said


def runs_of(page: ServedPage) -> list[Run]:
    return [
        Run(each["status"], {tag["key"]: tag["value"] for tag in each["tags"]})
        for each in page.queried(RUNS)["runsOrError"]["results"]
    ]


def all_done(page: ServedPage, days: Collection[str]) -> list[Run] | None:
    """Return the runs if every day has succeeded and none is under way."""
    runs = runs_of(page)
    done = {run.day for run in runs if run.status == "SUCCESS"}
    ended = all(run.status in {"SUCCESS", "FAILURE", "CANCELED"} for run in runs)
    return runs if ended and done == set(days) else None
