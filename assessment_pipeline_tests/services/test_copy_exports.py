"""Copying exports: only what was exported leaves the home, whole, in the dialect asked for."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from assessment_pipeline.core.data_package import DATA_PACKAGE
from assessment_pipeline.core.excel_dialect import (
    BYTE_ORDER_MARK,
    NUMERIC_COLUMNS,
    is_live,
    restore,
)
from assessment_pipeline.core.exports import (
    COLUMNS,
    EVIDENCE,
    MANIFEST,
    SCORECARDS,
    SUBSCORES,
    ExportedFile,
    csv_cell,
    files_hash,
    header,
    manifest,
)
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.services.copy_exports import Format, copy_exports
from assessment_pipeline.services.export_formats.texts import Dialect
from assessment_pipeline.services.indexes import EXPORTS, SNAPSHOTS, ExportsIndex, put_index
from assessment_pipeline.storage.home import Home, Pointer
from assessment_pipeline_tests.builders import RUBRIC, Bench, answers
from assessment_pipeline_tests.core.test_excel_dialect import FORMULAS

DAY = "2026-11-20"
RESPONSE = "=1+1,\n\"'"
NAMES = (SCORECARDS, SUBSCORES, EVIDENCE)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home with one exported day: a row of evidence, and header rows alone."""
    home = Home(tmp_path / "home")
    row = [RESPONSE if column == "response" else "" for column in COLUMNS[EVIDENCE]]
    contents = {name: header(name) for name in NAMES}
    contents[EVIDENCE] += (",".join(map(csv_cell, row)) + "\n").encode()
    files = {
        name: ExportedFile(len(content), content.count(b'"\n'), hash_bytes(content))
        for name, content in contents.items()
    }
    contents[MANIFEST] = manifest(DAY, files, {})
    index = ExportsIndex(files_hash(files), files, hash_bytes(contents[MANIFEST]))
    home.export_folder(DAY).mkdir(parents=True)
    for name, content in contents.items():
        (home.export_folder(DAY) / name).write_bytes(content)
    artifact = put_index(home.artifacts, index)
    home.point(Pointer(artifact, EXPORTS, index.content_hash, "", DAY, {}))
    return home


