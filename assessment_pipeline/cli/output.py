"""What commands print: tables and sentences for people, JSON for programs, progress on terminals.

rich is imported when a table or a progress bar is shown. Whatever comes from a delivery or a file
name passes through `printable`, so that no terminal obeys it.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

import click

from assessment_pipeline.cli.outcomes import printable

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

_PIPED_WIDTH: Final = 200


def say(text: str = "") -> None:
    """Print one line for people."""
    click.echo(printable(text))


def print_json(value: object) -> None:
    """Print a result for programs; ASCII only, so that no locale can break it."""
    click.echo(json.dumps(value, indent=2, sort_keys=True))


def print_json_line(value: object) -> None:
    """Print one of many results for programs."""
    click.echo(json.dumps(value, sort_keys=True))


def shown_path(path: "Path") -> str:
    """Return a path as a person in the current folder would write it."""
    try:
        short = os.path.relpath(path)
    except (OSError, ValueError):
        return str(path)
    return str(path) if short.startswith("..") else short


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count_of(1, "entry"), count_of(2, "entry"), count_of(1200, "line"), count_of(3, "day")
    ('1 entry', '2 entries', '1,200 lines', '3 days')
    """
    if number == 1:
        return f"1 {noun}"
    is_changed = noun.endswith("y") and noun[-2] not in "aeiou"
    plural = noun[:-1] + "ies" if is_changed else noun + "s"
    return f"{number:,} {plural}"


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
    """Print a table; numbers are set to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    numeric = [
        bool(rows) and all(isinstance(row[place], int) for row in rows)
        for place in range(len(columns))
    ]
    for name, is_number in zip(columns, numeric, strict=True):
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        cells = [f"{cell:,}" if isinstance(cell, int) else printable(cell) for cell in row]
        table.add_row(*map(Text, cells))
    _console().print(table)


def _console(*, on_errors: bool = False) -> "Console":
    from rich.console import Console

    stream = sys.stderr if on_errors else sys.stdout
    width = None if stream.isatty() else _PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


class OnProgress(Protocol):
    """Told what is being worked on, and how much more of it is done."""

    def __call__(self, what: str, more: int, /) -> None:
        """Add to what is done."""


@contextmanager
def progress(title: str) -> Iterator[OnProgress]:
    """Show progress on a terminal, on standard error; nothing where there is none."""
    if not sys.stderr.isatty():
        yield _nobody_told
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_console(on_errors=True), transient=True) as bar:
        tasks = {"": bar.add_task(title, total=None)}

        def told(what: str, more: int, /) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(f"{title}: {what}", total=None)
                bar.update(tasks[""], visible=False)
            bar.advance(tasks[what], more)

        yield told


def _nobody_told(what: str, more: int, /) -> None:
    """Tell nobody."""
