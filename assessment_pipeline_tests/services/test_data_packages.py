"""datapackage.json: a stranger's program finds the files as they are described, or says so."""

import json
from pathlib import Path
from typing import Any

import pytest
from frictionless import validate

from assessment_pipeline.core.columns import TABLES
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.services.copy_exports import FORMATS, copy_exports
from assessment_pipeline.services.export_formats.texts import Dialect
from assessment_pipeline_tests.exported_homes import (
    DAY,
    answer,
    card,
    exported_home,
    subscore,
)

NASTY = ["=1+1", 'a\r\nb,"c"\r', "'", "\u2028", "\u202eabc"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with every format of a small day."""
    return written(tmp_path, "csv")


def written(tmp_path: Path, dialect: Dialect) -> Path:
    home = exported_home(
        tmp_path / "home",
        cards=[
            card(submitted_at="2026-11-20t10:00:00.123456789+01:00", raw_score_exact="1/3"),
            card(session_id="s-2", candidate_id="c-2", status="blocked", percent=""),
        ],
        subscores=[subscore()],
        evidence=[answer(text, item_id=f"q{place}") for place, text in enumerate(NASTY)],
    )
    return copy_exports(home, DAY, tmp_path / "out", dialect, FORMATS).folder


def faults(folder: Path) -> set[str]:
    report = validate(str(folder / "datapackage.json"))
    return {fault for (fault,) in report.flatten(["type"])}


def package_of(folder: Path) -> Any:  # noqa: ANN401 - any JSON
    return json.loads((folder / "datapackage.json").read_text("utf-8"))


@pytest.mark.parametrize("dialect", ["csv", "excel"])
def test_a_stranger_finds_every_file_as_it_is_described(tmp_path: Path, dialect: Dialect) -> None:
    folder = written(tmp_path, dialect)

    report = validate(str(folder / "datapackage.json"))

    assert report.flatten(["type", "message"]) == []
    rows = {task.name: task.stats["rows"] for task in report.tasks if task.type == "table"}
    assert rows["evidence"] == len(NASTY)
    assert rows["wide-points-quiz"] == rows["scorecards"] == 2


def test_every_file_of_the_folder_is_described_by_its_hash_and_size(folder: Path) -> None:
    described = {each["path"]: each for each in package_of(folder)["resources"]}

    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(found) - set(described) == {"manifest.json", "datapackage.json"}
    for name, resource in described.items():
        assert resource["hash"] == hash_bytes(found[name])
        assert resource["bytes"] == len(found[name])


def test_every_column_has_its_type_and_its_meaning(folder: Path) -> None:
    described = {each["path"]: each for each in package_of(folder)["resources"]}
    for name, columns in TABLES.items():
        fields = described[name]["schema"]["fields"]
        assert [(field["name"], field["type"], field["description"]) for field in fields] == [
            (column.name, column.type, column.meaning) for column in columns
        ]
        # As delivered: with an offset of its own, which the default form does not have.
        assert {field.get("format") for field in fields if field["type"] == "datetime"} <= {"any"}


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("scorecards.csv", b",complete,2,", b",complete,two,", "type-error"),
        ("scorecards.csv", b",c-2,", b",,", "constraint-error"),
        ("scorecards.csv", b",s-2,", b",s-1,", "primary-key"),
        ("scorecards.csv", b",s-1,", b",s-3,", "foreign-key"),
        ("evidence.csv", b"item_id", b"itemid", "incorrect-label"),
        ("evidence.csv", b",q0,", b",q9,", "hash-count"),
        ("exports.xlsx", b"PK", b"XX", "hash-count"),
        ("subscores.parquet", b"PAR1", b"PAR2", "hash-count"),
    ],
)
def test_what_is_not_as_described_is_found(
    folder: Path, name: str, old: bytes, new: bytes, fault: str
) -> None:
    content = (folder / name).read_bytes()
    assert old in content
    (folder / name).write_bytes(content.replace(old, new, 1))

    assert fault in faults(folder)
