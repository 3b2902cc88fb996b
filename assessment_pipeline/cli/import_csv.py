"""`import-csv`: a table of answers becomes a delivery."""

from pathlib import Path

import click

from assessment_pipeline.cli.options import (
    common_options,
    current_home,
    current_settings,
    json_option,
)
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path


@click.command("import-csv")
@click.argument("matrix", type=click.Path(path_type=Path), metavar="MATRIX.csv")
@click.option(
    "--assessment", "assessment_id", required=True, metavar="A", help="What the candidates took."
)
@click.option("--id-column", metavar="C", help="Which column names the candidates [the first].")
@click.option("--date", "day", metavar="D", help="The delivery date, YYYY-MM-DD [today].")
@click.option(
    "--submitted-at", metavar="T", help="When they handed it in [the beginning of the day, UTC]."
)
@click.option(
    "--list-separator", metavar="S", help="Cells that hold it are lists, split there [none are]."
)
@click.option("--decimal-comma", is_flag=True, help="Cells such as 3,14 are numbers, read as 3.14.")
@json_option
@common_options
def command(
    matrix: Path,
    assessment_id: str,
    id_column: str | None,
    day: str | None,
    submitted_at: str | None,
    list_separator: str | None,
    decimal_comma: bool,
    as_json: bool,
) -> None:
    """Make a delivery of a table of answers: a row a candidate, a column an item.

    The same table gives the same delivery. Names that do not fit as ids are mapped, and the map
    is written beside the table.
    """
    from assessment_pipeline.cli.days import partition_of, today
    from assessment_pipeline.services.import_csv import import_csv

    settings = current_settings()
    home = current_home()
    imported = import_csv(
        home,
        matrix,
        assessment_id,
        day=partition_of(settings, day or today(settings)),
        id_column=id_column,
        submitted_at=submitted_at,
        list_separator=list_separator,
        reads_decimal_commas=decimal_comma,
    )
    delivery = home.delivery_folder(imported.day) / imported.name
    if as_json:
        print_json(
            {
                "candidates": imported.candidates,
                "delivery": str(delivery),
                "delivery_date": imported.day,
                "empty_cells": imported.empty_cells,
                "id_map": None if imported.id_map is None else str(imported.id_map),
                "items": imported.items,
                "mapped_ids": imported.mapped_ids,
                "notes": list(imported.notes),
                "was_there": imported.was_there,
            }
        )
        return
    size = f"{count_of(imported.candidates, 'candidate')}, {count_of(imported.items, 'item')}"
    done = "is there already" if imported.was_there else "delivered"
    say(f"{shown_path(delivery)} {done}: {size}.")
    if imported.empty_cells:
        say(f"{count_of(imported.empty_cells, 'empty cell')}: those items count as omitted.")
    if imported.id_map is not None:
        say(
            f"{count_of(imported.mapped_ids, 'name')} did not fit as ids; "
            f"{shown_path(imported.id_map)} says which is which, "
            "and `report --names` takes it."
        )
    for note in imported.notes:
        say(f"Note: {note}")
    say(f"Next: assessment-pipeline score --date {imported.day}")
