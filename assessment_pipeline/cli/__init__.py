"""The command line: what can be asked for, and how it ends.

Holds the names of the commands and nothing of what they do: each lives in a module of its own,
imported when it is called, so that asking for help costs no more than click. Only `score`, `demo`,
`ui` and `worker` import Dagster.
"""

import os
import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Final

import click

from assessment_pipeline.cli.options import common_options
from assessment_pipeline.cli.outcomes import PROGRAM, ending

__all__ = ["cli", "main"]

# Command: the module that holds it as `command`, and its line of help.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "demo": ("demo", "Score sample deliveries, write their CSV files, verify everything."),
    "deliver": ("deliver", "Put delivery files into a day's folder."),
    "fetch": ("fetch", "Bring new deliveries from an object store or a Postgres table."),
    "intake": ("intake", "Let delivery systems push sessions to this machine."),
    "import-csv": ("import_csv", "Make a delivery of a table of answers."),
    "score": ("score", "Score days: CSV files, evidence and audit ledger."),
    "status": ("status", "Show what waits to be scored and why; for cron too."),
    "verify": ("verify", "Re-derive every hash, score and CSV byte, and check the ledger."),
    "export": ("export", "Write a day's results for spreadsheets, statistics or gradebooks."),
    "report": ("report", "Write scorecards as pages, for candidates or with all evidence."),
    "statistics": ("statistics", "Show how an assessment and its items did, and write a page."),
    "qti-results": ("qti_results", "Write a day's scorecards as QTI results, for other systems."),
    "erase": ("erase", "Take all that there is of a candidate out of the home, provably."),
    "rubric": ("rubric", "Check, try, compare rubrics; make one of a table of keys or QTI items."),
    "ledger": ("ledger", "Look at the audit ledger, verify it, anchor it outside."),
    "worker": ("worker", "Execute runs and tasks as a Celery worker."),
    "ui": ("ui", "Show the home in Dagster's web page, on this machine only."),
}


class _Commands(click.Group):
    """The group of all commands; a command's module is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = import_module(f"{__name__}.{module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def main(  # type: ignore[override]  # ends here, with an exit code, and never returns a value
        self,
        args: list[str] | None = None,
        prog_name: str | None = None,
        *,
        env_file: Path | None = None,
        **_: object,
    ) -> None:
        """Run the command line and end the process; a file of settings is read before, if any."""
        raise SystemExit(ending(self, args, prog_name or PROGRAM, env_file))


def _print_version(ctx: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    if not is_wanted or ctx.resilient_parsing:
        return
    from assessment_pipeline import __version__

    click.echo(f"{PROGRAM} {__version__}")
    ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@common_options
def cli() -> None:
    """Score recorded assessments reproducibly, and prove every score.

    Exit codes: 0 done, 1 verification found a difference, 2 wrong usage or bad rubric, 3 nothing
    there to work on, 4 the work failed or was done only in part.
    """


def main() -> None:
    """Run the command line; what it writes is readable by its owner alone."""
    os.umask(0o077)
    if not sys.warnoptions:
        # What libraries say to developers is no use to whoever runs this; -W shows it.
        warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):
        # A sign that the terminal's encoding does not have is written as its code.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    cli.main(env_file=Path(".env"))
