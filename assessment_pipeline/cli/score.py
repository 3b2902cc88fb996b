"""`score`: delivery days through every asset, as runs of the home's Dagster instance."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.interrupts import noticing_interrupts
from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    json_option,
    open_ledger,
)
from assessment_pipeline.cli.outcomes import DONE, FAILED, sentence
from assessment_pipeline.cli.output import (
    count_of,
    print_json,
    print_table,
    progress,
    say,
    shown_path,
)
from assessment_pipeline.errors import NothingThereError

if TYPE_CHECKING:
    from assessment_pipeline.defs.runs import PartitionOutcome
    from assessment_pipeline.settings import Settings
    from assessment_pipeline.storage.home import Home


@click.command("score")
@click.option("--date", "day", metavar="D", help="One delivery date, YYYY-MM-DD.")
@click.option("--from", "first", metavar="A", help="The first of several delivery dates.")
@click.option("--to", "last", metavar="B", help="The last of several delivery dates.")
@click.option(
    "--accept-changed",
    is_flag=True,
    help="Take delivery files as they are, also if they changed or vanished since captured.",
)
@json_option
@common_options
def command(
    day: str | None, first: str | None, last: str | None, accept_changed: bool, as_json: bool
) -> int:
    """Score days: every session captured, scored, reported, exported and recorded.

    Without dates: every delivery day that is not scored as its folder stands. What is done
    already is skipped, so scoring a day again changes nothing.
    """
    from assessment_pipeline.cli.days import chosen_days
    from assessment_pipeline.storage.home import Home

    settings = current_settings()
    days = chosen_days(settings, day, first, last)
    if days is None:
        days = _pending(settings, Home(settings.home))
    outcomes = run_days(settings, days, accept_changed=accept_changed)
    if as_json:
        print_json({"partitions": [outcome.as_json() for outcome in outcomes]})
    elif outcomes:
        print_outcomes(settings, outcomes)
    else:
        say(
            "Nothing to score: every delivery day is scored as its folder stands. "
            "`score --date D` does a day again, `verify` looks at what is there."
        )
    return DONE if all(map(is_whole, outcomes)) else FAILED


def _pending(settings: "Settings", home: "Home") -> tuple[str, ...]:
    """Return the days that are to be scored; those without a partition are named and left out."""
    from assessment_pipeline.cli.days import partition_of
    from assessment_pipeline.errors import UsageError
    from assessment_pipeline.services.pending import pending_days

    for name in home.misplaced_deliveries():
        click.echo(
            f"Left out: deliveries/{name} is no day; deliveries lie in deliveries/YYYY-MM-DD/.",
            err=True,
        )
    if not home.delivery_days():
        raise NothingThereError(
            f"There are no deliveries in {home.folder}; put some there with "
            "`assessment-pipeline deliver`, or name another home with --home."
        )
    days = []
    for day in pending_days(home):
        try:
            days.append(partition_of(settings, day))
        except UsageError as error:
            click.echo(f"Left out: {error}", err=True)
    return tuple(days)


def run_days(
    settings: "Settings", days: Sequence[str], *, accept_changed: bool = False
) -> "list[PartitionOutcome]":
    """Score days with progress, and renew the anchor if there is one."""
    if not days:
        _check_timezone_of(settings)
        if settings.anchor is not None and not settings.anchor.exists():
            renew_anchor_of(settings)
        return []
    from assessment_pipeline.defs.runs import score_partitions

    check_anchor_of(settings)
    finished = []
    with progress("Scoring") as told, noticing_interrupts() as was_interrupted:
        outcomes = score_partitions(
            settings, days, accept_changed=accept_changed, on_progress=told, on_wait=_say_waiting
        )
        for outcome in outcomes:
            if was_interrupted():
                raise KeyboardInterrupt
            finished.append(outcome)
    renew_anchor_of(settings)
    return finished


def _check_timezone_of(settings: "Settings") -> None:
    """Refuse another time zone than the ledger's also where nothing is scored, so not opened."""
    from assessment_pipeline.services.timezones import require_timezone
    from assessment_pipeline.storage.home import Home
    from assessment_pipeline.storage.ledger import Ledger

    path = Home(settings.home).ledger
    if settings.ledger_url is not None:
        # Read, for what is not there is not to be made.
        with suppress(NothingThereError), Ledger.read(path, url=settings.ledger_url) as ledger:
            require_timezone(ledger, settings.timezone)
    elif path.exists():
        with open_ledger(settings):
            pass


def _say_waiting(day: str) -> None:
    click.echo(f"Waiting for another `score` that is working on {day}.", err=True)


