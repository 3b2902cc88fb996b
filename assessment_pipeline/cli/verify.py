"""`verify`: derive everything anew from the raw lines, and say every difference."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from assessment_pipeline.cli.ledger_timestamp import (
    anchor_given,
    stamped_sentence,
    timestamp_options,
)
from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    existing_home,
    json_option,
)
from assessment_pipeline.cli.outcomes import DIFFERENCE, DONE, NOTHING_THERE, sentence, with_stop
from assessment_pipeline.cli.output import count_of, print_json, print_table, progress, say

if TYPE_CHECKING:
    from assessment_pipeline.services.verification import Verification

_EXIT_CODES: Final = {"right": DONE, "difference": DIFFERENCE, "incomplete": NOTHING_THERE}


@click.command("verify")
@click.argument("bundle", required=False, type=click.Path(path_type=Path), metavar="[FILE.zip]")
@click.option("--date", "day", metavar="D", help="One delivery date, YYYY-MM-DD [all].")
@click.option(
    "--anchor",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An anchor that the ledger must continue from [setting ASSESSMENT_PIPELINE_ANCHOR].",
)
@click.option("--session", "session_id", metavar="S", help="Explain the scores of one session.")
@click.option(
    "--attempt",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --session: one of its attempts [all].",
)
@timestamp_options
@json_option
@common_options
def command(
    bundle: Path | None,
    day: str | None,
    anchor: Path | None,
    session_id: str | None,
    attempt: int | None,
    stamp: Path | None,
    tsa_root: Path | None,
    as_json: bool,
) -> int:
    """Derive every hash, score and CSV byte anew from the raw lines, and check the ledger.

    With FILE.zip: the same of a bundle (`export --bundle`), without the home.
    With --session: why it got its points, from the raw line to the CSV row, responses included.
    Writes nothing into the home and needs no Dagster. Exit codes: 0 right, 1 a difference, 3
    nothing to verify, or not all of it could be.
    """
    if bundle is not None:
        if (day, session_id, attempt, stamp) != (None, None, None, None):
            raise click.UsageError("a bundle is verified as a whole; only --anchor fits it")
        return _verify_bundle(bundle, anchor, as_json=as_json)
    if session_id is not None:
        if anchor is not None or stamp is not None:
            raise click.UsageError("an anchor is for the whole ledger; leave out --session")
        return _explain(day, session_id, attempt, as_json=as_json)
    if attempt is not None:
        raise click.UsageError("--attempt belongs to --session; name a session too")
    from assessment_pipeline.services.verify import verify
    from assessment_pipeline.storage.home import parse_day

    home = existing_home()
    known, stamped = anchor_given(anchor, stamp, tsa_root)
    with progress("Verifying") as told:
        found = verify(
            home,
            None if day is None else parse_day(day),
            known,
            lambda _: told("days", 1),
            ledger_url=current_settings().ledger_url,
        )
    if stamped is not None:
        found.remarks.append(stamped_sentence(stamped))
    if as_json:
        print_json(verification_json(found))
    else:
        print_verification(found)
    return exit_code_of(found)


def _verify_bundle(bundle: Path, anchor: Path | None, *, as_json: bool) -> int:
    from assessment_pipeline.cli.verify_bundle import bundle_json, print_bundle
    from assessment_pipeline.services.anchors import read_anchor
    from assessment_pipeline.services.verify_bundle import verify_bundle

    if bundle.is_dir():
        raise click.UsageError(
            f"{bundle} is a folder: a bundle is one file, and a home is named by --home {bundle}"
        )
    # Not the anchor of the settings: that is one of this machine's ledger, if it has any.
    known = None if anchor is None else read_anchor(anchor)
    found = verify_bundle(bundle, known)
    if as_json:
        print_json(bundle_json(found))
    else:
        print_bundle(found)
    return exit_code_of(found)


def _explain(day: str | None, session_id: str, attempt: int | None, *, as_json: bool) -> int:
    from assessment_pipeline.cli.verify_session import print_proof, proof_json
    from assessment_pipeline.services.verify_session import verify_session
    from assessment_pipeline.storage.home import parse_day

    found = verify_session(
        existing_home(),
        session_id,
        attempt,
        None if day is None else parse_day(day),
        ledger_url=current_settings().ledger_url,
    )
    if as_json:
        print_json(proof_json(found))
    else:
        print_proof(found)
    return _EXIT_CODES[found.outcome]


def exit_code_of(found: "Verification") -> int:
    """Return the exit code of a verification."""
    return _EXIT_CODES[found.outcome]


def verification_json(found: "Verification") -> dict[str, object]:
    """Return a verification as `--json` prints it."""
    return {
        "days": [asdict(day) for day in found.days],
        "differences": list(found.differences),
        "gaps": list(found.gaps),
        "ledger_entries": found.ledger_entries,
        "outcome": str(found.outcome),
        "remarks": list(found.remarks),
    }


def print_verification(found: "Verification") -> None:
    """Print what was checked and what was found; the verdict comes last."""
    print_findings(found)
    say(verdict(found))


def print_findings(found: "Verification") -> None:
    """Print what was checked and what was found."""
    if found.days:
        print_table(
            ("day", "files", "lines", "sessions", "score runs", "CSV rows"),
            [
                (day.partition, day.files, day.lines, day.sessions, day.score_runs, day.csv_rows)
                for day in found.days
            ],
        )
    for text in found.differences:
        say(f"Difference: {with_stop(text)}")
    for text in (*found.gaps, *found.remarks):
        say(sentence(text))


def verdict(found: "Verification") -> str:
    """Return what a verification comes to, in one sentence."""
    if found.outcome == "difference":
        return f"{count_of(len(found.differences), 'difference')}: this is not what was scored."
    if found.outcome == "incomplete":
        return "Not everything could be verified; what could be is right."
    return (
        f"Everything verifies: {count_of(sum(day.score_runs for day in found.days), 'score run')} "
        f"derived anew, {count_of(found.ledger_entries, 'ledger entry')} in an unbroken chain."
    )
