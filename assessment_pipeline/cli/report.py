"""`report`: scorecards as pages, one session or a whole day, outside of the home."""

from pathlib import Path

import click

from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    existing_home,
    json_option,
)
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path


@click.command("report")
@click.option("--session", "session_id", metavar="S", help="The session whose scorecard to show.")
@click.option("--date", "day", metavar="D", help="The delivery date; without --session all of it.")
@click.option("--attempt", type=int, metavar="N", help="Which attempt, if there are several.")
@click.option(
    "--staff", is_flag=True, help="With all evidence: response, points, rule, explanation, time."
)
@click.option(
    "--responses",
    is_flag=True,
    help="For the candidate, with responses and explanations; these tell the key.",
)
@click.option(
    "--names",
    "names_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A CSV file candidate_id,name outside of the home, or the map of ids that import-csv "
    "wrote; names get into the pages alone.",
)
@click.option("--language", default="en", show_default=True, metavar="L", help="en, de, ...")
@click.option(
    "--labels",
    "labels_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A JSON file of labels of your own; what it lacks is taken from the language.",
)
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The file for one session [in the current folder], or the folder for a day.",
)
@click.option("--pdf", is_flag=True, help="Write PDF; needs the extra `pdf`.")
@json_option
@common_options
def command(
    session_id: str | None,
    day: str | None,
    attempt: int | None,
    staff: bool,
    responses: bool,
    names_path: Path | None,
    language: str,
    labels_path: Path | None,
    to: Path | None,
    pdf: bool,
    as_json: bool,
) -> None:
    """Write scorecards as pages that people read and print: one session, or a day with its index.

    A page is one HTML file without scripts that loads nothing. The candidate's shows points, the
    staff's all evidence.
    """
    if session_id is None and (day is None or to is None):
        raise click.UsageError("give --session S, or --date D and --to DIR")
    if session_id is None and (pdf or attempt is not None):
        raise click.UsageError("--pdf and --attempt belong to --session")
    if staff and responses:
        raise click.UsageError("--staff shows the responses anyway; leave out --responses")
    from assessment_pipeline.pages.labels import load_labels
    from assessment_pipeline.pages.models import Kind
    from assessment_pipeline.services.candidate_names import read_names
    from assessment_pipeline.services.page_files import (
        PageWishes,
        find_session,
        write_day,
        write_session,
    )
    from assessment_pipeline.storage.files import read_file

    home = existing_home()
    wishes = PageWishes(
        kind=Kind.STAFF if staff else Kind.EXPLAINED if responses else Kind.CANDIDATE,
        labels=load_labels(language, None if labels_path is None else read_file(labels_path)),
        names={} if names_path is None else read_names(home, names_path),
    )
    if session_id is not None:
        page = find_session(
            home,
            session_id,
            day,
            attempt,
            wishes.names,
            ledger_url=current_settings().ledger_url,
        )
        path, pages = write_session(home, page, to, wishes, as_pdf=pdf), 1
    elif day is not None and to is not None:
        path, pages = write_day(home, day, to, wishes)
    if as_json:
        print_json({"pages": pages, "path": str(path)})
        return
    say(f"{shown_path(path)}: {count_of(pages, 'scorecard')}")
