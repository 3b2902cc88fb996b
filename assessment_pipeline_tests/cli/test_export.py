"""`export`: the forms of a day's results, and one sentence where they cannot be had."""

import subprocess
import sys
from pathlib import Path

import pytest

from assessment_pipeline.cli.export import FORMATS
from assessment_pipeline.services import copy_exports
from assessment_pipeline_tests.cli.command_lines import json_of, run, scored_installation
from assessment_pipeline_tests.installations import DAY, Installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return scored_installation(tmp_path_factory.mktemp("export") / "home")


def test_the_formats_of_the_command_line_are_those_that_there_are() -> None:
    assert FORMATS == copy_exports.FORMATS


def test_several_formats_are_written_at_once(installation: Installation, tmp_path: Path) -> None:
    arguments: list[str | Path] = ["export", "--date", DAY, "--to", tmp_path / "out"]
    arguments += ["--format", "parquet", "--format", "wide"]

    said = run(*arguments, home=installation.home.folder).stdout
    told = json_of(run(*arguments, "--json", home=installation.home.folder))

    assert "evidence.parquet: 4 rows" in said
    assert told["files"]["wide-points-numeracy.csv"]["rows"] == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *told["files"],
        "datapackage.json",
    }


def test_a_gradebook_asks_which_result_counts(installation: Installation, tmp_path: Path) -> None:
    arguments = ("export", "--date", DAY, "--to", tmp_path / "out", "--format", "canvas")
    home = installation.home.folder

    refused = run(*arguments, home=home)
    taken = run(*arguments, "--take", "best", "--grade", "percent", home=home)

    assert refused.exit_code == 2
    assert "s-1 and s-2" in refused.stderr
    assert "c-9f2" not in refused.stderr
    assert taken.exit_code == 0
    assert "canvas.csv: 1 candidate, and a row of the points possible" in taken.stdout
    lines = (tmp_path / "out" / "canvas.csv").read_text().splitlines()
    assert lines[1:] == ["Points Possible,,,,,100", "c-9f2,,c-9f2,,,100.00"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "pdf"),
        ("--take", "best"),
        ("--names", "names.csv"),
        ("--grade", "percent", "--format", "xlsx"),
        ("--dialect", "excel", "--format", "parquet", "--format", "xlsx"),
        ("--format", "moodle", "--take", "worst"),
    ],
)
def test_what_does_not_fit_together_is_wrong_usage(
    installation: Installation, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    result = run("export", "--date", DAY, "--to", out, *arguments, home=installation.home.folder)
    assert result.exit_code == 2
    assert not out.exists()


@pytest.mark.parametrize("option", [("--format", "csv"), ("--take", "best")])
def test_a_bundle_has_one_form(
    installation: Installation, tmp_path: Path, option: tuple[str, ...]
) -> None:
    path, home = tmp_path / "day.zip", installation.home.folder
    result = run("export", "--date", DAY, "--bundle", path, *option, home=home)
    assert result.exit_code == 2
    assert "--to" in result.stderr


@pytest.mark.slow
def test_copying_csv_files_imports_nothing_that_other_forms_need(
    installation: Installation, tmp_path: Path
) -> None:
    program = (
        "import sys\nfrom assessment_pipeline.cli import cli\n"
        "try:\n    cli.main(sys.argv[1:])\nfinally:\n    print(*sys.modules)"
    )
    home = ("--home", str(installation.home.folder))
    arguments = (*home, "export", "--date", DAY, "--to", str(tmp_path / "out"))

    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )

    found = set(ran.stdout.split())
    assert "assessment_pipeline.services.copy_exports" in found
    assert not found & {"dagster", "pandas", "pyarrow", "numpy", "xlsxwriter"}
