"""`qti-results`: a day's scorecards as files of QTI Results Reporting, for other systems."""

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
    from assessment_pipeline.core.qti_results.documents import QtiVersion


@click.command("qti-results")
@click.option("--date", "day", required=True, metavar="D", help="The delivery date, YYYY-MM-DD.")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder to write to, outside the home; best one of its own.",
)
@click.option("--session", "session_id", metavar="S", help="Only this session, all its attempts.")
@click.option(
    "--version",
    type=click.Choice(["2.2", "3.0"]),
    default="3.0",
    show_default=True,
    help="The version of QTI Results Reporting.",
)
@json_option
@common_options
def command(day: str, to: Path, session_id: str | None, version: str, as_json: bool) -> None:
    """Write each scorecard of a day as an assessmentResult document of QTI.

    Everything that is read is checked against its hash. qti-results.json beside the files names
    each with its session and its sha256.
    """
    from assessment_pipeline.services.qti_results import MANIFEST, write_qti_results

    written = write_qti_results(
        existing_home(),
        day,
        to,
        cast("QtiVersion", version),
        session_id,
        ledger_url=current_settings().ledger_url,
    )
    if as_json:
        files = {
            name: {
                "attempt": file.attempt,
                "bytes": file.bytes,
                "session_id": file.session_id,
                "sha256": file.sha256,
                "status": file.status,
            }
            for name, file in written.files.items()
        }
        print_json(
            {
                "delivery_date": written.day,
                "files": files,
                "folder": str(written.folder),
                "qti_version": written.version,
            }
        )
        return
    say(
        f"{shown_path(written.folder)}: {count_of(len(written.files), 'result')} in "
        f"QTI {written.version}, named in {MANIFEST}"
    )
