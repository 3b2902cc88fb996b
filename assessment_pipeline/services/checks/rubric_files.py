"""Checks on rubrics: which files cannot be used, and what to do."""

from assessment_pipeline.services.checks.findings import Finding, named
from assessment_pipeline.services.rubrics import load
from assessment_pipeline.services.steps import Workplace


def no_rubric_problems(place: Workplace, _: str) -> Finding:
    """Every rubric file can be used; one that cannot blocks its own assessment only."""
    catalogue, _result = load(place)
    counts = {"problems": len(catalogue.problems), "blocked_assessments": len(catalogue.blocked)}
    if not catalogue.problems:
        return Finding(
            passed=True,
            description=f"All {len(catalogue.versions)} rubric versions can be used.",
            counts=counts,
        )
    problems = named([str(problem) for problem in catalogue.problems])
    blocked = ", ".join(sorted(catalogue.blocked))
    return Finding(
        passed=False, description=f"{problems} Not scored until then: {blocked}.", counts=counts
    )
