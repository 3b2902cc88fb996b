"""The command line as a whole: its commands, its options, and what it imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assessment_pipeline import __version__
from assessment_pipeline.cli import COMMANDS, cli
from assessment_pipeline_tests.cli.command_lines import (
    SETTINGS,
    run,
    run_fresh,
    scored_installation,
)
from assessment_pipeline_tests.installations import DAY

ROOT = Path(__file__).parents[2]

SUBCOMMANDS = {
    "ledger": ("head", "show", "verify"),
    "rubric": ("check", "diff", "from-csv", "import-qti", "schema", "try"),
}
# Runs a command line, then prints which of the named modules it has imported.
IMPORTED = """
import sys
from assessment_pipeline.cli import cli
try:
    cli.main(sys.argv[2:])
except SystemExit as ended:
    code = ended.code
print("\\nIMPORTED", code, *(set(sys.argv[1].split(",")) & set(sys.modules)))
"""


def imported(names: str, *arguments: str | Path) -> list[str]:
    """Return the exit code of a command in a fresh process, and which modules it imported."""
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTED, names, *map(str, arguments)],
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.rpartition("IMPORTED")[2].split()


def test_help_lists_every_command() -> None:
    shown = run("--help").stdout
    assert [name for name in COMMANDS if f"\n  {name} " in shown] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "--home DIR" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_named_as_the_list_names_it(name: str) -> None:
    command = cli.get_command(cli.make_context("x", ["demo"], resilient_parsing=True), name)
    assert command is not None
    assert command.name == name


@pytest.mark.parametrize("group", SUBCOMMANDS)
def test_groups_list_their_commands(group: str) -> None:
    shown = run(group, "--help").stdout
    assert [name for name in SUBCOMMANDS[group] if f"\n  {name} " in shown] == list(
        SUBCOMMANDS[group]
    )


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"assessment-pipeline {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("--nonsense",),
        ("score", "--nonsense"),
        ("deliver",),
        ("export",),
        ("rubric", "nonsense"),
        ("ledger", "show", "--seq", "0"),
        ("ui", "--port", "70000"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_the_home_can_stand_before_and_after_the_command(tmp_path: Path) -> None:
    home = scored_installation(tmp_path / "home").home.folder
    before = run("ledger", "head", home=home)
    between = run("ledger", "--home", home, "head")
    after = run("ledger", "head", "--home", home)
    assert before.exit_code == 0
    assert before.stdout == between.stdout == after.stdout


def test_the_home_next_to_the_command_counts(tmp_path: Path) -> None:
    home = scored_installation(tmp_path / "home").home.folder
    assert run("ledger", "head", "--home", home, home=tmp_path / "other").exit_code == 0


def test_the_home_can_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_HOME", str(tmp_path / "home"))
    scored_installation(tmp_path / "home")
    assert run("ledger", "head").exit_code == 0


@pytest.mark.slow
def test_settings_can_stand_in_a_file_of_the_folder_one_works_in(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ASSESSMENT_PIPELINE_HOME=from-the-file\n")

    found = subprocess.run(
        [sys.executable, "-m", "assessment_pipeline", "ledger", "head"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 3
    assert str(tmp_path / "from-the-file") in found.stderr


def test_a_setting_that_cannot_be_used_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_TIMEZONE", "Middle/Earth")
    result = run("score")
    assert result.exit_code == 2
    assert "ASSESSMENT_PIPELINE_TIMEZONE" in result.stderr


@pytest.mark.parametrize("command", ["export", "ledger", "verify"])
def test_without_a_home_there_is_nothing_to_work_on(command: str, tmp_path: Path) -> None:
    arguments = {
        "export": ("export", "--date", DAY, "--to", tmp_path / "out"),
        "ledger": ("ledger", "head"),
        "verify": ("verify",),
    }
    result = run(*arguments[command], home=tmp_path / "none")
    assert result.exit_code == 3
    assert str(tmp_path / "none") in result.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_asking_for_help_imports_click_alone() -> None:
    heavy = "dagster,pydantic,msgspec,sqlalchemy,rich,yaml,polars,pandas,asyncio"
    assert imported(heavy, "--help") == ["0"]


@pytest.mark.slow
def test_only_scoring_and_the_page_import_dagster(tmp_path: Path) -> None:
    installation = scored_installation(tmp_path / "home")
    home, delivery = installation.home, installation.home.delivery_folder(DAY) / "a.jsonl"
    rubric = home.rubrics / "numeracy" / "1.yaml"
    table, keys = tmp_path / "answers.csv", tmp_path / "keys.csv"
    table.write_text("id,q1\nann,A\n")
    keys.write_text("item_id,key\nq1,A\n")
    command_lines: list[tuple[str | Path, ...]] = [
        ("deliver", delivery, "--date", "2025-11-19"),
        ("import-csv", table, "--assessment", "x", "--date", "2025-11-18"),
        ("rubric", "from-csv", keys, "--assessment", "x"),
        ("rubric", "check", rubric),
        ("rubric", "try", rubric, "q01", "--response", "1"),
        ("export", "--date", DAY, "--to", tmp_path / "out"),
        ("fetch", "--table-sql"),
        ("ledger", "show"),
        ("ledger", "verify"),
        ("verify", "--date", DAY),
    ]
    for arguments in command_lines:
        assert imported("dagster", "--home", home.folder, *arguments) == ["0"], arguments


@pytest.mark.slow
def test_what_the_program_writes_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    table = tmp_path / "answers.csv"
    table.write_text("id,q1\nAnn Ash,A\n")

    run_fresh("import-csv", table, "--assessment", "x", home=tmp_path / "home")

    written = [path for path in tmp_path.rglob("*") if path != table]
    assert len(written) >= 4
    assert {path.stat().st_mode & 0o077 for path in written} == {0}


@pytest.mark.slow
def test_a_terminal_without_unicode_is_written_to_all_the_same(tmp_path: Path) -> None:
    rubric = scored_installation(tmp_path / "home").home.rubrics / "numeracy" / "1.yaml"
    result = run_fresh(
        "rubric", "try", rubric, "q01", "--response", '"é"', PYTHONIOENCODING="ascii"
    )
    assert (result.returncode, result.stderr) == (0, "")
