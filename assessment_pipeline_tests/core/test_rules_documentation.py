"""docs/rules.md is true: every rule has its section, and every example in it is run."""

import re
from pathlib import Path
from textwrap import indent

import pytest

from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.rules import RULE_NAMES

_DOCS = Path(__file__).parents[2] / "docs"
_SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTIONS = dict(_SECTION.findall((_DOCS / "rules.md").read_text(encoding="utf-8")))
_BLOCKS = [
    pytest.param(name, block, id=f"{name}-{number}")
    for name, section in _SECTIONS.items()
    for number, block in enumerate(_BLOCK.findall(section))
]
_RUBRICS = _BLOCK.findall((_DOCS / "rubrics.md").read_text(encoding="utf-8"))


def _loaded(name: str, text: str) -> RubricVersion:
    loaded = load_version(RubricFile(name, f"rubrics/{name}/1.yaml", text.encode()))
    assert isinstance(loaded, RubricVersion), "\n".join(map(str, loaded))
    return loaded


def test_every_rule_has_a_section_and_no_section_is_without_a_rule() -> None:
    assert sorted(_SECTIONS) == sorted(RULE_NAMES)


@pytest.mark.parametrize("name", RULE_NAMES)
def test_a_section_gives_formula_or_table_source_and_a_worked_example(name: str) -> None:
    section = _SECTIONS[name]
    assert "Source: " in section
    assert _BLOCK.findall(section)


@pytest.mark.parametrize(("name", "block"), _BLOCKS)
def test_a_worked_example_gives_the_points_that_it_says(name: str, block: str) -> None:
    text = f'assessment_id: docs\nversion: "1"\nitems:\n  q1:\n{indent(block, "    ")}'
    item = _loaded("docs", text).rubric.items["q1"]
    assert item.rule == name
    assert item.examples


@pytest.mark.parametrize("block", _RUBRICS)
def test_a_rubric_in_the_reference_loads(block: str) -> None:
    _loaded("numeracy", block)
