"""`demo`: the samples through every asset, everything verified, and where to look."""

from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.options import common_options, current_settings, json_option
from assessment_pipeline.cli.outcomes import FAILED
from assessment_pipeline.cli.output import (
    count_of,
    print_json,
    print_table,
    progress,
    say,
    shown_path,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assessment_pipeline.defs.runs import PartitionOutcome
    from assessment_pipeline.services.demo import AssessmentSummary, ScorecardExample
    from assessment_pipeline.storage.home import Home

_RESPONSE_WIDTH = 24


@click.command("demo")
@json_option
@common_options
def command(as_json: bool) -> int:
    """Score sample deliveries, write their CSV files, verify everything.

    A second demo on the same home finds everything done and changes nothing.
    """
    from assessment_pipeline.cli.days import partition_of
    from assessment_pipeline.cli.score import is_whole, print_outcomes, run_days
    from assessment_pipeline.cli.verify import exit_code_of, verdict, verification_json
    from assessment_pipeline.services.anchors import read_anchor
    from assessment_pipeline.services.demo import example_scorecard, place_samples, summarise
    from assessment_pipeline.services.verify import verify
    from assessment_pipeline.storage.home import Home

    settings = current_settings()
    home = Home(settings.home)
    samples = place_samples(home)
    days = tuple(partition_of(settings, day) for day in samples.days)
    if not as_json:
        _say_placed(home, samples.deliveries, samples.rubrics, samples.new_files)
    outcomes = run_days(settings, days)
    if not as_json:
        print_outcomes(settings, outcomes)
    if not all(map(is_whole, outcomes)):
        if as_json:
            print_json({"partitions": [outcome.as_json() for outcome in outcomes]})
        return FAILED
    anchor = None if settings.anchor is None else read_anchor(settings.anchor)
    with progress("Verifying") as told:
        found = verify(
            home, None, anchor, lambda _: told("days", 1), ledger_url=settings.ledger_url
        )
    summaries = summarise(home, days)
    if as_json:
        print_json(
            {
                "assessments": [_summary_json(summary) for summary in summaries],
                "new_files": samples.new_files,
                "partitions": [outcome.as_json() for outcome in outcomes],
                "verification": verification_json(found),
            }
        )
        return exit_code_of(found)
    _print_summaries(summaries)
    _print_example(example_scorecard(home, days))
    _print_places(home, outcomes)
    for difference in found.differences:
        say(f"Difference: {difference}")
    for text in (*found.gaps, *found.remarks):
        say(text)
    say(verdict(found))
    return exit_code_of(found)


def _say_placed(home: "Home", deliveries: int, rubrics: int, new_files: int) -> None:
    files = f"{count_of(deliveries, 'sample delivery')} and {count_of(rubrics, 'rubric version')}"
    if new_files:
        say(f"{files} put into {shown_path(home.folder)}.")
    else:
        say(f"{files} are in {shown_path(home.folder)} already: nothing new to put there.")


def _print_summaries(summaries: "Sequence[AssessmentSummary]") -> None:
    say()
    print_table(
        ("assessment", "days", "candidates", "scorecards", "complete", "mean percent", "levels"),
        [
            (
                summary.assessment_id,
                summary.days,
                summary.candidates,
                summary.scorecards,
                summary.complete,
                summary.mean_percent,
                ", ".join(f"{level} {count:,}" for level, count in summary.levels.items()),
            )
            for summary in summaries
        ],
    )


def _summary_json(summary: "AssessmentSummary") -> dict[str, object]:
    return {
        "assessment_id": summary.assessment_id,
        "candidates": summary.candidates,
        "complete": summary.complete,
        "levels": dict(summary.levels),
        "mean_percent": summary.mean_percent,
        "scorecards": summary.scorecards,
    }


def _print_example(example: "ScorecardExample") -> None:
    card = example.scorecard
    say()
    say(
        f"Why did {card['session_id']} get {card['raw_score']} of {card['max_score']} points in "
        f"{card['assessment_id']}, rubric version {card['rubric_version']}?"
    )
    print_table(
        ("item", "response", "points", "of", "because"),
        [
            (
                item["item_id"],
                _short(item["response"]) or f"({item['response_state'].replace('_', ' ')})",
                item["raw_score"],
                item["max_score"],
                item["explanation"],
            )
            for item in example.evidence
        ],
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _RESPONSE_WIDTH else line[: _RESPONSE_WIDTH - 1] + "…"


def _print_places(home: "Home", outcomes: "Sequence[PartitionOutcome]") -> None:
    say()
    places = {
        "CSV files": home.exports,
        "Quarantined lines": home.quarantine,
        "Audit ledger": home.ledger,
        "Rubrics": home.rubrics,
    }
    for name, path in places.items():
        say(f"{name + ':':<19}{shown_path(path)}")
    say(f"{'In the browser:':<19}assessment-pipeline ui")
    if not any(step.is_changed for each in outcomes for step in each.steps.values()):
        say("Nothing was new: every step was skipped, no byte changed, no ledger entry was added.")
    say()
