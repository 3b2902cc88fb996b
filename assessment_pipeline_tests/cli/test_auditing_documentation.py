"""docs/auditing.md: what it shows of the demo's home is what the command prints."""

import re
from pathlib import Path

import assessment_pipeline
from assessment_pipeline.samples import sample_deliveries, sample_rubrics
from assessment_pipeline_tests.cli.command_lines import run
from assessment_pipeline_tests.installations import Installation

PAGE = Path(assessment_pipeline.__file__).parents[1] / "docs" / "auditing.md"
DAY = "2026-11-18"
CUT_HASH = re.compile("(sha256:[0-9a-f]{8})[0-9a-f]{56}")


def words(text: str) -> set[str]:
    """Return the lines of an output: hashes cut as on the page, and without its table's widths."""
    lines = CUT_HASH.sub("\\1…", text).splitlines()
    # When and by which run something was recorded is another thing in every home.
    return {" ".join(line.split()) for line in lines if "ledger entry" not in line} - {""}


def test_the_page_shows_what_the_command_prints(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    for rubric in sample_rubrics():
        installation.write_rubric(rubric.version, rubric.content.decode(), rubric.assessment_id)
    folder = installation.home.delivery_folder(DAY)
    folder.mkdir(parents=True)
    for day, name, content in sample_deliveries():
        if day == DAY:
            (folder / name).write_bytes(content)
    installation.score(DAY)
    (block,) = re.findall("```console\n(.*?)```\n", PAGE.read_text("utf-8"), re.DOTALL)
    command, _, shown = block.partition("\n")

    result = run(*command.split()[2:], home=installation.home.folder)

    assert result.exit_code == 0
    assert words(shown) <= words(result.stdout)
