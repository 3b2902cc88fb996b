"""Parquet: typed, with its own dictionary, and the exported texts to the last character."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assessment_pipeline.core.columns import TABLES
from assessment_pipeline.core.exports import EVIDENCE, SCORECARDS
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.copy_exports import copy_exports
from assessment_pipeline.services.export_formats import arrow_tables
from assessment_pipeline_tests.exported_homes import (
    DAY,
    answer,
    card,
    exported_home,
    subscore,
)


def test_each_column_has_the_type_that_its_values_need(tmp_path: Path) -> None:
    home = exported_home(
        tmp_path / "home",
        cards=[card(raw_score="0.333333", raw_score_exact="1/3")],
        subscores=[subscore()],
        evidence=[answer("B", duration_ms="1200"), answer("", raw_score="", item_id="q02")],
    )
    copy_exports(home, DAY, tmp_path / "out", formats=["parquet"])

    cards = pq.read_table(tmp_path / "out" / "scorecards.parquet").to_pylist()
    evidence = pq.read_table(tmp_path / "out" / "evidence.parquet").to_pylist()

    assert cards[0]["delivery_date"] == date(2026, 11, 20)
    assert cards[0]["submitted_at"] == "2026-11-20T10:00:00Z"
    assert cards[0]["attempt"] == 1
    assert cards[0]["raw_score"] == Decimal("0.333333")
    assert cards[0]["raw_score_exact"] == "1/3"
    assert [row["duration_ms"] for row in evidence] == [1200, None]
    assert [row["response"] for row in evidence] == ["B", None]
    assert [row["raw_score"] for row in evidence] == [Decimal(1), None]


def test_a_file_says_what_its_columns_mean_and_what_it_was_made_from(tmp_path: Path) -> None:
    home = exported_home(tmp_path / "home", cards=[card()])
    copy_exports(home, DAY, tmp_path / "out", formats=["parquet"])
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text("utf-8"))

    schema = pq.read_schema(tmp_path / "out" / "scorecards.parquet")

    meanings = json.loads(schema.metadata[b"columns"])
    assert meanings == {column.name: column.meaning for column in TABLES[SCORECARDS]}
    assert schema.field("percent").metadata[b"description"].decode() == meanings["percent"]
    assert schema.metadata[b"content_hash"].decode() == package["content_hash"]
    assert not schema.field("session_id").nullable
    assert schema.field("percent").nullable


def test_it_is_compressed_with_zstd_and_holds_no_time_of_writing(tmp_path: Path) -> None:
    home = exported_home(tmp_path / "home", cards=[card()])
    copy_exports(home, DAY, tmp_path / "out", formats=["parquet"])

    found = pq.read_metadata(tmp_path / "out" / "scorecards.parquet")

    assert found.row_group(0).column(0).compression == "ZSTD"
    assert found.created_by == f"parquet-cpp-arrow version {pa.__version__}"


def test_many_batches_hold_every_row_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_tables, "ROWS_A_BATCH", 2)
    items = [f"q{number}" for number in range(5)]
    home = exported_home(tmp_path / "home", evidence=[answer("B", item_id=item) for item in items])
    copied = copy_exports(home, DAY, tmp_path / "out", formats=["parquet"])

    found = pq.read_table(tmp_path / "out" / "evidence.parquet")

    assert found.column("item_id").to_pylist() == items
    assert copied.files["evidence.parquet"].rows == 5


def test_a_number_that_parquet_cannot_hold_is_refused(tmp_path: Path) -> None:
    home = exported_home(tmp_path / "home", evidence=[answer("B", max_score="1" * 33)])

    with pytest.raises(UsageError, match=rf"{EVIDENCE}, column max_score.*--format csv"):
        copy_exports(home, DAY, tmp_path / "out", formats=["parquet"])
    assert list((tmp_path / "out").iterdir()) == []


def test_a_day_without_sessions_has_files_without_rows(tmp_path: Path) -> None:
    home = exported_home(tmp_path / "home")
    copy_exports(home, DAY, tmp_path / "out", formats=["parquet"])
    assert pq.read_table(tmp_path / "out" / "subscores.parquet").num_rows == 0
