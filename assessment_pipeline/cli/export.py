"""`export`: a day's results out of the home, in many forms, or with all that proves them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    existing_home,
    json_option,
)
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path

if TYPE_CHECKING:
    from assessment_pipeline.services.copy_exports import Grading

# As `services.copy_exports` has them, which is imported only when something is exported.
FORMATS: Final = ("csv", "parquet", "xlsx", "wide", "wide-responses", "canvas", "moodle")


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
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    help="csv (the default): three tables. parquet, xlsx: the same. wide, wide-responses: a row a "
    "session, a column an item. canvas, moodle: a gradebook to import. May be given several times.",
)
@click.option(
    "--names",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For a gradebook: a CSV file, candidate_id and name, from outside the home.",
)
@click.option(
    "--take",
    type=click.Choice(["first", "last", "best"]),
    help="For a gradebook: which of several results of a candidate counts.",
)
@click.option(
    "--grade",
    "grade_as",
    type=click.Choice(["points", "percent"]),
    help="For a gradebook: what a grade is; points, if not said.",
)
@json_option
@common_options
def command(
    day: str,
    to: Path | None,
    bundle_path: Path | None,
    anchor: Path | None,
    dialect: str,
    formats: tuple[str, ...],
    names: Path | None,
    take: str | None,
    grade_as: str | None,
    as_json: bool,
) -> None:
    """Write a day's results to a folder, in any of several forms, or bundle the day.

    Every file is checked against what was exported before it is copied; datapackage.json beside
    them says what each column means. `verify FILE.zip` checks a bundle, on any machine.
    """
    if (to is None) == (bundle_path is None):
        raise click.UsageError("give one of --to and --bundle")
    if bundle_path is not None:
        if dialect != "csv":
            raise click.UsageError("a bundle has the files as exported; leave out --dialect")
        if formats or names or take or grade_as:
            raise click.UsageError("--format, --names, --take and --grade belong to --to")
        _bundle(day, bundle_path, anchor, as_json=as_json)
        return
    if anchor is not None:
        raise click.UsageError("--anchor belongs to --bundle")
    if to is not None:
        grading = _grading(names, take, grade_as)
        _copy(day, to, dialect, formats or ("csv",), grading, as_json=as_json)


def _grading(names: Path | None, take: Any, grade_as: Any) -> "Grading | None":  # noqa: ANN401 - click has checked them
    from assessment_pipeline.services.copy_exports import Grading

    if names is None and take is None and grade_as is None:
        return None
    return Grading(names, take, grade_as or "points")


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


def _copy(
    day: str,
    to: Path,
    dialect: Any,  # noqa: ANN401 - click has checked it, and the formats
    formats: Any,  # noqa: ANN401
    grading: "Grading | None",
    *,
    as_json: bool,
) -> None:
    from assessment_pipeline.services.copy_exports import copy_exports

    copied = copy_exports(existing_home(), day, to, dialect, formats, grading=grading)
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
        say(f"{shown_path(copied.folder / name)}: {_content_of(name, file.rows)}")


def _content_of(name: str, rows: int) -> str:
    """Say how much is in a file: of Canvas's the first row is nobody's."""
    if name == "canvas.csv":
        return f"{count_of(rows - 1, 'candidate')}, and a row of the points possible"
    return count_of(rows, "row")
