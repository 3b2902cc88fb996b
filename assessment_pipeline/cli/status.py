"""`status`: what waits to be scored and why, without Dagster; for people and for cron."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    existing_home,
    json_option,
)
from assessment_pipeline.cli.outcomes import DONE, FAILED, sentence
from assessment_pipeline.cli.output import count_of, print_json, print_table, say, shown_path

if TYPE_CHECKING:
    from assessment_pipeline.services.status import HomeStatus


@click.command("status")
@click.option(
    "--overdue-after",
    "hours",
    type=click.IntRange(min=1),
    metavar="HOURS",
    help="How long a day may wait [setting ASSESSMENT_PIPELINE_OVERDUE_AFTER_HOURS, else 26].",
)
@json_option
@common_options
def command(hours: int | None, as_json: bool) -> int:
    """Show which delivery days wait to be scored and why, and where ledger and anchor stand.

    Ends with code 4 if something has to be looked at: a day that waits for too long, whoever
    should have scored it, or a ledger that does not continue from its anchor. It needs neither
    Dagster nor its daemon, so a cron line with it notices when those are dead.
    """
    from assessment_pipeline.services.status import home_status
    from assessment_pipeline.services.steps import utc_now

    settings = current_settings()
    home = existing_home()
    now = utc_now()
    found = home_status(
        home,
        timezone=settings.timezone,
        now=now,
        overdue_after_hours=hours or settings.overdue_after_hours,
        ledger_url=settings.ledger_url,
        anchor=settings.anchor,
    )
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found, shown_path(home.folder), now)
    return FAILED if found.problems else DONE


def _as_json(found: "HomeStatus") -> dict[str, object]:
    ledger, anchor = found.ledger, found.anchor
    return {
        "anchor": anchor
        and {
            "path": str(anchor.path),
            "renewed_at": _moment(anchor.renewed_at),
            "size": anchor.size,
        },
        "free_bytes": found.free_bytes,
        "ledger": ledger
        and {"head": ledger.head, "recorded_at": ledger.recorded_at, "size": ledger.size},
        "misplaced": list(found.misplaced),
        "problems": list(found.problems),
        "quarantined": dict(found.quarantined),
        "scored": list(found.scored),
        "waiting": {
            day: {
                "is_overdue": day in found.overdue,
                "reason": waiting.reason,
                "since": _moment(waiting.since),
            }
            for day, waiting in found.waiting.items()
        },
    }


def _print(found: "HomeStatus", folder: str, now: datetime) -> None:
    days = len(found.scored) + len(found.waiting)
    say(
        f"{folder}: {count_of(days, 'delivery day')}, {len(found.scored):,} scored, "
        f"{len(found.waiting):,} waiting, {len(found.overdue):,} overdue."
    )
    if found.waiting:
        rows = [
            (day, _moment(each.since), "yes" if day in found.overdue else "no", each.reason)
            for day, each in found.waiting.items()
        ]
        print_table(("waiting", "since", "overdue", "why"), rows)
    if found.quarantined:
        shown = ", ".join(f"{day} {lines:,}" for day, lines in found.quarantined.items())
        lines = count_of(sum(found.quarantined.values()), "line")
        say(f"Quarantined: {lines} ({shown}).")
    for name in found.misplaced:
        say(f"deliveries/{name} is no day, so nothing reads it.")
    if (ledger := found.ledger) is not None:
        entries = count_of(ledger.size, "entry")
        say(f"Ledger: {entries}, head {ledger.head}, the last one of {ledger.recorded_at}.")
    if (anchor := found.anchor) is not None:
        hours = (now - anchor.renewed_at).total_seconds() / 3600
        say(
            f"Anchor: {shown_path(anchor.path)} covers {count_of(anchor.size, 'entry')}, "
            f"renewed {hours:.0f} hours ago."
        )
    say(f"Free on its disk: {found.free_bytes / 1e9:,.1f} GB.")
    for problem in found.problems:
        say(f"Look at this: {sentence(problem)}")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
