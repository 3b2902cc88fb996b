"""Exported texts, for all texts: whatever the form, they come back to the last character."""

import csv
import io
import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assessment_pipeline.api import open_home
from assessment_pipeline.core.excel_dialect import restore
from assessment_pipeline.core.exports import COLUMNS, EVIDENCE
from assessment_pipeline.core.points import decimal_text
from assessment_pipeline.services.copy_exports import copy_exports
from assessment_pipeline_tests.exported_homes import DAY, answer, card, exported_home
from assessment_pipeline_tests.workbooks import sheets_of

RESPONSE = COLUMNS[EVIDENCE].index("response")
# What breaks files: line ends, quotes, starts of formulas, marks, markup and escapes.
AWKWARD = (
    *("\r", "\n", "\r\n", '"', '""', ",", ";", "\t", " ", "'", "=", "+", "-", "@", "|", "%"),
    *("\u2028", "\u2029", "\u0085", "\x1c", "\x01", "\x7f", "\ufeff", "\ufffe", "\uffff"),
    *("\u202e", "\u05d0", "\u0627", "e\u0301", "\U0001f600", "_x000D_", "_x005F_", "<r>", "</r>"),
    *("&amp;", "<", "]]>", "NA", "null", "NaN", "1e5", "007", "TRUE"),
)
texts = st.lists(
    st.sampled_from(AWKWARD)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3),
    max_size=6,
).map("".join)
columns = st.lists(texts, min_size=1, max_size=30)
LONG = 'Wörter, "quoted"\r\n' * 3_600


def read(text: str) -> list[str]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return [row[RESPONSE] for row in rows][1:]


@given(columns)
@example(list(AWKWARD))
@example([f"{each}x" for each in AWKWARD])
@example([f"x{each}" for each in AWKWARD])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_text_comes_back_from_every_form(responses: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        home = exported_home(
            Path(folder) / "home",
            cards=[card(session_id=f"s-{place:03}") for place in range(len(responses))],
            evidence=[
                answer(text, session_id=f"s-{place:03}") for place, text in enumerate(responses)
            ],
        )
        copy_exports(home, DAY, out, formats=["csv", "parquet", "xlsx", "wide-responses"])
        copy_exports(home, DAY, Path(folder) / "excel", "excel")
        plain = (out / EVIDENCE).read_bytes().decode()
        excel = (Path(folder) / "excel" / EVIDENCE).read_bytes().decode()
        wide = (out / "wide-responses-quiz.csv").read_bytes().decode()
        arrow = pq.read_table(out / "evidence.parquet").column("response").to_pylist()
        frame = open_home(home.folder).evidence().to_pandas()
        sheet = sheets_of(out / "exports.xlsx")["evidence"]

    assert read(plain) == responses
    restored = "".join(restore(EVIDENCE, io.StringIO(excel, newline="\n")))
    assert restored == plain
    assert [row[-1] for row in list(csv.reader(io.StringIO(wide, newline="")))[1:]] == responses
    assert [text or "" for text in arrow] == responses
    assert frame["response"].fillna("").tolist() == responses
    assert [row[RESPONSE] for row in sheet][1:] == responses


def test_a_response_of_60_kilobytes_comes_back_where_there_is_room(tmp_path: Path) -> None:
    """A cell of Excel has none: see services/export_formats/test_workbook.py."""
    assert len(LONG.encode()) > 60_000
    home = exported_home(tmp_path / "home", cards=[card()], evidence=[answer(LONG)])
    copy_exports(home, DAY, tmp_path / "out", formats=["csv", "parquet"])
    copy_exports(home, DAY, tmp_path / "excel", "excel")

    excel = (tmp_path / "excel" / EVIDENCE).read_bytes().decode().removeprefix("\ufeff")
    arrow = pq.read_table(tmp_path / "out" / "evidence.parquet")
    assert read((tmp_path / "out" / EVIDENCE).read_bytes().decode()) == [LONG]
    assert read(excel) == [LONG]
    assert arrow.column("response").to_pylist() == [LONG]
    assert open_home(home.folder).evidence().to_pandas()["response"].tolist() == [LONG]


@given(st.lists(st.decimals(-(10**9), 10**9, places=6), min_size=1, max_size=50))
@example([Decimal("414.338115"), Decimal("0.000001"), Decimal("-0.1"), Decimal(10**30)])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_float_of_points_is_that_of_the_exported_text(points: list[Decimal]) -> None:
    texts = [decimal_text(Fraction(each)) for each in points]
    with tempfile.TemporaryDirectory() as folder:
        exported_home(
            Path(folder),
            cards=[
                card(session_id=f"s-{place:03}", raw_score=text) for place, text in enumerate(texts)
            ],
        )
        found = open_home(folder).scorecards().to_pandas(points="float")
    assert found["raw_score"].tolist() == [float(text) for text in texts]
