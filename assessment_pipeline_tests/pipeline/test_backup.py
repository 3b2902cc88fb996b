"""docs/operations.md: its backup, taken as it stands there, is restored and verifies."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

import assessment_pipeline
from assessment_pipeline.cli import cli
from assessment_pipeline_tests.cli.command_lines import run
from assessment_pipeline_tests.installations import Installation, answers
from assessment_pipeline_tests.postgres import empty, private_postgres, programs

PAGE = Path(assessment_pipeline.__file__).parents[1] / "docs" / "operations.md"
FIRST, SECOND = "2025-11-20", "2025-11-21"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s1"), answers("s2"), b"no JSON", day=FIRST)
    installation.score(FIRST)
    return installation


def back_up(installation: Installation, backup: Path, *, after_pointers: bool = False) -> None:
    """Run the backup of the page; or all of it but what comes first, the pointers."""
    (script,) = re.findall(r"```sh\n(# backup .*?)```\n", PAGE.read_text("utf-8"), re.DOTALL)
    if after_pointers:
        assert "in current " in script
        script = script.replace("in current ", "in ")
    subprocess.run(
        ["/bin/sh", "-c", script],
        env={
            "ASSESSMENT_PIPELINE_HOME": str(installation.home.folder),
            "BACKUP": str(backup),
            "PATH": "/usr/bin:/bin:/usr/local/bin",
        },
        check=True,
    )


def anchor_of(installation: Installation, path: Path) -> Path:
    path.write_text(run("ledger", "head", "--json", home=installation.home.folder).stdout)
    return path


def test_a_restored_backup_verifies_against_the_anchor(
    installation: Installation, tmp_path: Path
) -> None:
    anchor = anchor_of(installation, tmp_path / "anchor.json")
    back_up(installation, tmp_path / "backup")
    shutil.rmtree(installation.home.folder)
    restored = run("verify", "--anchor", anchor, home=tmp_path / "backup")
    assert restored.exit_code == 0, restored.output
    assert run("status", home=tmp_path / "backup").exit_code == 0


def test_a_backup_taken_while_a_day_is_scored_verifies(
    installation: Installation, tmp_path: Path
) -> None:
    anchor = anchor_of(installation, tmp_path / "anchor.json")
    backup = tmp_path / "backup"
    shutil.copytree(installation.home.current, backup / "current")
    installation.deliver(answers("s3"), day=SECOND)
    installation.score(SECOND)
    back_up(installation, backup, after_pointers=True)
    found = run("verify", "--date", FIRST, "--anchor", anchor, home=backup)
    assert found.exit_code == 0, found.output
    # The day that came in between is scored again, and nothing contradicts it.
    restored = Installation(backup)
    restored.score(SECOND)
    assert run("verify", "--anchor", anchor, home=backup).exit_code == 0


def test_a_backup_that_is_older_than_the_anchor_is_told(
    installation: Installation, tmp_path: Path
) -> None:
    back_up(installation, tmp_path / "backup")
    installation.deliver(answers("s3"), day=SECOND)
    installation.score(SECOND)
    anchor = anchor_of(installation, tmp_path / "anchor.json")
    assert run("verify", "--anchor", anchor, home=tmp_path / "backup").exit_code == 1


@pytest.mark.slow
def test_a_database_is_dumped_and_restored_by_the_commands_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump, restore = (
        re.findall(rf"`({program} [^`]+)`", PAGE.read_text("utf-8"))[0]
        for program in ("pg_dump", "pg_restore")
    )
    with private_postgres() as url:
        monkeypatch.setenv("ASSESSMENT_PIPELINE_DATABASE_URL", url)
        monkeypatch.setenv("BACKUP", str(tmp_path / "backup"))
        monkeypatch.setenv("PATH", f"{programs()}:{os.environ['PATH']}")
        installation = Installation(tmp_path / "home", database_url=url)
        installation.deliver(answers("s1"))
        installation.score()
        anchor = anchor_of(installation, tmp_path / "anchor.json")
        shutil.copytree(installation.home.folder, tmp_path / "backup")
        subprocess.run(["/bin/sh", "-c", dump], check=True)
        empty(url)
        assert run("verify", home=tmp_path / "backup").exit_code == 3
        subprocess.run(["/bin/sh", "-c", restore], check=True)
        found = run("verify", "--anchor", anchor, home=tmp_path / "backup")
        assert found.exit_code == 0, found.output


def test_every_command_of_the_page_exists_with_its_options() -> None:
    text = PAGE.read_text("utf-8")
    found = re.findall(r"assessment-pipeline (?:--home \S+ )?([a-z][a-z-]+)([^`\n|>]*)", text)
    assert len(found) > 15
    for name, rest in found:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None, name
        for word in rest.split():
            if isinstance(command, click.Group) and not word.startswith("-"):
                command = command.get_command(click.Context(command), word)
                assert command is not None, (name, word)
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, (name, rest)
