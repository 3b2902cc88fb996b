"""Candidate tables: names and groups are read by one rule."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.candidate_groups import read_groups
from assessment_pipeline.services.candidate_names import read_names
from assessment_pipeline.services.candidate_tables import read_candidates
from assessment_pipeline.storage.home import Home

Reader = Callable[[Path], Mapping[str, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


@pytest.fixture(params=["name", "group"])
def column(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def read(column: str, tmp_path: Path) -> Reader:
    """Return the reader of names, and that of groups."""
    home = Home(tmp_path / "home")
    home.create()
    return read_groups if column == "group" else lambda path: read_names(home, path)


def test_a_header_may_be_in_any_case_and_order_with_other_columns(
    path: Path, read: Reader, column: str
) -> None:
    path.write_text(f"No.;{column.title()}; Candidate_ID \n1; B\u00f8 ;c-1\n2;Ann; c-2\n", "utf-8")
    assert read(path) == {"c-1": "B\u00f8", "c-2": "Ann"}


def test_a_candidate_may_come_again_with_the_same(path: Path, read: Reader, column: str) -> None:
    path.write_text(f"candidate_id,{column}\nc-1,x\nc-1, x\n", "utf-8")
    assert read(path) == {"c-1": "x"}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("candidate_id,site\nsecret,secret\n", "line 1: name one column candidate_id and one "),
        ("id,{}\nsecret,secret\n", "line 1: name one column candidate_id"),
        ("candidate_id,{0},{0}\nsecret,secret,secret\n", "line 1"),
        ("candidate_id,{}\nsecret\n", "line 2: a cell is empty"),
        ("candidate_id,{}\nsecret, \n", "line 2: a cell is empty"),
        ("candidate_id,{}\n,secret\n", "line 2: a cell is empty"),
        ("candidate_id,{}\nsecret,secret\nsecret,secrets\n", "line 3: an earlier line gives"),
        ("candidate_id,{}\n", "has no rows"),
        ("", "is empty"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_and_not_repeated(
    path: Path, read: Reader, column: str, text: str, match: str
) -> None:
    path.write_text(text.format(column), "utf-8")
    with pytest.raises(UsageError, match=match) as refused:
        read(path)
    assert "secret" not in str(refused.value)


def test_only_the_column_that_is_asked_for_is_read(path: Path) -> None:
    path.write_text("candidate_id,name,group\nc-1,Ann,\n", "utf-8")
    assert read_candidates(path, "name") == {"c-1": "Ann"}
