"""`export`: a day's CSV files copied out of the home, or all that proves them in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    existing_home,
    json_option,
)
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path

if TYPE_CHECKING:
    from assessment_pipeline.services.copy_exports import Dialect


@click.command("export")
@click.option("--date", "day", required=True, metavar="D", help="The delivery date, YYYY-MM-DD.")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to write to, outside the home.",
)
@click.option(
    "--bundle",
    "bundle_path",
    type=click.Path(path_type=Path),
    metavar="FILE.zip",
    help="Instead of --to: one file with all that somebody without the home needs to check it.",
)
@click.option(
    "--anchor",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --bundle: an anchor that the bundle can be checked against, made after scoring.",
)
@click.option(
    "--dialect",
    type=click.Choice(["csv", "excel"]),
    default="csv",
    show_default=True,
    help="csv: RFC 4180, byte for byte as exported. excel: safe to open in a spreadsheet.",
)
@json_option
@common_options
def command(
    day: str,
    to: Path | None,
    bundle_path: Path | None,
    anchor: Path | None,
    dialect: str,
    as_json: bool,
) -> None:
    """Copy a day's CSV files and a manifest to a folder, or bundle the day.

    Every file is checked against what was exported before it is copied. `verify FILE.zip` checks a
    bundle, on any machine.
    """
    if (to is None) == (bundle_path is None):
        raise click.UsageError("give one of --to and --bundle")
    if bundle_path is not None:
        if dialect != "csv":
            raise click.UsageError("a bundle has the files as exported; leave out --dialect")
        _bundle(day, bundle_path, anchor, as_json=as_json)
        return
    if anchor is not None:
        raise click.UsageError("--anchor belongs to --bundle")
    if to is not None:
        _copy(day, to, cast("Dialect", dialect), as_json=as_json)


def _bundle(day: str, path: Path, anchor: Path | None, *, as_json: bool) -> None:
    from assessment_pipeline.services.anchors import read_anchor
    from assessment_pipeline.services.bundle import bundle
    from assessment_pipeline.storage.ledger import Ledger

    home = existing_home()
    known = None if anchor is None else read_anchor(anchor)
    with Ledger.read(home.ledger, url=current_settings().ledger_url) as ledger:
        made = bundle(home, ledger, day, path, known)
    if as_json:
        print_json(
            {
                "bytes": made.stored.bytes,
                "delivery_date": made.day,
                "file": str(made.path),
                "is_anchored": known is not None,
                "ledger_entries": made.entries,
                "root": made.root,
                "sha256": made.stored.sha256,
                "size": made.size,
            }
        )
        return
    say(
        f"{shown_path(made.path)}: {count_of(made.stored.bytes, 'byte')}, {made.stored.sha256}; "
        f"{count_of(made.entries, 'entry')} of the ledger's first {made.size:,}, root {made.root}"
    )


def _copy(day: str, to: Path, dialect: "Dialect", *, as_json: bool) -> None:
    from assessment_pipeline.services.copy_exports import copy_exports

    copied = copy_exports(existing_home(), day, to, dialect)
    if as_json:
        files = {
            name: {"bytes": file.bytes, "rows": file.rows, "sha256": file.sha256}
            for name, file in copied.files.items()
        }
        print_json(
            {
                "delivery_date": copied.day,
                "dialect": copied.dialect,
                "files": files,
                "folder": str(copied.folder),
            }
        )
        return
    for name, file in copied.files.items():
        say(f"{shown_path(copied.folder / name)}: {count_of(file.rows, 'row')}")
