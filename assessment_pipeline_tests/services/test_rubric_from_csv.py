import json
import stat
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.answer_key import RubricHeading, quoted_yaml, read_answer_key
from assessment_pipeline.core.answer_matrix import read_answer_matrix
from assessment_pipeline.core.responses import ItemResponse, ResponseValue, effective_state
from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.rubrics.models import Rubric
from assessment_pipeline.errors import NothingThereError, RubricError, UsageError
from assessment_pipeline.services.rubric_from_csv import rubric_from_csv
from assessment_pipeline.storage.home import Home

KEYS = """item_id,key,rule,points,dimension
q01,B,,,number
q02,A | C,match_correct,2,number
q03,3.14,numeric,0.5,measure
q04,New  York|NYC,text,,
q05,,constant,1/3,
q06,D,full_credit,2,
q07,D,void,2,
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def saved(folder: Path, text: str = KEYS, name: str = "keys.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def rubric_of(text: str, version: str = "1") -> Rubric:
    made = read_answer_key(text.encode(), "keys.csv", RubricHeading("numeracy", version))
    loaded = load_version(RubricFile("numeracy", f"{version}.yaml", made.content))
    assert isinstance(loaded, RubricVersion), loaded
    return loaded.rubric


def points(rubric: Rubric, item_id: str, value: ResponseValue) -> Fraction:
    item = rubric.item(item_id)
    assert item is not None
    return item.award(ItemResponse(item_id, value, effective_state(value, None))).points


@pytest.mark.parametrize(
    ("item_id", "value", "expected"),
    [
        ("q01", "B", "1"),
        ("q01", "A", "0"),
        ("q02", ("C", "A"), "2"),
        ("q02", "A", "0"),
        ("q03", "3.140", "1/2"),
        ("q03", "3.141", "0"),
        ("q04", " new york ", "1"),
        ("q04", "nyc", "1"),
        ("q04", "Boston", "0"),
        ("q05", "anything", "1/3"),
        ("q06", "anything", "2"),
    ],
)
def test_a_key_scores_as_its_table_says(item_id: str, value: ResponseValue, expected: str) -> None:
    assert points(rubric_of(KEYS), item_id, value) == Fraction(expected)


def test_every_supported_rule_comes_into_the_maximum() -> None:
    assert rubric_of(KEYS).maximum() == 1 + 2 + Fraction(1, 2) + 1 + Fraction(1, 3) + 2


def test_a_dimension_lists_its_items() -> None:
    dimensions = rubric_of(KEYS).dimensions
    assert {name: each.items for name, each in dimensions.items()} == {
        "number": ("q01", "q02"),
        "measure": ("q03",),
    }


def test_two_columns_are_enough() -> None:
    assert rubric_of("item_id,key\nq1,A\nq2,B\n").maximum() == 2


def test_columns_come_in_any_order_and_case() -> None:
    assert rubric_of(" KEY ;Item_ID\nA;q1\n") == rubric_of("item_id,key\nq1,A\n")


def test_the_file_reads_well(home: Home, tmp_path: Path) -> None:
    made = rubric_from_csv(home, saved(tmp_path), "numeracy")
    assert made.path == home.rubrics / "numeracy" / "1.yaml"
    assert made.path.read_text() == (
        "# Made of an answer key by `assessment-pipeline rubric from-csv`.\n"
        "# Edit it as you like until it has scored; a change after that is a new version.\n"
        "assessment_id: numeracy\n"
        'version: "1"\n'
        "dimensions:\n"
        "  number: {items: [q01, q02]}\n"
        "  measure: {items: [q03]}\n"
        "items:\n"
        "  q01: {rule: match_correct, correct: B}\n"
        "  q02: {rule: match_correct, correct: [A, C], cardinality: multiple, points: 2}\n"
        '  q03: {rule: numeric, answers: [{value: "3.14"}], points: "0.5"}\n'
        '  q04: {rule: text, answers: [{text: "New  York"}, {text: NYC}], '
        "normalise: [trim, collapse_whitespace, casefold]}\n"
        '  q05: {rule: constant, points: "1/3"}\n'
        "  q06: {rule: full_credit, points: 2}\n"
        "  q07: {rule: void}\n"
    )
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600


def test_other_readers_of_yaml_find_the_same_texts() -> None:
    key = "item_id,key\nno,yes\n1,010\nnull,1_000\n12:30,~\n2026-11-20,1e3\n=,<<\n"
    made = read_answer_key(key.encode(), "keys.csv", RubricHeading("numeracy", "1"))
    items = yaml.safe_load(made.content)["items"]
    assert [item["correct"] for item in items.values()] == ["yes", "010", "1_000", "~", "1e3", "<<"]
    assert list(items)[:3] == ["no", "1", "null"]


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_a_scalar_that_yaml_reads_back(text: str) -> None:
    assert yaml.safe_load(f"{{key: {quoted_yaml(text)}}}") == {"key": text}


def test_a_key_and_a_table_of_answers_name_an_item_alike() -> None:
    rubric = rubric_of('item_id,key\n"Größe (m)",B\nq 2,C\n')
    matrix = read_answer_matrix(
        "id,Größe (m),q 2\nc-1,B,C\n".encode(),
        "answers.csv",
        assessment_id="numeracy",
        submitted_at="2026-11-20T00:00:00Z",
    )
    session = json.loads(matrix.content)
    assert [response["item_id"] for response in session["responses"]] == list(rubric.items)


def test_the_same_key_again_changes_nothing(home: Home, tmp_path: Path) -> None:
    first = rubric_from_csv(home, saved(tmp_path), "numeracy")
    again = rubric_from_csv(home, saved(tmp_path), "numeracy")
    assert not first.was_there
    assert again.was_there
    assert again.content_hash == first.content_hash


def test_an_existing_version_is_never_overwritten(home: Home, tmp_path: Path) -> None:
    first = rubric_from_csv(home, saved(tmp_path), "numeracy")
    before = first.path.read_bytes()
    with pytest.raises(UsageError, match=r"--version 2.*--valid-from.*--replaces 1"):
        rubric_from_csv(home, saved(tmp_path, KEYS.replace("q01,B", "q01,C")), "numeracy")
    assert first.path.read_bytes() == before


def test_comments_in_an_existing_version_do_not_matter(home: Home, tmp_path: Path) -> None:
    first = rubric_from_csv(home, saved(tmp_path), "numeracy")
    first.path.write_bytes(first.path.read_bytes() + b"# checked by two people\n")
    assert rubric_from_csv(home, saved(tmp_path), "numeracy").was_there


def test_a_second_version_needs_a_time_or_what_it_replaces(home: Home, tmp_path: Path) -> None:
    rubric_from_csv(home, saved(tmp_path), "numeracy")
    with pytest.raises(RubricError, match="valid from the beginning too"):
        rubric_from_csv(home, saved(tmp_path), "numeracy", version="2")
    assert not (home.rubrics / "numeracy" / "2.yaml").exists()
    rubric_from_csv(
        home, saved(tmp_path), "numeracy", version="2", valid_from="2026-12-01T00:00:00Z"
    )
    made = rubric_from_csv(
        home, saved(tmp_path), "numeracy", version="3", replaces="1", reason="q01 had a wrong key"
    )
    assert made.label == "numeracy/3"


def test_a_correction_needs_a_reason(home: Home, tmp_path: Path) -> None:
    rubric_from_csv(home, saved(tmp_path), "numeracy")
    with pytest.raises(RubricError, match="needs a reason"):
        rubric_from_csv(home, saved(tmp_path), "numeracy", version="2", replaces="1")


@pytest.mark.parametrize(("assessment", "version"), [("../x", "1"), ("numeracy", "1/2")])
def test_names_that_are_no_ids_are_refused(
    home: Home, tmp_path: Path, assessment: str, version: str
) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        rubric_from_csv(home, saved(tmp_path), assessment, version=version)


def test_a_missing_key_is_named(home: Home, tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match=r"none\.csv"):
        rubric_from_csv(home, tmp_path / "none.csv", "numeracy")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("item_id,key\n", "has no rows"),
        ("q1,A\nq2,B\n", "line 1: column 1 is none of item_id"),
        ("item_id,key,point\nq1,A,1\n", "line 1: column 3 is none of item_id"),
        ("item_id,key,key\nq1,A,A\n", "line 1: there are two columns key"),
        ("item_id,points\nq1,1\n", "line 1: there is no column key"),
        ("item_id,key\n,A\n", "line 2: the row names no item"),
        ("item_id,key\nq1,A\nq1,B\n", "line 3: the item of line 2 is here again"),
        ("item_id,key\nq1,\n", "line 2: the item has no key"),
        ("item_id,key,rule\nq1,A,ordering\n", "line 2: the rule is none of match_correct"),
        ('item_id,key,rule\nq1,"3,14",numeric\n', "line 2: a numeric item's key is no number"),
        ("item_id,key,points\nq1,A,-1\n", "line 2: the points are no number"),
        ("item_id,key,points\nq1,A,one\n", "line 2: the points are no number"),
        ("item_id,key,rule\nq1,,constant\n", "line 2: a constant item needs points"),
        ("item_id,key,rule,points\nq1,A,constant,1\n", "line 2: a constant item has no key"),
    ],
)
def test_what_is_no_answer_key_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_answer_key(text.encode(), "keys.csv", RubricHeading("numeracy", "1"))