def contents_of(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_csv_dialect_is_a_copy_of_every_file_and_the_manifest(
    home: Home, tmp_path: Path
) -> None:
    copied = copy_exports(home, DAY, tmp_path / "out" / "new")

    contents = dict(contents_of(copied.folder))
    del contents[DATA_PACKAGE]
    assert contents == contents_of(home.export_folder(DAY))
    assert copied.folder == tmp_path / "out" / "new"


def test_copying_again_gives_the_same_files(home: Home, tmp_path: Path) -> None:
    first = contents_of(copy_exports(home, DAY, tmp_path / "out", "excel").folder)
    assert contents_of(copy_exports(home, DAY, tmp_path / "out", "excel").folder) == first


def test_the_excel_dialect_restores_to_the_exported_files(home: Home, tmp_path: Path) -> None:
    copied = copy_exports(home, DAY, tmp_path / "out", "excel")

    for name in NAMES:
        original = (home.export_folder(DAY) / name).read_bytes().decode()
        with (copied.folder / name).open(encoding="utf-8", newline="\n") as lines:
            assert "".join(restore(name, lines)) == original
    assert b"\"'=1+1," in (copied.folder / EVIDENCE).read_bytes()


def test_the_manifest_of_the_excel_dialect_describes_the_files_beside_it_and_their_source(
    home: Home, tmp_path: Path
) -> None:
    copied = copy_exports(home, DAY, tmp_path / "out", "excel")

    contents = dict(contents_of(copied.folder))
    described = json.loads(contents.pop(MANIFEST))
    del contents[DATA_PACKAGE]
    assert described["files"] == {
        name: {
            "bytes": len(content),
            "rows": copied.files[name].rows,
            "sha256": hash_bytes(content),
        }
        for name, content in contents.items()
    }
    source = home.export_folder(DAY) / MANIFEST
    assert described["source"]["manifest_sha256"] == hash_bytes(source.read_bytes())
    assert (described["dialect"], described["delivery_date"]) == ("excel", DAY)


@pytest.mark.parametrize("dialect", ["csv", "excel"])
@pytest.mark.parametrize("name", [*NAMES, MANIFEST])
@pytest.mark.parametrize("change", ["flipped", "longer", "cut", "no text", "gone"])
def test_an_altered_file_is_named_and_nothing_is_copied(
    home: Home, tmp_path: Path, dialect: Dialect, name: str, change: str
) -> None:
    path = home.export_folder(DAY) / name
    content = path.read_bytes()
    path.unlink()
    altered = {
        "flipped": content[:-2] + bytes([content[-2] ^ 1]) + content[-1:],
        "longer": content + b"\n",
        "cut": content[:-1],
        "no text": b"\xff" + content[1:],
    }
    if change != "gone":
        path.write_bytes(altered[change])

    with pytest.raises(IntegrityError, match=name.replace(".", r"\.")):
        copy_exports(home, DAY, tmp_path / "out", dialect)

    assert not (tmp_path / "out").exists() or not contents_of(tmp_path / "out")


def test_a_day_without_exports_is_nothing_there(home: Home, tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match="2026-11-19"):
        copy_exports(home, "2026-11-19", tmp_path / "out")


def test_what_is_no_date_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        copy_exports(home, "../../x", tmp_path / "out")


@pytest.mark.parametrize(("dialect", "formats"), [("tsv", ["csv"]), ("csv", ["csv", "pdf"])])
def test_a_form_that_there_is_not_is_refused(
    home: Home, tmp_path: Path, dialect: Dialect, formats: list[Format]
) -> None:
    with pytest.raises(UsageError, match=r"There is no (dialect tsv|format pdf); choose"):
        copy_exports(home, DAY, tmp_path / "out", dialect, formats)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", [".", "exports/2026-11-20", "new"])
def test_the_home_is_no_place_to_copy_to(home: Home, place: str) -> None:
    before = contents_of(home.export_folder(DAY))
    with pytest.raises(UsageError, match="outside"):
        copy_exports(home, DAY, home.folder / place, "excel")
    assert contents_of(home.export_folder(DAY)) == before


def test_a_link_into_the_home_is_no_place_to_copy_to(home: Home, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home.export_folder(DAY))
    with pytest.raises(UsageError, match="outside"):
        copy_exports(home, DAY, tmp_path / "link")


def test_a_file_is_no_place_to_copy_to(home: Home, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(UsageError, match="not a folder"):
        copy_exports(home, DAY, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_copies_are_readable_by_their_owner_alone(home: Home, tmp_path: Path) -> None:
    copied = copy_exports(home, DAY, tmp_path / "out", "excel")
    paths = [copied.folder, *copied.folder.iterdir()]
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}


def test_of_40_formulas_none_is_live_in_a_days_files_and_all_are_restored(tmp_path: Path) -> None:
    """As responses they are kept; an id cannot be one, and is refused when it is read."""
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", RUBRIC + "dimensions: {cps: {items: [q01]}}\n")
    sessions = [answers(f"s-{number:02}", formula) for number, formula in enumerate(FORMULAS)]
    bench.deliver(*sessions, *(answers(f, "B", candidate_id=f) for f in FORMULAS), day=DAY)
    rejected = bench.run(DAY)[SNAPSHOTS].counts["quarantined"]

    copied = copy_exports(bench.home, DAY, tmp_path / "out", "excel")

    assert rejected == len(FORMULAS) >= 40
    exported = {row["response"] for row in bench.table("evidence", DAY)}
    assert set(FORMULAS) <= exported
    for name in NAMES:
        written = (copied.folder / name).read_bytes().decode().removeprefix(BYTE_ORDER_MARK)
        names, *rows = csv.reader(io.StringIO(written, newline=""), strict=True)
        texts = [
            cell
            for row in rows
            for column, cell in zip(names, row, strict=True)
            if column not in NUMERIC_COLUMNS
        ]
        assert rows
        assert not any(map(is_live, texts))
        lines = io.StringIO(BYTE_ORDER_MARK + written, newline="\n").readlines()
        restored = "".join(restore(name, lines)).encode()
        assert restored == (bench.home.export_folder(DAY) / name).read_bytes()
