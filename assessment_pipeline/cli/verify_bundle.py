"""`verify FILE.zip`: what was found of a bundle, as people and programs read it."""

from typing import TYPE_CHECKING

from assessment_pipeline.cli.output import count_of, say
from assessment_pipeline.cli.verify import print_findings, verdict, verification_json

if TYPE_CHECKING:
    from assessment_pipeline.services.verify_bundle import BundleVerification


def bundle_json(found: "BundleVerification") -> dict[str, object]:
    """Return a verification as `--json` prints it: as of a home, and the tree it was against."""
    return {
        **verification_json(found),
        "is_anchored": found.is_anchored,
        "ledger_root": found.root,
        "ledger_size": found.size,
    }


def print_bundle(found: "BundleVerification") -> None:
    """Print what was checked and what was found; the verdict comes last."""
    print_findings(found)
    say(_verdict(found))


def _verdict(found: "BundleVerification") -> str:
    if found.outcome != "right":
        return verdict(found)
    runs = sum(day.score_runs for day in found.days)
    ledger = "the ledger that was anchored" if found.is_anchored else "one ledger"
    return (
        f"The bundle verifies: {count_of(runs, 'score run')} derived anew, "
        f"{count_of(found.ledger_entries, 'ledger entry')} proved to be in {ledger}."
    )
