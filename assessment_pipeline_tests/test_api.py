"""The Python API: what a notebook gets, in which types, and never an altered row."""

import doctest
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import assessment_pipeline
from assessment_pipeline import api
from assessment_pipeline.api import open_home
from assessment_pipeline.core.columns import SCORECARDS, TABLES
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.services.demo import place_samples
from assessment_pipeline_tests.builders import Bench
from assessment_pipeline_tests.exported_homes import answer, card, exported_home, subscore
from assessment_pipeline_tests.installations import Installation, answers

PAGE = Path(assessment_pipeline.__file__).parents[1] / "docs" / "python-api.md"
DAYS = ("2026-11-18", "2026-11-19", "2026-11-20")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a home with three days, of a session each."""
    for day in DAYS:
        exported_home(
            tmp_path / "home",
            cards=[card(delivery_date=day, raw_score_exact="1/3")],
            subscores=[subscore(delivery_date=day)],
            evidence=[
                answer("=1+1", delivery_date=day, duration_ms="1200"),
                answer("", delivery_date=day, item_id="q02", raw_score=""),
            ],
            day=day,
        )
    return tmp_path / "home"


def test_a_home_tells_its_days_and_gives_a_row_a_session_of_them(folder: Path) -> None:
    home = open_home(folder)

    assert home.days() == DAYS
    assert [str(day.date()) for day in home.scorecards().to_pandas()["delivery_date"]] == [*DAYS]
    assert len(home.subscores().to_pandas()) == 3
    assert len(home.evidence().to_pandas()) == 6


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2026-11-19", None, DAYS[1:]),
        (None, "2026-11-19", DAYS[:2]),
        ("2026-11-19", "2026-11-19", DAYS[1:2]),
        ("2027-01-01", None, ()),
    ],
)
def test_both_ends_of_a_range_belong_to_it(
    folder: Path, first: str | None, last: str | None, days: tuple[str, ...]
) -> None:
    table = open_home(str(folder)).scorecards(first, last)

    assert table.days == days
    assert table.to_arrow().num_rows == len(days)
    assert len(table.to_pandas()) == len(days)


def test_the_types_of_a_data_frame_are_those_that_are_stated(folder: Path) -> None:
    cards = open_home(folder).scorecards().to_pandas()
    evidence = open_home(folder).evidence().to_pandas()

    assert str(cards["session_id"].dtype) == str(cards["raw_score_exact"].dtype) == "str"
    assert cards["attempt"].dtype == "int64"
    assert str(cards["delivery_date"].dtype) == "datetime64[us]"
    assert str(cards["submitted_at"].dtype) == "datetime64[us, UTC]"
    assert cards["raw_score_exact"].tolist() == ["1/3"] * 3
    assert cards["percent"].tolist() == [Decimal("66.67")] * 3
    assert str(evidence["duration_ms"].dtype) == "Int64"
    assert evidence["duration_ms"].tolist()[:2] == [1200, pd.NA]
    assert evidence["response"].tolist()[0] == "=1+1"
    assert evidence["response"].isna().tolist()[:2] == [False, True]
    assert evidence["raw_score"].tolist()[:2] == [Decimal(1), None]


def test_points_are_floats_on_request(folder: Path) -> None:
    cards = open_home(folder).scorecards().to_pandas(points="float")
    assert cards["percent"].dtype == "float64"
    assert cards["percent"].mean() == pytest.approx(66.67)

    with pytest.raises(UsageError, match="float"):
        open_home(folder).scorecards().to_pandas("double")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("delivered", "moment"),
    [
        ("2026-11-20T10:00:00+01:00", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20t09:41:07.1234567z", datetime(2026, 11, 20, 9, 41, 7, 123456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("", pd.NaT),
    ],
)
def test_a_time_is_its_moment_whatever_it_was_written_like(
    tmp_path: Path, delivered: str, moment: object
) -> None:
    exported_home(tmp_path / "home", cards=[card(submitted_at=delivered)])
    table = open_home(tmp_path / "home").scorecards()

    (found,) = table.to_pandas()["submitted_at"]

    assert found is moment or found == moment
    assert table.to_arrow().column("submitted_at").to_pylist() == [delivered or None]


def test_an_arrow_table_has_days_as_dates_and_texts_as_exported(folder: Path) -> None:
    table = open_home(folder).evidence().to_arrow()
    assert table.column("delivery_date").to_pylist()[0] == date(2026, 11, 18)
    assert table.column("response").to_pylist()[:2] == ["=1+1", None]


def test_a_table_says_what_its_columns_mean(folder: Path) -> None:
    assert open_home(folder).scorecards().columns == TABLES[SCORECARDS]


@pytest.mark.parametrize("read", ["to_arrow", "to_pandas"])
def test_an_altered_file_is_never_a_table(folder: Path, read: str) -> None:
    path = folder / "exports" / DAYS[1] / "scorecards.csv"
    path.write_bytes(path.read_bytes().replace(b",66.67,", b",99.99,"))

    with pytest.raises(IntegrityError, match=f"{DAYS[1]}/scorecards.csv is not as it was exported"):
        getattr(open_home(folder).scorecards(), read)()


def test_no_folder_is_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match="no home folder"):
        open_home(tmp_path / "none")


def test_what_is_no_date_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        open_home(folder).scorecards("yesterday")


def test_dates_the_wrong_way_round_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="swap them"):
        open_home(folder).evidence(DAYS[1], DAYS[0])


def test_importing_it_imports_neither_dagster_nor_what_it_may_not_need() -> None:
    program = "import sys, assessment_pipeline.api; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    found = set(ran.stdout.split())
    assert "assessment_pipeline.api" in found
    assert not found & {"dagster", "pandas", "pyarrow", "numpy", "sqlalchemy", "xlsxwriter"}


def test_all_that_is_promised_is_there() -> None:
    assert all(hasattr(api, name) for name in api.__all__)


def test_the_page_shows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its examples are run on a home with two sessions of a day."""
    installation = Installation(tmp_path / "assessment_home")
    installation.deliver(
        answers("s-1", candidate_id="c-1"), answers("s-2", "A", candidate_id="c-2")
    )
    installation.score()
    monkeypatch.chdir(tmp_path)

    found = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )

    assert found.failed == 0
    assert found.attempted > 8


def test_its_recipes_work_on_the_home_of_the_demo_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path / "assessment_home")
    for day in place_samples(bench.home).days:
        bench.run(day)
    monkeypatch.chdir(tmp_path)
    # Its days and its assessments, and not two sessions.
    text = PAGE.read_text(encoding="utf-8").replace("2025-11", "2026-11")
    examples = doctest.DocTestParser().get_examples(text.replace("numeracy", "harbour"))
    names: dict[str, Any] = {}
    for example in examples:
        exec(compile(example.source, str(PAGE), "single"), names)  # noqa: S102 - our own page

    assert len(names["cards"]) == 1_014
    assert len(names["sitting"]) == 3
