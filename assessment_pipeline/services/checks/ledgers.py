"""Checks on the audit ledger."""

from pathlib import Path

from assessment_pipeline.services.anchors import read_anchor
from assessment_pipeline.services.checks.findings import Finding, finding_of
from assessment_pipeline.services.steps import Workplace


def ledger_verifies(place: Workplace, _: str, anchor_file: Path | None = None) -> Finding:
    """The audit ledger's hash chain holds from its first entry to its last."""  # noqa: D401 - what must hold
    has_anchor = anchor_file is not None and anchor_file.exists()
    anchor = read_anchor(anchor_file) if has_anchor and anchor_file else None
    problems = [f"{problem}." for problem in place.ledger.verify(anchor)]
    entries = place.ledger.head().seq
    against = "and it continues from the anchor" if anchor else "not checked against an anchor"
    return finding_of(problems, f"All {entries} entries hold together; {against}.", entries=entries)
