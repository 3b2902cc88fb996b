"""`rubric import-qti`: a rubric version of QTI items."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from assessment_pipeline.cli.options import common_options, current_home, json_option
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path

if TYPE_CHECKING:
    from assessment_pipeline.core.qti_items import CaseReading

_FILE = click.Path(path_type=Path)


@click.command("import-qti", short_help="Make a rubric version of QTI items.")
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="ITEM.xml...")
@click.option("--assessment", "assessment_id", required=True, metavar="A", help="What it scores.")
@click.option("--version", default="1", show_default=True, help="The new version.")
@click.option("--valid-from", metavar="T", help="Scores sessions submitted from then on.")
@click.option("--replaces", metavar="V", help="The version that it corrects, with --reason.")
@click.option("--reason", metavar="TEXT", help="Why it corrects that version.")
@click.option(
    "--case",
    type=click.Choice(["sensitive", "ignored"]),
    help="Whether capitals matter in texts of mappings that do not say it.",
)
@json_option
@common_options
def import_qti(
    files: tuple[Path, ...],
    assessment_id: str,
    version: str,
    valid_from: str | None,
    replaces: str | None,
    reason: str | None,
    case: str | None,
    as_json: bool,
) -> None:
    """Make a rubric version of QTI items (2.1, 2.2, 3.0) with standard response processing.

    What cannot be carried over exactly is refused, every reason told; then nothing is written. A
    version that is there is never overwritten.
    """
    from assessment_pipeline.core.answer_key import RubricHeading
    from assessment_pipeline.services import import_qti as service

    made = service.import_qti(
        current_home(),
        files,
        RubricHeading(assessment_id, version, valid_from, replaces, reason),
        unsaid_case=cast("CaseReading | None", case),
    )
    if as_json:
        print_json(
            {
                "content_hash": made.content_hash,
                "items": made.items,
                "path": str(made.path),
                "rubric": made.label,
                "was_there": made.was_there,
            }
        )
        return
    done = "is there already" if made.was_there else "written"
    say(f"{shown_path(made.path)} {done}: {made.label}, {count_of(made.items, 'item')}.")
