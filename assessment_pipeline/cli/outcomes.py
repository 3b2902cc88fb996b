"""How a command ends: the one place where errors become sentences and exit codes.

Nothing else in the package chooses an exit code, except that a command returns one of these when
it ran to its end.
"""

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from assessment_pipeline.errors import (
    AssessmentPipelineError,
    NothingThereError,
    TimestampError,
    UsageError,
)

PROGRAM: Final = "assessment-pipeline"

DONE: Final = 0
DIFFERENCE: Final = 1
WRONG_USAGE: Final = 2
NOTHING_THERE: Final = 3
FAILED: Final = 4
# As a shell reports a program that ended by SIGINT or SIGPIPE.
INTERRUPTED: Final = 130
READER_GONE: Final = 141

# What a sentence of ours that is written without a capital begins with.
_BEGINNINGS: Final = frozenset(
    ("a", "an", "it", "its", "more", "no", "the", "there", "this", "time", "two", "what")
)

DEBUG_KEY: Final = "assessment_pipeline.debug"


def exit_code_of(error: AssessmentPipelineError) -> int:
    """Return the exit code that tells an error of ours."""
    if isinstance(error, UsageError):
        return WRONG_USAGE
    if isinstance(error, TimestampError):
        return DIFFERENCE
    return NOTHING_THERE if isinstance(error, NothingThereError) else FAILED


def ending(
    group: click.Group, args: Sequence[str] | None, program: str, env_file: Path | None = None
) -> int:
    """Run a command line and return its exit code; errors are one sentence on standard error.

    Settings in `env_file`, if there is such a file, hold where the environment says nothing.
    """
    given = list(sys.argv[1:] if args is None else args)
    debug: dict[str, object] = {}
    try:
        if env_file is not None and env_file.is_file():
            from assessment_pipeline.settings import read_env_file

            read_env_file(env_file)
        code = _run(group, given, program, debug)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return WRONG_USAGE if isinstance(error, click.UsageError) else FAILED
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted; what was done is kept, run it again for the rest.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more; without this, Python would complain when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except AssessmentPipelineError as error:
        _tell(sentence(str(error)), debug)
        return exit_code_of(error)
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        reason = error.strerror or type(error).__name__
        _tell(f"Cannot use{place}: {reason}. Mend that and run again.", debug)
        return FAILED
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends as a sentence
        # Not its text: that may hold what nobody but the candidate's examiner is to read.
        message = (
            f"Something unexpected went wrong ({type(error).__name__}): this is a defect; "
            "run it again with --debug to see where, and report it."
        )
        _tell(message, debug)
        return FAILED
    return code


def _run(group: click.Group, args: list[str], program: str, debug: dict[str, object]) -> int:
    try:
        with group.make_context(program, args, obj=debug) as context:
            code = group.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return code if isinstance(code, int) else DONE


def sentence(text: str) -> str:
    """Return an error's text as a sentence: with a capital, unless it starts with a name.

    >>> sentence("there is no ledger"), sentence("exports/a.csv is missing")
    ('There is no ledger.', 'exports/a.csv is missing.')
    """
    ended = with_stop(text)
    # Any other word may be a file, a session or a group of somebody's.
    is_word = ended.partition(" ")[0] in _BEGINNINGS
    return ended[:1].upper() + ended[1:] if is_word else ended


def with_stop(text: str) -> str:
    """Return a text that ends as a sentence does."""
    stripped = text.strip()
    return stripped if stripped.endswith((".", "!", "?")) else f"{stripped}."


def _tell(message: str, debug: Mapping[str, object]) -> None:
    if DEBUG_KEY in debug:
        traceback.print_exc()
    click.echo(f"Error: {printable(message)}", err=True)


def printable(text: str) -> str:
    r"""Return a text without anything that a terminal would obey.

    >>> printable("a\x1b[2Jb\n")
    'a\\x1b[2Jb\n'
    """
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape").decode()
        for character in text
    )
