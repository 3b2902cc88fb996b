"""Why a run failed, in sentences that hold no content of a delivery.

Only what our own steps said is repeated. Any other text of an event (a configuration error, an
exception of a library) may hold what a candidate has written, so it stays where it is.
"""

from collections.abc import Iterable

import dagster as dg


def failure_sentence(run_id: str, events: Iterable[dg.DagsterEvent]) -> str:
    """Return why a run failed; the failures of steps speak for themselves."""
    sentences = []
    for event in events:
        if not event.is_step_failure:
            continue
        failure = event.step_failure_data
        if failure.user_failure_data is not None and failure.user_failure_data.description:
            sentences.append(failure.user_failure_data.description)
        else:
            sentences.append(f"{event.step_key} failed outside of our code; see run {run_id}.")
    return " ".join(dict.fromkeys(sentences)) or (
        f"Run {run_id} failed outside of its steps: it could not start, was killed, or took "
        "longer than it may; the page shows which."
    )
