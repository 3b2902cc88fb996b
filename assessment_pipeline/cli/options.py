"""Options that every command has, before and after its name, and what they lead to."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from assessment_pipeline.cli.outcomes import DEBUG_KEY, PROGRAM

if TYPE_CHECKING:
    from assessment_pipeline.settings import Settings
    from assessment_pipeline.storage.home import Home
    from assessment_pipeline.storage.ledger import Ledger

_Function = TypeVar("_Function", bound=Callable[..., Any])
_HOME_KEY = "assessment_pipeline.home"


def _keep(key: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, _: click.Parameter, value: object) -> None:
        # Called for each level of the line; what stands further right goes first.
        if value:
            ctx.ensure_object(dict)[key] = value

    return keep


def common_options(function: _Function) -> _Function:
    """Add the options that every command has."""
    debug = click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_keep(DEBUG_KEY),
        help="Show where an error comes from.",
    )
    home = click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        expose_value=False,
        callback=_keep(_HOME_KEY),
        help="The home folder [setting ASSESSMENT_PIPELINE_HOME, else ./assessment_home].",
    )
    return home(debug(function))


def json_option(function: _Function) -> _Function:
    """Add `--json`."""
    option = click.option(
        "--json", "as_json", is_flag=True, help="Print the result as JSON and nothing else."
    )
    return option(function)


def current_settings() -> "Settings":
    """Return the settings of the command that is running: its options before the environment."""
    from assessment_pipeline.settings import load_settings

    given = click.get_current_context().find_object(dict) or {}
    settings = load_settings(home=given.get(_HOME_KEY))
    return settings.model_copy(update={"home": settings.home.absolute()})


def current_home() -> "Home":
    """Return the home of the command that is running; it need not exist."""
    from assessment_pipeline.storage.home import Home

    return Home(current_settings().home)


def existing_home() -> "Home":
    """Return the home of the command that is running; NothingThereError if there is none."""
    from assessment_pipeline.errors import NothingThereError

    home = current_home()
    if not home.folder.is_dir():
        raise NothingThereError(
            f"There is no home folder {home.folder}; name another with --home, "
            "or begin with `assessment-pipeline deliver` or `assessment-pipeline demo`."
        )
    return home


def open_ledger(settings: "Settings") -> "Ledger":
    """Open the ledger where it lies, to append: unlike `Ledger.read` without copying all of it."""
    from assessment_pipeline.services.steps import utc_now
    from assessment_pipeline.storage.home import Home
    from assessment_pipeline.storage.ledger import Ledger

    return Ledger.open(
        Home(settings.home).ledger,
        url=settings.ledger_url,
        timezone=settings.timezone,
        recorded_at=utc_now().isoformat(timespec="microseconds").replace("+00:00", "Z"),
        actor=PROGRAM,
    )
