"""What an alert says: what happened, to which day, why, and what to do now.

Text only; sending it is `services.alerts.sending`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

_SHORT = 8


class Alert(NamedTuple):
    """One message for whoever operates an installation."""

    subject: str
    text: str


def failed_run(
    *,
    job: str,
    run_id: str,
    partition: str | None,
    steps: Sequence[str],
    why: str,
    page: str | None,
) -> Alert:
    """Return the alert of a run that failed and is not tried again by itself.

    Args:
        job: the job's name.
        run_id: the run.
        partition: its delivery day, if it has one.
        steps: what failed in it; nothing if it failed outside of its steps.
        why: our own sentence.
        page: the address of Dagster's page, if people open it by one.
    """
    day = partition or "no single day"
    lines = [
        f"The scoring of {day} failed, and it is not tried again by itself.",
        "",
        f"Why:    {why}",
        f"Step:   {', '.join(steps) or 'none: the run failed outside of its steps'}",
        f"Job:    {job}",
        f"Run:    {run_id}",
    ]
    lines += [f"Page:   {page}/runs/{run_id}"] if page else []
    again = f"assessment-pipeline score --date {partition}, or" if partition else ""
    lines += [
        "",
        "What was scored before is still there, and nothing is half done. Mend what the sentence",
        "above names, then run it again:",
        f"{again} materialize it in the page.".strip(),
        "docs/operations.md lists what each failure means.",
    ]
    return Alert(f"Scoring failed: {day} (run {run_id[:_SHORT]})", "\n".join(lines) + "\n")


def missed_nights(
    *, days: Mapping[str, str], problems: Sequence[str], hours: int, page: str | None
) -> Alert:
    """Return the alert of delivery days that wait for too long, or a schedule that does not tick.

    Args:
        days: delivery day -> why it is to be scored.
        problems: what is wrong with the schedule, as sentences.
        hours: how long a day may wait.
        page: the address of Dagster's page, if people open it by one.
    """
    lines = [f"{day} has waited for more than {hours} hours: {days[day]}." for day in sorted(days)]
    lines += problems
    lines += [
        "",
        "Look at the last runs of these days, then score them: assessment-pipeline score.",
        "`assessment-pipeline status` says what waits, and why.",
    ]
    lines += [f"Page:   {page}/runs"] if page else []
    shown = ", ".join(sorted(days)) or "the nightly schedule"
    return Alert(f"Not scored in time: {shown}", "\n".join(lines) + "\n")
