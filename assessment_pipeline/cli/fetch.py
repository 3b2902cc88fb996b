"""`fetch`: bring what is new in the configured sources into the delivery folder."""

from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.options import common_options, current_settings, json_option
from assessment_pipeline.cli.outcomes import DONE, FAILED, sentence
from assessment_pipeline.cli.output import count_of, print_json, say
from assessment_pipeline.errors import NothingThereError

if TYPE_CHECKING:
    from assessment_pipeline.sources.port import Fetched


@click.command("fetch")
@click.option(
    "--from-start",
    is_flag=True,
    help="Forget what was fetched, and compare or read everything again.",
)
@click.option("--table-sql", is_flag=True, help="Print the SQL of the Postgres table, and end.")
@json_option
@common_options
def command(from_start: bool, table_sql: bool, as_json: bool) -> int:
    """Bring what is new in the configured sources into the delivery folder.

    Sources: ASSESSMENT_PIPELINE_DELIVERY_SOURCE, a folder or an object store, and
    ASSESSMENT_PIPELINE_DELIVERY_DATABASE_URL, a Postgres table of finished sessions. Each session
    comes once, however often this runs or is killed.
    """
    from assessment_pipeline.services.fetch import configured_sources, fetch
    from assessment_pipeline.storage.home import Home

    settings = current_settings()
    if table_sql:
        from assessment_pipeline.sources.table_sql import create_table_sql

        click.echo(create_table_sql(settings.delivery_table), nl=False)
        return DONE
    home = Home(settings.home)
    sources = configured_sources(settings)
    if not sources and not home.intake.is_dir():
        raise NothingThereError(
            "No delivery source is set: name one in ASSESSMENT_PIPELINE_DELIVERY_SOURCE or "
            "ASSESSMENT_PIPELINE_DELIVERY_DATABASE_URL, or use `deliver`."
        )
    fetched = fetch(home, sources, on_wait=_say_waiting, from_start=from_start)
    if as_json:
        print_json({"sources": [_as_json(each) for each in fetched]})
    else:
        for each in fetched:
            _show(each)
    return FAILED if any(each.problems for each in fetched) else DONE


def _say_waiting() -> None:
    click.echo("Waiting for another `fetch` that is under way.", err=True)


def _as_json(fetched: "Fetched") -> dict[str, object]:
    return {
        "bytes": fetched.bytes,
        "files": fetched.files,
        "left": fetched.left,
        "problems": fetched.problems,
        "source": fetched.source,
    }


def _show(fetched: "Fetched") -> None:
    for name in fetched.files:
        say(f"deliveries/{name} fetched.")
    for problem in fetched.problems:
        click.echo(sentence(problem), err=True)
    left = f", {fetched.left:,} left for the next time" if fetched.left else ""
    say(f"From {fetched.source}: {count_of(len(fetched.files), 'new file')}{left}.")
