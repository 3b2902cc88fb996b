"""`erase`: take all that there is of a candidate out of the home."""

import secrets
from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    existing_home,
    json_option,
    open_ledger,
)
from assessment_pipeline.cli.outcomes import DONE, FAILED, INTERRUPTED, PROGRAM
from assessment_pipeline.cli.output import count_of, print_json, print_table, say
from assessment_pipeline.cli.score import check_anchor_of, renew_anchor_of
from assessment_pipeline.errors import NothingThereError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assessment_pipeline.services.erasure import Erased
    from assessment_pipeline.services.erasure_plan import DayToErase


@click.command("erase")
@click.option("--candidate", required=True, metavar="ID", help="Whose data goes: a candidate_id.")
@click.option(
    "--request",
    metavar="NAME",
    help="What asked for it, such as a ticket; kept in the ledger, so no name [a random one].",
)
@click.option("--dry-run", is_flag=True, help="Say what there is, and change nothing.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option(
    "--rescore",
    is_flag=True,
    help="Take days too that another version has scored; what is left is scored by this one.",
)
@json_option
@common_options
def command(
    candidate: str, request: str | None, dry_run: bool, yes: bool, rescore: bool, as_json: bool
) -> int:
    """Erase a candidate: deliveries, quarantine, artifacts and CSV files are written without.

    The ledger keeps hashes, and records what was erased, so that `verify` says "erased" and not
    "tampered". Not reached: copies made elsewhere, such as backups, bundles and exported files.
    """
    from assessment_pipeline.core.fitting_ids import require_id
    from assessment_pipeline.services.erasure import erase, plan_erasure
    from assessment_pipeline.services.steps import Workplace

    require_id(candidate, "a candidate_id")
    request_id = _request_id(request)
    home = existing_home()
    plans = plan_erasure(home, candidate, request_id)
    nothing_there = NothingThereError(
        f"There is nothing of a candidate of this id in {home.folder}; look at the id, it is the "
        "one in scorecards.csv."
    )
    if plans and not as_json:
        _print_plan(plans)
    if dry_run:
        if not plans:
            raise nothing_there
        if as_json:
            print_json({"days": _days(plans), "request": request_id})
        return DONE
    # Without a plan too: an erasure that was killed at its end has left older artifacts.
    if plans and not yes:
        if as_json:
            raise UsageError("With --json nobody can be asked: say --yes too, or --dry-run.")
        if not click.confirm("Erase this for good?"):
            say("Nothing was erased.")
            return INTERRUPTED
    settings = current_settings()
    check_anchor_of(settings)
    with open_ledger(settings) as ledger:
        place = Workplace(home, ledger, None, PROGRAM)
        erased = erase(place, candidate, request_id, rescore=rescore)
    renew_anchor_of(settings)
    if erased.is_empty:
        raise nothing_there
    if as_json:
        print_json(_json(erased, request_id))
    else:
        _print_erased(erased, request_id)
    return FAILED if erased.leftovers else DONE


def _request_id(given: str | None) -> str:
    from pydantic import TypeAdapter, ValidationError

    from assessment_pipeline.core.ledger_fields import RequestId

    if given is None:
        return f"erasure-{secrets.token_hex(8)}"
    try:
        return TypeAdapter(RequestId).validate_python(given)
    except ValidationError:
        raise UsageError(
            "--request takes up to 64 letters, digits, dots, underscores and hyphens, such as "
            "ticket-17; no name of a person."
        ) from None


def _days(plans: "Sequence[DayToErase]") -> list[dict[str, object]]:
    return [
        {
            "delivery_date": plan.partition,
            "files": len(plan.lines),
            "lines": sum(plan.lines.values()),
            "snapshots": len(plan.events),
        }
        for plan in plans
    ]


def _json(erased: "Erased", request_id: str) -> dict[str, object]:
    return {
        "artifacts_removed": erased.artifacts,
        "days": _days(erased.days),
        "leftovers": erased.leftovers,
        "ledger_entries": erased.entries,
        "pages_removed": erased.pages,
        "quarantined_lines": erased.quarantined_lines,
        "request": request_id,
    }


def _print_plan(plans: "Sequence[DayToErase]") -> None:
    print_table(
        ("day", "files", "lines", "snapshots"),
        [
            (plan.partition, len(plan.lines), sum(plan.lines.values()), len(plan.events))
            for plan in plans
        ],
    )


def _print_erased(erased: "Erased", request_id: str) -> None:
    say(
        f"Erased by request {request_id}; {count_of(erased.artifacts, 'older artifact')} removed, "
        f"{count_of(erased.entries, 'ledger entry')} added."
    )
    say("What was copied elsewhere is yours to remove: backups, bundles, exported files, id maps.")
    say("Next: `assessment-pipeline score --date D` of each day, so that Dagster's page shows it.")
    if erased.pages:
        say(
            f"{count_of(erased.pages, 'page')} of those days removed from reports/; "
            "scorecard_pages makes those of the others again."
        )
    if erased.leftovers:
        say(
            f"{count_of(erased.leftovers, 'unfinished file')}, of a killed run or of the intake, "
            "still hold something of the candidate: erase again in an hour, when they are swept "
            "or delivered."
        )
