"""The schema: the committed copy is the models', and it refuses nothing that loads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import assessment_pipeline
from assessment_pipeline import samples
from assessment_pipeline.core.rubrics import schema_texts
from assessment_pipeline.core.rubrics.catalogue import RubricVersion, load_version
from assessment_pipeline.core.rubrics.documents import read_document
from assessment_pipeline.core.rubrics.schema import rubric_schema, schema_text
from assessment_pipeline.core.rules import RULE_NAMES, fields
from assessment_pipeline_tests.core.builders import AnyJson, a_rubric_file

ROOT = Path(assessment_pipeline.__file__).parents[1]
COMMITTED = ROOT / "docs" / "rubric.schema.json"
RUBRICS = sorted((Path(samples.__file__).parent / "rubrics").rglob("*.yaml"))
CASES = Path(__file__).parents[1] / "cases" / "scoring_cases.jsonl"
SCHEMA = rubric_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CHOICE = {"rule": "match_correct", "correct": "A"}


def a_document(**more: AnyJson) -> dict[str, Any]:
    return {"assessment_id": "maths", "version": "1", "items": {"q1": CHOICE}, **more}


def an_item(**more: AnyJson) -> dict[str, Any]:
    return a_document(items={"q1": {**CHOICE, **more}})


def is_accepted(document: AnyJson) -> bool:
    accepted: bool = VALIDATOR.is_valid(document)
    return accepted


def models() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Rubric", SCHEMA
    yield from SCHEMA["$defs"].items()


def test_the_committed_schema_is_that_of_the_models() -> None:
    # If this fails: assessment-pipeline rubric schema > docs/rubric.schema.json
    assert COMMITTED.read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_rule_can_be_chosen_by_its_name() -> None:
    choices = SCHEMA["properties"]["items"]["additionalProperties"]["oneOf"]
    definitions = [SCHEMA["$defs"][choice["$ref"].rpartition("/")[2]] for choice in choices]
    assert [each["properties"]["rule"]["const"] for each in definitions] == list(RULE_NAMES)


def test_every_field_says_what_it_is_for() -> None:
    for name, definition in models():
        assert definition["description"], name
        for field, schema in definition["properties"].items():
            assert schema["description"], (name, field)


def test_no_description_is_left_of_a_field_that_is_gone() -> None:
    names = {
        f"{name}.{field}" for name, definition in models() for field in definition["properties"]
    }
    fields_alone = {name.partition(".")[2] for name in names}
    assert set(schema_texts._TEXTS) <= names | fields_alone


@pytest.mark.parametrize("path", RUBRICS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_sample_rubrics_are_accepted(path: Path) -> None:
    document = read_document(path.read_bytes(), path.name)
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


class _EditorsLoader(yaml.SafeLoader):
    """Reads YAML as editors do: plain numbers are numbers, times are texts."""


_EditorsLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("path", RUBRICS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_sample_rubrics_are_accepted_as_an_editor_reads_them(path: Path) -> None:
    document = yaml.load(path.read_text("utf-8"), _EditorsLoader)  # noqa: S506  a SafeLoader
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


def test_the_items_of_all_worked_cases_are_accepted() -> None:
    cases = map(json.loads, CASES.read_text("utf-8").splitlines())
    items = [case["item"] for case in cases if case["kind"] == "item"]
    document = a_document(items={f"q{place}": item for place, item in enumerate(items)})
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    "document",
    [
        a_document(version=1.5, title=2026),
        an_item(points=0.5, weight="1/3", correct=[1, True, "x"]),
        an_item(points="0.5", examples=[{"response": ["A", 1], "points": "-1/2"}]),
        an_item(examples=[{"response": None, "points": 0}]),
        a_document(valid_from="2026-09-01T00:00:00Z", policy={"floor": None}),
        a_document(default_item={"rule": "void"}),
        a_document(items={"q1": {"rule": "numeric", "answers": [{"value": "-1.5e3"}]}}),
        a_document(items={"q1": {"rule": "numeric", "answers": [{"value": "\u22121"}]}}),
    ],
)
def test_what_an_author_may_write_is_accepted(document: dict[str, Any]) -> None:
    assert is_accepted(document)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"assessment_id": "maths", "version": "1"},
        a_document(items={}),
        a_document(items={"q 1": CHOICE}),
        a_document(itmes={}),
        a_document(assessment_id="../x"),
        a_document(assessment_id=True),
        a_document(title=True),
        a_document(dimensions={"a b": {}}),
        a_document(policy={"missing": {"omitted": "nothing"}}),
        a_document(policy={"rounding": {"decimals": "2"}}),
        an_item(rule="match_corect"),
        an_item(corect="A"),
        an_item(correct={"a": 1}),
        an_item(points="one"),
        an_item(points=-1),
        an_item(points="-1"),
        an_item(points="1e3"),
        an_item(cardinality="several"),
        a_document(items={"q1": {"rule": "numeric", "answers": []}}),
        a_document(items={"q1": {"rule": "numeric", "answers": [{"value": "12 euro"}]}}),
        a_document(items={"q1": {"rule": "text", "answers": [{"text": "a", "fraction": 2}]}}),
    ],
)
def test_what_loading_refuses_by_field_the_schema_refuses_too(document: AnyJson) -> None:
    assert not is_accepted(document)


_SCALARS = st.one_of(
    st.integers(-3, 3),
    st.booleans(),
    st.sampled_from(["", "A", "0.5", "-0.5", "-0.0", "1/3", "-1/3", "1e3", " 1 ", "q-1", "0/7"]),
    st.from_regex(r"-?[0-9]{1,3}([./][0-9]{1,3})?", fullmatch=True),
)


@pytest.mark.parametrize(
    "field",
    [
        "Text",
        "Wording",
        "Id",
        "Exact",
        "Points",
        "Part",
        "Number",
        "NumberFromZero",
        "FeatureNumber",
    ],
)
@given(value=_SCALARS)
def test_no_field_refuses_what_loading_takes(field: str, value: AnyJson) -> None:
    try:
        TypeAdapter(getattr(fields, field)).validate_python(value)
    except ValidationError:
        return
    assert is_accepted(_with(field, value))


def _with(field: str, value: AnyJson) -> dict[str, Any]:
    """Return a document with a value where a field of a kind stands."""
    numeric = {"rule": "numeric", "answers": [{"value": 1}]}
    absolute = {"mode": "absolute", "value": value}
    return {
        "Text": an_item(correct=value),
        "Wording": a_document(title=value),
        "Id": a_document(version=value),
        "Exact": a_document(policy={"floor": value}),
        "Points": an_item(points=value),
        "Part": a_document(items={"q1": {**numeric, "answers": [{"value": 1, "fraction": value}]}}),
        "Number": a_document(items={"q1": {**numeric, "answers": [{"value": value}]}}),
        "NumberFromZero": a_document(
            items={"q1": {**numeric, "answers": [{"value": 1, "tolerance": absolute}]}}
        ),
        "FeatureNumber": an_item(
            examples=[{"response": "A", "points": 1, "features": {"words": value}}]
        ),
    }[field]


_PARTS = st.recursive(
    _SCALARS | st.none(),
    lambda parts: (
        st.lists(parts, max_size=2)
        | st.dictionaries(st.sampled_from(["points", "weight", "correct", "mode", "q1"]), parts)
    ),
    max_leaves=4,
)


@given(
    st.sampled_from(
        ["title", "valid_from", "policy", "dimensions", "performance_levels", "scale", "items"]
    ),
    _PARTS,
)
def test_no_rubric_that_loads_is_refused(name: str, part: AnyJson) -> None:
    file = a_rubric_file(**{name: part})
    if isinstance(load_version(file), RubricVersion):
        assert is_accepted(json.loads(file.content))
