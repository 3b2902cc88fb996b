"""Real free texts: published answers of real students, delivered, scored, exported and read back.

The answers lie outside of the project, which may not carry them; without them this is skipped.
"""

import csv
import io
import json
import shutil
from pathlib import Path

import lxml.html
import pyarrow.parquet as pq
import pytest

from assessment_pipeline.api import open_home
from assessment_pipeline.core.excel_dialect import restore
from assessment_pipeline.core.exports import COLUMNS, EVIDENCE
from assessment_pipeline.pages.models import Kind
from assessment_pipeline.services.copy_exports import Format, copy_exports
from assessment_pipeline.services.indexes import SCORECARDS, ScorecardsIndex
from assessment_pipeline.services.page_files import PageWishes, write_day
from assessment_pipeline.services.session_pages import page_name, read_pages
from assessment_pipeline_tests.builders import DAY, Bench
from assessment_pipeline_tests.workbooks import sheets_of

BEETLE = Path(__file__).parents[3] / "shared" / "data" / "beetle"
Answers = dict[tuple[str, str], str]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BEETLE.is_dir(), reason="the answers are not in ../shared/data"),
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return an installation with the answers scored."""
    bench = Bench(tmp_path_factory.mktemp("beetle") / "home")
    bench.write_rubric("1", (BEETLE / "rubric.yaml").read_text("utf-8"), assessment_id="beetle")
    bench.home.delivery_folder(DAY).mkdir(parents=True)
    shutil.copyfile(BEETLE / "deliveries.jsonl", bench.home.delivery_folder(DAY) / "all.jsonl")
    bench.run()
    return bench


@pytest.fixture(scope="module")
def folder(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the answers in every form that holds them."""
    folder = tmp_path_factory.mktemp("exported")
    forms: tuple[Format, ...] = ("csv", "parquet", "xlsx", "wide-responses")
    copy_exports(bench.home, DAY, folder, formats=forms)
    copy_exports(bench.home, DAY, folder / "excel", "excel", ["csv", "wide-responses"])
    return folder


@pytest.fixture(scope="module")
def delivered() -> Answers:
    """Return each answer as it stands in the delivery, read by the standard library alone."""
    with (BEETLE / "deliveries.jsonl").open(encoding="utf-8") as lines:
        return {
            (session["session_id"], response["item_id"]): response["value"]
            for session in map(json.loads, lines)
            for response in session["responses"]
        }


def answers_in(rows: list[dict[str, str]]) -> Answers:
    return {(row["session_id"], row["item_id"]): row["response"] for row in rows}


def given(answers: Answers, delivered: Answers) -> Answers:
    """Leave out items that a student was not given: they have a row too."""
    assert all(answers[key] == "" for key in answers.keys() - delivered.keys())
    return {key: answers[key] for key in delivered}


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_answers_hold_what_breaks_files(delivered: Answers) -> None:
    assert len(delivered) > 2_700
    for character in (",", '"', ";"):
        assert any(character in text for text in delivered.values()), character
    assert any(text.startswith(("=", "+", "-", "@")) for text in delivered.values())


def test_csv_holds_every_answer(folder: Path, delivered: Answers) -> None:
    rows = read_csv((folder / EVIDENCE).read_bytes().decode())
    assert given(answers_in(rows), delivered) == delivered


def test_the_excel_dialect_holds_every_answer(folder: Path, delivered: Answers) -> None:
    written = (folder / "excel" / EVIDENCE).read_bytes().decode()
    restored = "".join(restore(EVIDENCE, io.StringIO(written, newline="\n")))
    assert given(answers_in(read_csv(restored)), delivered) == delivered
    assert restored.encode() == (folder / EVIDENCE).read_bytes()


def test_parquet_holds_every_answer(folder: Path, delivered: Answers) -> None:
    rows = pq.read_table(folder / "evidence.parquet").to_pylist()
    found = answers_in([{**row, "response": row["response"] or ""} for row in rows])
    assert given(found, delivered) == delivered


def test_a_workbook_holds_every_answer(folder: Path, delivered: Answers) -> None:
    names, *rows = sheets_of(folder / "exports.xlsx")["evidence"]
    assert names == list(COLUMNS[EVIDENCE])
    found = answers_in([dict(zip(names, row, strict=True)) for row in rows])
    assert given(found, delivered) == delivered


@pytest.mark.parametrize("dialect", [".", "excel"])
def test_a_wide_table_holds_every_answer(folder: Path, delivered: Answers, dialect: str) -> None:
    text = (folder / dialect / "wide-responses-beetle.csv").read_bytes().decode()
    found = {
        (row["session_id"], column.removeprefix("item.")): cell.removeprefix("'")
        for row in read_csv(text)
        for column, cell in row.items()
        if column.startswith("item.")
    }
    expected = {key: text.removeprefix("'") for key, text in delivered.items()}
    assert given(found, expected) == expected


def test_a_notebook_gets_every_answer(bench: Bench, delivered: Answers) -> None:
    frame = open_home(bench.home.folder).evidence().to_pandas()
    keys = zip(frame["session_id"], frame["item_id"], strict=True)
    found = dict(zip(keys, frame["response"].fillna(""), strict=True))
    assert given(found, delivered) == delivered


def test_pages_hold_every_answer(bench: Bench, tmp_path: Path, delivered: Answers) -> None:
    wishes = PageWishes(Kind.STAFF)
    folder, _ = write_day(bench.home, DAY, tmp_path / "pages", wishes)
    found = {}
    for page in read_pages(bench.home.artifacts, DAY, bench.index(SCORECARDS, ScorecardsIndex)):
        read = lxml.html.document_fromstring(
            (folder / page_name(page, wishes.variant)).read_bytes()
        )
        for row in read.xpath("//tr[td/data]"):
            key = (page.session_id, row.xpath("string(th)").strip())
            found[key] = json.loads(row.xpath("string(td/data/@value)"))
            # What is seen is the same, but for blanks, which a browser shows as one.
            assert row.xpath("string(td/data)").split() == found[key].split()
    assert {key: found.get(key, "") for key in delivered} == delivered
