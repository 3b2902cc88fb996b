"""docs/rubric-tools.md: every command in it prints what the page shows."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

import assessment_pipeline
from assessment_pipeline import samples
from assessment_pipeline_tests.cli.command_lines import run

PAGE = Path(assessment_pipeline.__file__).parents[1] / "docs" / "rubric-tools.md"
BLOCK = re.compile(r"(?:<!-- (file|result): (\S+) -->\n)?```(\w+)\n(.*?)```\n", re.DOTALL)
HASH = re.compile("sha256:[0-9a-zA-Z]+")


def without_hashes(text: str) -> str:
    return HASH.sub("sha256:HASH", text)


def test_every_command_of_the_page_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    harbour = Path(samples.__file__).parent / "rubrics" / "harbour" / "1.yaml"
    shutil.copy(harbour, tmp_path / "harbour-1.yaml")
    commands = 0
    for what, name, language, block in BLOCK.findall(PAGE.read_text("utf-8")):
        if what == "file":
            Path(name).write_text(block, encoding="utf-8")
        elif what == "result":
            assert without_hashes(Path(name).read_text("utf-8")) == without_hashes(block)
        elif language == "console":
            line, _, expected = block.partition("\n")
            program, *arguments = shlex.split(line.removeprefix("$ "))
            assert program == "assessment-pipeline"
            shown = run(*arguments)
            assert without_hashes(shown.output) == without_hashes(expected)
            commands += 1
    assert commands == 7
