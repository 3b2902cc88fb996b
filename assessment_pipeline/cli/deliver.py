"""`deliver`: put delivery files into a day's folder."""

from pathlib import Path

import click

from assessment_pipeline.cli.options import (
    common_options,
    current_home,
    current_settings,
    json_option,
)
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path


@click.command("deliver")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--date", "day", metavar="D", help="The delivery date, YYYY-MM-DD [today].")
@json_option
@common_options
def command(files: tuple[Path, ...], day: str | None, as_json: bool) -> None:
    """Put delivery files (.jsonl, .jsonl.gz, .jsonl.zst) into the folder of a day.

    Each file appears whole or not at all. A file that is there already with the same content is
    left alone; the same name with other content is refused.
    """
    from assessment_pipeline.cli.days import partition_of, today
    from assessment_pipeline.services.deliver import deliver

    settings = current_settings()
    partition = partition_of(settings, day or today(settings))
    home = current_home()
    delivered = deliver(home, files, partition)
    new = [name for name in delivered.names if name not in delivered.was_there]
    if as_json:
        print_json(
            {
                "bytes": delivered.bytes,
                "delivered": new,
                "delivery_date": partition,
                "was_there": list(delivered.was_there),
            }
        )
        return
    folder = shown_path(home.delivery_folder(partition))
    for name in new:
        say(f"{folder}/{name} delivered.")
    for name in delivered.was_there:
        say(f"{folder}/{name} is there already, with the same content.")
    if new:
        say(
            f"{count_of(len(new), 'file')}, {count_of(delivered.bytes, 'byte')}. "
            f"Next: assessment-pipeline score --date {partition}"
        )
