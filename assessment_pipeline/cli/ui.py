"""`ui`: Dagster's web page behind its guard, and its daemon, on this home.

The command chooses the address and ends what it started; the page itself is `defs.web_page`.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import click

from assessment_pipeline.cli.addresses import Address, address_of, require_free
from assessment_pipeline.cli.options import common_options, current_settings
from assessment_pipeline.cli.outcomes import DONE, FAILED
from assessment_pipeline.cli.output import say, shown_path
from assessment_pipeline.errors import UsageError

if TYPE_CHECKING:
    from assessment_pipeline.settings import Settings
    from assessment_pipeline.storage.home import Home

_GRACE_SECONDS: Final = 20.0
_MOMENT_SECONDS: Final = 3.0
_LOOK_SECONDS: Final = 0.1


@click.command("ui")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="An IP address of this machine; one that others can reach needs a password.",
)
@click.option("--read-only", is_flag=True, help="Show everything, and let nobody change anything.")
@common_options
def command(port: int, host: str, read_only: bool) -> int:
    """Show the home in Dagster's web page, with its daemon, until Ctrl-C.

    The page is served on this machine alone, and acts only on what its own tab asks for. A
    password for it is read from ASSESSMENT_PIPELINE_UI_PASSWORD; with one, --host may be an
    address that others can reach.
    """
    from assessment_pipeline.defs.instance import write_instance_config
    from assessment_pipeline.storage.home import Home

    settings = current_settings()
    if read_only:
        settings = settings.model_copy(update={"ui_read_only": True})
    address = address_of(host)
    _require_guarded(address, settings)
    require_free(str(address), port)
    home = Home(settings.home)
    home.create()
    write_instance_config(home, settings)
    shown = f"[{address}]" if address.version == 6 else str(address)
    place = settings.ui_addresses[0] if address.is_unspecified else f"http://{shown}:{port}"
    manner = ", read-only" if settings.ui_read_only else ""
    say(f"Dagster's web page for {shown_path(home.folder)}{manner}: {place}")
    if settings.ui_password is not None:
        say("It asks for the password of ASSESSMENT_PIPELINE_UI_PASSWORD; any user name will do.")
    if not address.is_loopback:
        say("Passwords cross the network as they are: put a proxy with TLS in front of it.")
    say("It takes some seconds to start. Ctrl-C ends it.")
    return _serve(
        [sys.executable, "-m", "assessment_pipeline.defs.web_page", str(address), str(port)],
        _environment(settings, home),
        # Dagster lets the `.env` of the folder it runs in go before the environment; ours has
        # been read, and --home goes before it.
        home.dagster,
    )


def _require_guarded(address: Address, settings: "Settings") -> None:
    """Refuse an address that others can reach, unless they need a password there."""
    if address.is_loopback:
        return
    if settings.ui_password is None:
        raise UsageError(
            f"Others can reach {address}, and the page has no password: set "
            "ASSESSMENT_PIPELINE_UI_PASSWORD (12 characters or more), or use 127.0.0.1 and a "
            "tunnel to it."
        )
    if address.is_unspecified and not settings.ui_addresses:
        raise UsageError(
            f"The page answers only to addresses that it knows, and {address} is all of this "
            "machine's: name what people type, such as http://192.0.2.7:3000, in "
            "ASSESSMENT_PIPELINE_UI_ADDRESSES."
        )


def _environment(settings: "Settings", home: "Home") -> dict[str, str]:
    """Return the environment of the page: ours, with every path an absolute one."""
    environment = dict(os.environ)
    environment["DAGSTER_HOME"] = str(home.dagster)
    environment["ASSESSMENT_PIPELINE_UI_READ_ONLY"] = str(settings.ui_read_only).lower()
    for name in type(settings).model_fields:
        if isinstance(value := getattr(settings, name), Path):
            environment[f"ASSESSMENT_PIPELINE_{name.upper()}"] = str(value.absolute())
    environment.setdefault("PYTHONWARNINGS", "ignore")
    return environment


class _Ended(Exception):  # noqa: N818 - no error: somebody asked for the end
    """Somebody asked for the end, by Ctrl-C or SIGTERM."""


def _serve(arguments: list[str], environment: dict[str, str], folder: Path | None = None) -> int:
    """Run the page, in a folder, until somebody ends it.

    Its processes never outlive this one's end.
    """
    ending = False

    def end(_: int, __: FrameType | None) -> None:
        nonlocal ending
        # Whoever asks again (make, timeout and a shell each pass a signal on) must not interrupt
        # the end itself.
        if not ending:
            ending = True
            raise _Ended

    # Handlers of ours are reset to the default in the child; an ignored SIGINT, as background
    # jobs of a shell have it, would stay ignored there, and Dagster ends on SIGINT.
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        # A session of its own: Ctrl-C reaches this process alone, which then ends all of it.
        child = subprocess.Popen(  # noqa: S603 - our own interpreter, and nothing given by others
            arguments, env=environment, cwd=folder, start_new_session=True
        )
        try:
            code = child.wait()
        except _Ended:
            code = None
        finally:
            _end(child)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if code is None:
        say("Ended.")
        return DONE
    click.echo(f"Dagster's web page ended by itself, with code {code}.", err=True)
    return FAILED


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End the child and everything that it started: politely, then firmly."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_SECONDS)
    # Usually all of them are gone by now.
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _is_gone(child):
            return
        _signal_group(child.pid, number)
    _is_gone(child)


def _is_gone(child: "subprocess.Popen[bytes]") -> bool:
    """Whether the child and everything that it started end within a moment."""
    deadline = time.monotonic() + _MOMENT_SECONDS
    while time.monotonic() < deadline:
        child.poll()
        if not _has_members(child.pid):
            return True
        time.sleep(_LOOK_SECONDS)
    return False


def _has_members(group: int) -> bool:
    """Whether any process of a process group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
