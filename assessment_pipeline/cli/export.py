"""`export`: a day's CSV files, copied out of the home."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from assessment_pipeline.cli.options import common_options, existing_home, json_option
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path

if TYPE_CHECKING:
    from assessment_pipeline.services.copy_exports import Dialect


@click.command("export")
@click.option("--date", "day", required=True, metavar="D", help="The delivery date, YYYY-MM-DD.")
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to write to, outside the home.",
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
def command(day: str, to: Path, dialect: str, as_json: bool) -> None:
    """Copy a day's CSV files and a manifest to a folder.

    Every file is checked against what was exported before it is copied.
    """
    from assessment_pipeline.services.copy_exports import copy_exports

    copied = copy_exports(existing_home(), day, to, cast("Dialect", dialect))
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
