"""Watching a run from the process that executes it: progress, and what each step reports.

Resources are made from configuration, which cannot hold a callable; so whoever runs the job in
process leaves a watcher here, and the steps find it. In the page's processes nobody watches.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from assessment_pipeline.services.steps import Progress, StepResult, no_progress


@dataclass(frozen=True)
class Watcher:
    """Hears of progress, and keeps the results of the steps in their order."""

    progress: Progress = no_progress
    results: list[StepResult] = field(default_factory=list)


_NOBODY = Watcher()
_current: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Let a watcher hear of everything that is run inside the `with` block."""
    token = _current.set(watcher)
    try:
        yield
    finally:
        _current.reset(token)


def current_progress() -> Progress:
    """Return whom to tell of progress."""
    return (_current.get() or _NOBODY).progress


def report(result: StepResult) -> None:
    """Tell the watcher, if there is one, what a step reports."""
    if (watcher := _current.get()) is not None:
        watcher.results.append(result)
