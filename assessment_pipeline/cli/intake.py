"""`intake`: an HTTP service that delivery systems push finished sessions to."""

from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.addresses import Address, address_of, require_free
from assessment_pipeline.cli.options import common_options, current_settings
from assessment_pipeline.cli.outcomes import DONE
from assessment_pipeline.cli.output import say, shown_path
from assessment_pipeline.errors import UsageError, how_to_install

if TYPE_CHECKING:
    from assessment_pipeline.settings import Settings


@click.command("intake")
@click.option("--port", type=click.IntRange(1, 65535), default=8090, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="An IP address of this machine; one that others can reach needs a token.",
)
@common_options
def command(port: int, host: str) -> int:
    """Take finished sessions by POST /deliveries, until Ctrl-C.

    JSON is one session, application/x-ndjson several. What is answered with 201 is on disk. A
    token that each request must bring is read from ASSESSMENT_PIPELINE_INTAKE_TOKEN; with one,
    --host may be an address that others can reach.
    """
    try:
        from assessment_pipeline.intake.server import serve
    except ImportError:
        raise UsageError(
            f"The intake needs FastAPI, which is not installed: {how_to_install('intake')}."
        ) from None

    settings = current_settings()
    address = address_of(host)
    _require_token(address, settings)
    require_free(str(address), port)
    shown = f"[{address}]" if address.version == 6 else str(address)
    say(f"Intake for {shown_path(settings.home)}: POST http://{shown}:{port}/deliveries")
    if settings.intake_token is None:
        say("Every program of this machine may push: there is no ASSESSMENT_PIPELINE_INTAKE_TOKEN.")
    if not address.is_loopback:
        say("The token crosses the network as it is: put a proxy with TLS in front of it.")
    say("Ctrl-C ends it.")
    serve(settings, str(address), port)
    say("Ended.")
    return DONE


def _require_token(address: Address, settings: "Settings") -> None:
    """Refuse an address that others can reach, unless they need a token there."""
    if settings.intake_token is None and not address.is_loopback:
        raise UsageError(
            f"Others can reach {address}, and the intake has no token: set "
            "ASSESSMENT_PIPELINE_INTAKE_TOKEN (32 characters or more), or use 127.0.0.1."
        )
