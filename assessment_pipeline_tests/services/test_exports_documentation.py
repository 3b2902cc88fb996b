"""docs/exports.md is true: its table of columns is that of the code, and it knows every format."""

import re
from pathlib import Path

import pytest

import assessment_pipeline
from assessment_pipeline.core.columns import TABLES
from assessment_pipeline.services.copy_exports import FORMATS

ROOT = Path(assessment_pipeline.__file__).parents[1]
PAGE = (ROOT / "docs" / "exports.md").read_text("utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_the_page_lists_every_column_with_its_meaning(table: str) -> None:
    section = PAGE.split(f"### {table}\n", 1)[1].split("\n### ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{column.name}`{'' if column.is_required else ' ?'} | {column.type} "
        f"| {column.meaning} |"
        for column in TABLES[table]
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_the_page_describes_every_format(form: str) -> None:
    assert f"| `{form}`" in PAGE


def test_each_export_that_is_shown_has_a_folder_of_its_own_outside_of_the_clone() -> None:
    folders = re.findall(r"^\$ .* export .*--to (\S+)", PAGE, re.MULTILINE)
    assert len(folders) == len(set(folders)) > 3
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = [
        folder
        for page in pages
        for folder in re.findall(
            r"assessment-pipeline (?:export|qti-results) .*?--to ([^\s`]+)", page.read_text("utf-8")
        )
    ]
    assert set(folders) < set(shown)
    assert [each for each in shown if not each.startswith("../") and each != "DIR"] == []