def check_anchor_of(settings: "Settings") -> None:
    """Refuse to go on with a ledger that is not the one that the anchor knows."""
    from assessment_pipeline.errors import IntegrityError
    from assessment_pipeline.services.anchors import check_anchor
    from assessment_pipeline.storage.home import Home

    if settings.anchor is None or not settings.anchor.exists():
        return
    path = Home(settings.home).ledger
    if settings.ledger_url is None and not path.exists():
        raise IntegrityError(
            f"The anchor {settings.anchor} knows a ledger, and there is none at {path}; "
            "bring it back, or name another anchor for a new home."
        )
    with open_ledger(settings) as ledger:
        check_anchor(settings.anchor, ledger)


def renew_anchor_of(settings: "Settings") -> None:
    """Keep where the ledger ends in the anchor file, if the settings name one."""
    from assessment_pipeline.services.anchors import renew_anchor

    if settings.anchor is None:
        return
    with open_ledger(settings) as ledger:
        renew_anchor(settings.anchor, ledger)


def is_whole(outcome: "PartitionOutcome") -> bool:
    """Whether all of a day was done: no failure, and no assessment left without its scores."""
    return outcome.is_success and not _failed(outcome) and not _unscored(outcome)


def _failed(outcome: "PartitionOutcome") -> list[str]:
    """Return what a day's checks found wrong, as sentences."""
    return [
        f"Check {check.name} of {check.asset} failed: {check.description}"
        for check in outcome.failed_checks
        if check.severity == "ERROR"
    ]


def _unscored(outcome: "PartitionOutcome") -> tuple[str, ...]:
    """Return why assessments of a day were left unscored."""
    return (*_notes(outcome, "rubrics"), *_notes(outcome, "score_runs"))


def _notes(outcome: "PartitionOutcome", asset: str) -> tuple[str, ...]:
    step = outcome.steps.get(asset)
    return () if step is None else step.notes


def print_outcomes(settings: "Settings", outcomes: "Sequence[PartitionOutcome]") -> None:
    """Print what became of each day, and where its files are."""
    from assessment_pipeline.storage.home import Home

    home = Home(settings.home)
    print_table(
        ("day", "lines", "accepted", "duplicates", "quarantined", "score runs", "outcome"),
        [_row(outcome) for outcome in outcomes],
    )
    # The rubrics are the same for all days, so what is wrong with them is said once.
    about_rubrics = dict.fromkeys(note for each in outcomes for note in _notes(each, "rubrics"))
    for text in about_rubrics:
        say(sentence(text))
    for outcome in outcomes:
        for text in _remarks(outcome):
            if text not in about_rubrics:
                say(f"{outcome.partition}: {sentence(text)}")
    quarantined = [outcome for outcome in outcomes if outcome.as_json()["quarantined"]]
    exported = [outcome for outcome in outcomes if "csv_exports" in outcome.steps]
    if exported:
        days = exported[0].partition if len(exported) == 1 else "<day>"
        say(f"CSV files: {shown_path(home.export_folder(days))}")
    if quarantined:
        days = quarantined[0].partition if len(quarantined) == 1 else "<day>"
        say(f"Quarantined lines, with their reasons: {shown_path(home.quarantine / days)}")
    if not all(map(is_whole, outcomes)):
        say("Not everything was done: see above, mend it, and score again.")


def _row(outcome: "PartitionOutcome") -> tuple[str | int, ...]:
    shown = outcome.as_json()
    names = ("lines_read", "accepted", "duplicates", "quarantined", "score_runs")
    counts = [value if isinstance(value := shown[name], int) else "-" for name in names]
    return (outcome.partition, *counts, _outcome_word(outcome))


def _outcome_word(outcome: "PartitionOutcome") -> str:
    if not outcome.is_success:
        return "failed"
    if not is_whole(outcome):
        return "in part"
    # New rubrics that change nothing of the day are none of it.
    steps = [step for step in outcome.steps.values() if step.asset != "rubrics"]
    if any(step.is_changed for step in steps):
        return "done"
    # Done again with the same result: something that was there is missing, or was altered.
    if any(not step.was_skipped for step in steps):
        return "restored"
    return "unchanged"


def _remarks(outcome: "PartitionOutcome") -> tuple[str, ...]:
    warnings = [check.description for check in outcome.failed_checks if check.severity != "ERROR"]
    error = [outcome.error] if outcome.error else []
    return tuple(
        dict.fromkeys([*error, *_failed(outcome), *outcome.notes, *_blocked(outcome), *warnings])
    )


def _blocked(outcome: "PartitionOutcome") -> list[str]:
    """Say how many scorecards have no total that can be used, if any."""
    step = outcome.steps.get("scorecards")
    count = 0 if step is None else step.counts.get("blocked", 0)
    if not count:
        return []
    blocked = count_of(count, "scorecard")
    why = "an item has no rule or an error, see item_status and explanation in evidence.csv"
    return [f"{blocked} blocked: {why}."]
