"""`ledger timestamp`: an anchor that a time-stamp authority signs; and how commands are given one.

The options here are those of `ledger verify` and `verify` too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    existing_home,
    json_option,
)
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path

if TYPE_CHECKING:
    from assessment_pipeline.core.ledger import Anchor
    from assessment_pipeline.services.timestamps import StampedAnchor

Command = TypeVar("Command", bound=Callable[..., object])


def timestamp_options(command: Command) -> Command:
    """Give a command the options that name a time stamp to check against."""
    for option in (
        click.option(
            "--tsa-root",
            type=click.Path(path_type=Path),
            metavar="CERT.pem",
            help="The root certificate of the time-stamp authority.",
        ),
        click.option(
            "--timestamp",
            "stamp",
            type=click.Path(path_type=Path),
            metavar="FILE.tsr",
            help="A time-stamped anchor, by `ledger timestamp`, that the ledger must continue.",
        ),
    ):
        command = option(command)
    return command


def anchor_given(
    anchor: Path | None, stamp: Path | None, tsa_root: Path | None
) -> "tuple[Anchor | None, StampedAnchor | None]":
    """Return the anchor that the options or the settings name, and the time stamp it comes with."""
    from assessment_pipeline.services.anchors import read_anchor

    if (stamp is None) != (tsa_root is None):
        raise click.UsageError("--timestamp and --tsa-root belong together; give both")
    if stamp is not None and tsa_root is not None:
        if anchor is not None:
            raise click.UsageError("--timestamp brings its own anchor; leave out --anchor")
        from assessment_pipeline.services.timestamps import read_stamped

        stamped = read_stamped(stamp, tsa_root)
        return stamped.anchor, stamped
    path = anchor or current_settings().anchor
    return (None if path is None else read_anchor(path)), None


def stamped_sentence(stamped: "StampedAnchor") -> str:
    """Return what a time stamp shows, in one sentence."""
    size = count_of(stamped.anchor.size, "entry")
    return f"A time-stamp authority under the given root saw the first {size} at {stamped.time}."


@click.command("timestamp", short_help="Have an anchor time-stamped (RFC 3161).")
@click.option("--tsa", "url", required=True, metavar="URL", help="The time-stamp authority.")
@click.option(
    "--tsa-root",
    type=click.Path(path_type=Path),
    required=True,
    metavar="CERT.pem",
    help="Its root certificate, against which its answer is checked.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.tsr",
    help="Where the time stamp is kept; its anchor is kept beside it, as FILE.tsr.json.",
)
@click.option(
    "--anchor",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An anchor to stamp [the ledger as it is now].",
)
@json_option
@common_options
def command(url: str, tsa_root: Path, out: Path, anchor: Path | None, as_json: bool) -> None:
    """Have a time-stamp authority sign that the ledger as it is now, or an anchor, exists.

    Only a hash of hashes leaves this machine. `verify --timestamp FILE.tsr --tsa-root CERT.pem`
    checks it later, without any network. Needs the extra `timestamp`.
    """
    from assessment_pipeline.services.anchors import read_anchor
    from assessment_pipeline.services.timestamps import anchor_file, stamp
    from assessment_pipeline.storage.ledger import Ledger

    if anchor is not None:
        known = read_anchor(anchor)
    else:
        with Ledger.read(existing_home().ledger, url=current_settings().ledger_url) as ledger:
            known = ledger.anchor()
    stamped = stamp(known, out, url, tsa_root)
    if as_json:
        print_json(
            {
                "anchor": known.model_dump(),
                "anchor_file": str(anchor_file(out)),
                "stamped_at": stamped.time,
                "timestamp_file": str(out),
            }
        )
    else:
        say(stamped_sentence(stamped))
        say(f"Keep {shown_path(out)} and {shown_path(anchor_file(out))} together.")
