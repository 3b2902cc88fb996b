"""Asset checks: what `services.checks` finds, shown in the page beside the asset it is about.

A failed check never stops a run: what is there stays as it is and says what is wrong with it.
The checks of one asset run together in one step; each can be run by itself from the page.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import dagster as dg

from assessment_pipeline.defs.metadata import number
from assessment_pipeline.defs.resources import PipelineResource
from assessment_pipeline.defs.steps import ACTOR, failing_plainly
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.checks import (
    exports,
    ledgers,
    rubric_files,
    score_runs,
    scorecards,
    snapshots,
)
from assessment_pipeline.services.checks.findings import Finding
from assessment_pipeline.services.cycles import uncollected
from assessment_pipeline.services.event_log import log_failure
from assessment_pipeline.services.indexes import (
    EXPORTS,
    RUBRICS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
)
from assessment_pipeline.services.steps import Workplace


class Check(NamedTuple):
    """One check: what it looks at, and whether failing it is an error or a warning."""

    look: Callable[..., Finding]
    is_warning: bool = False
    is_anchored: bool = False
    """It also takes the file that keeps the ledger's head outside the home."""

    @property
    def name(self) -> str:
        """The check is named as the function that does it."""
        return self.look.__name__

    @property
    def description(self) -> str:
        """What must hold, as the function's first line says it."""
        return (self.look.__doc__ or "").partition("\n")[0]

    def find(self, place: Workplace, partition: str, pipeline: PipelineResource) -> Finding:
        """Look at a delivery day."""
        if self.is_anchored:
            return self.look(place, partition, pipeline.anchor_file)
        return self.look(place, partition)


CHECKS: Final[dict[str, Sequence[Check]]] = {
    SNAPSHOTS: (
        Check(snapshots.nothing_lost),
        Check(snapshots.hashes_rederive),
        Check(snapshots.all_file_names_read, is_warning=True),
        Check(snapshots.no_conflicts_across_days, is_warning=True),
    ),
    SCORE_RUNS: (
        Check(score_runs.hashes_rederive),
        Check(score_runs.scores_within_bounds),
        Check(score_runs.maxima_agree, is_warning=True),
        Check(score_runs.results_unchanged, is_warning=True),
    ),
    SCORECARDS: (
        Check(scorecards.evidence_complete),
        Check(scorecards.no_sessions_blocked, is_warning=True),
    ),
    EXPORTS: (
        Check(exports.export_matches_scorecards),
        Check(ledgers.ledger_verifies, is_anchored=True),
    ),
    RUBRICS: (Check(rubric_files.no_rubric_problems, is_warning=True),),
}


def build_checks(days: dg.PartitionsDefinition[str]) -> list[dg.AssetChecksDefinition]:
    """Return all asset checks; those of daily assets look at one delivery day at a time."""
    return [
        _build_checks(asset, checks, None if asset == RUBRICS else days)
        for asset, checks in CHECKS.items()
    ]


def _build_checks(
    asset: str, checks: Sequence[Check], days: dg.PartitionsDefinition[str] | None
) -> dg.AssetChecksDefinition:
    by_name = {check.name: check for check in checks}
    with warnings.catch_warnings():
        # A check of one day at a time is a preview of Dagster's, which our pins hold still.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        specs = [
            dg.AssetCheckSpec(name, asset=asset, description=check.description, partitions_def=days)
            for name, check in by_name.items()
        ]

    @dg.multi_asset_check(
        name=f"{asset}_checks",
        description=f"What must hold of {asset}, and what is worth a look.",
        specs=specs,
        can_subset=True,
    )
    def look_at(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> Iterator[dg.AssetCheckResult]:
        selected = sorted(key.name for key in context.selected_asset_check_keys)
        with (
            failing_plainly(),
            uncollected(),
            pipeline.workplace(context.run.run_id, ACTOR) as place,
        ):
            partition = "" if days is None else _partition(context)
            findings = {name: by_name[name].find(place, partition, pipeline) for name in selected}
        for name, finding in findings.items():
            if not finding.passed:
                log_failure(
                    "check_failed",
                    asset=asset,
                    partition=partition or None,
                    run_id=context.run.run_id,
                    check=name,
                    severity="warning" if by_name[name].is_warning else "error",
                    why=finding.description,
                )
            yield _result(asset, by_name[name], finding)

    return look_at


def _partition(context: dg.AssetCheckExecutionContext) -> str:
    if not context.has_partition_key:
        message = "Choose the delivery day to check: materialize or check it as a partition."
        raise UsageError(message)
    partition: str = context.partition_key
    return partition


def _result(asset: str, check: Check, finding: Finding) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.WARN if check.is_warning else dg.AssetCheckSeverity.ERROR
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check.name,
        passed=finding.passed,
        severity=severity,
        description=finding.description,
        metadata={name: number(count) for name, count in finding.counts.items()},
    )
