"""QTI import: items carried over exactly, or refused with every reason; hostile files refused."""

import json
from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.answer_key import RubricHeading
from assessment_pipeline.core.points import parse_exact
from assessment_pipeline.core.qti_items import CaseReading, QtiItem, read_qti_item
from assessment_pipeline.core.qti_refusals import Reasons
from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.rubrics.lint import example_value
from assessment_pipeline.core.rules import parse_item
from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.services.import_qti import MAX_BYTES, _parsed, import_qti
from assessment_pipeline.services.new_rubric_version import NewRubricVersion
from assessment_pipeline.storage.home import Home
from assessment_pipeline_tests.qti import (
    SCORE,
    VERSIONS,
    an_item,
    area_mapping,
    correct,
    in_version,
    mapping,
    maxscore,
    processing,
    response,
    saved,
)

CASES = Path(__file__).parents[1] / "core" / "cases" / "scoring_cases.jsonl"
HEADING = RubricHeading("chemistry", "1")
CHOICE = an_item(response(correct("B")))
BASE_TYPES = {"decimal": "float", "directed_pair": "directedPair"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def rule_of(item: str, version: str = "2.2", case: CaseReading | None = None) -> dict[str, Any]:
    read = read_qti_item(_parsed(in_version(item, version)), case)
    assert isinstance(read, QtiItem), read
    return read.rule


def reasons(item: str, version: str = "2.2", case: CaseReading | None = None) -> Reasons:
    read = read_qti_item(_parsed(in_version(item, version)), case)
    assert not isinstance(read, QtiItem), read.rule
    return list(read)


def imported(home: Home, files: Sequence[Path], **more: Any) -> NewRubricVersion:  # noqa: ANN401
    return import_qti(home, files, HEADING, **more)


def refusal(home: Home, *files: Path) -> str:
    with pytest.raises(UsageError) as refused:
        imported(home, files)
    assert not home.rubrics.exists()
    return str(refused.value)


def points(rule: dict[str, Any], value: Any) -> Fraction:  # noqa: ANN401
    read = example_value(value)
    return parse_item(rule).award(ItemResponse("q1", read, "answered")).points


def _sample_cases() -> list[Any]:
    cases = map(json.loads, CASES.read_text("utf-8").splitlines())
    return [
        pytest.param(case, id=case["id"])
        for case in cases
        if case["kind"] == "item" and ".xml" in case["source"]
    ]


def _as_qti(item: dict[str, Any]) -> str:
    """Write a rule as the item of the public sample that its case names."""
    bounds = " ".join(
        f'{name}="{item[field]}"'
        for field, name in (
            ("default", "defaultValue"),
            ("lower_bound", "lowerBound"),
            ("upper_bound", "upperBound"),
        )
        if field in item
    )
    base_type = item.get("base_type", "identifier")
    if item["rule"] == "match_correct":
        inner = correct(item["correct"])
    elif item["rule"] == "map_response":
        inner = mapping({entry["key"]: entry["points"] for entry in item["entries"]}, bounds)
    else:
        base_type = "point"
        areas = (
            (area["shape"], ",".join(map(str, area["coords"])), area["points"])
            for area in item["areas"]
        )
        inner = area_mapping(*areas, attributes=bounds)
    declared = response(inner, BASE_TYPES.get(base_type, base_type), item["cardinality"])
    return an_item(declared, template=item["rule"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", _sample_cases())
def test_a_public_sample_gives_what_its_worked_case_says(
    case: dict[str, Any], version: str
) -> None:
    rule = rule_of(_as_qti(case["item"]), version)
    assert points(rule, case["response"]) == parse_exact(case["expected"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("item", "rule"),
    [
        (CHOICE, {"rule": "match_correct", "correct": "B"}),
        (
            an_item(response(correct("A", "C"), cardinality="multiple")),
            {"rule": "match_correct", "cardinality": "multiple", "correct": ["A", "C"]},
        ),
        (
            an_item(response(correct("C", "A", "B"), cardinality="ordered")),
            {"rule": "match_correct", "cardinality": "ordered", "correct": ["C", "A", "B"]},
        ),
        (
            an_item(response(correct(" 3.50 "), "float")),
            {"rule": "match_correct", "base_type": "decimal", "correct": "3.50"},
        ),
        (
            an_item(response(correct("true"), "boolean")),
            {"rule": "match_correct", "base_type": "boolean", "correct": "true"},
        ),
        (
            an_item(response(correct("A\n B"), "directedPair")),
            {"rule": "match_correct", "base_type": "directed_pair", "correct": "A B"},
        ),
        (
            an_item(response(correct("New  York"), "string")),
            {"rule": "match_correct", "base_type": "string", "correct": "New  York"},
        ),
        (
            an_item(
                response(mapping({"A": "1", "B": "0.50", "C": "-1"}, 'defaultValue="-2.0"')),
                template="map_response",
            ),
            {
                "rule": "map_response",
                "entries": [
                    {"key": "A", "points": 1},
                    {"key": "B", "points": "0.5"},
                    {"key": "C", "points": -1},
                ],
                "default": -2,
                "blank": 0,
            },
        ),
        (
            an_item(
                response(
                    mapping({"2": "1"}, 'lowerBound="0" upperBound="1e0"'), "integer", "multiple"
                ),
                template="map_response",
            ),
            {
                "rule": "map_response",
                "cardinality": "multiple",
                "base_type": "integer",
                "entries": [{"key": "2", "points": 1}],
                "lower_bound": 0,
                "upper_bound": 1,
            },
        ),
        (
            an_item(
                response(
                    area_mapping(("circle", "102, 113, 16", "1"), ("default", "", "-1")), "point"
                ),
                template="map_response_point",
            ),
            {
                "rule": "map_response_point",
                "areas": [
                    {"shape": "circle", "coords": [102, 113, 16], "points": 1},
                    {"shape": "default", "coords": [], "points": -1},
                ],
            },
        ),
        (
            an_item(
                response(correct("B")),
                template="CC2_match",
                outcomes=SCORE + maxscore("100"),
            ),
            {"rule": "match_correct", "correct": "B", "points": 100},
        ),
        (
            an_item(
                response(correct("B")),
                template="CC2_match_basic.xml",
                outcomes=SCORE + maxscore("1.0"),
            ),
            {"rule": "match_correct", "correct": "B"},
        ),
        (
            an_item(response(mapping({"A": "2"})), template="CC2_map_response"),
            {"rule": "map_response", "entries": [{"key": "A", "points": 2}]},
        ),
    ],
)
def test_an_item_becomes_the_rule_that_its_template_is(
    item: str, rule: dict[str, Any], version: str
) -> None:
    assert rule_of(item, version) == rule


@pytest.mark.parametrize(
    "outcomes",
    [
        SCORE.replace("/>", ' normalMaximum="1.0"/>'),
        SCORE + maxscore("1"),
        SCORE.replace("float", "integer"),
        SCORE.replace("/>", "><defaultValue><value>0</value></defaultValue></outcomeDeclaration>"),
    ],
)
def test_outcomes_that_agree_change_nothing(outcomes: str) -> None:
    item = an_item(response(correct("B")), outcomes=outcomes)
    assert rule_of(item) == {"rule": "match_correct", "correct": "B"}


def _text_map(entries: dict[str, str], of_each: str = "") -> str:
    return an_item(response(mapping(entries, "", of_each), "string"), template="map_response")


@pytest.mark.parametrize(
    ("item", "case", "are_sensitive"),
    [
        (_text_map({"York": "1"}, 'caseSensitive="true"'), None, [True]),
        (_text_map({"York": "1"}, 'caseSensitive="false"'), None, [False]),
        (_text_map({"York": "1", "12": "1"}), "ignored", [False, True]),
        (_text_map({"York": "1"}), "sensitive", [True]),
        (_text_map({"York": "1", "york": "0.5", "Ely": "0"}), None, [True, True, True]),
        (_text_map({"12": "1", "+": "1"}), None, [True, True]),
    ],
)
def test_capitals_matter_where_the_item_or_the_operator_says_so(
    item: str, case: CaseReading | None, are_sensitive: list[bool]
) -> None:
    entries = rule_of(item, case=case)["entries"]
    assert [entry.get("case_sensitive", True) for entry in entries] == are_sensitive


def test_capitals_that_nobody_speaks_of_are_not_guessed() -> None:
    (reason,) = reasons(_text_map({"York": "1"}))
    assert "whether capitals matter in York" in reason
    assert "--case sensitive" in reason


MAP = mapping({"A": "1"})
TEMPLATED = '<templateDeclaration identifier="T" cardinality="single" baseType="integer"/>'
OWN_PROCESSING = "<responseProcessing><exitResponse/></responseProcessing>"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (CHOICE.replace('identifier="q1"', 'identifier=" "'), "it has no identifier"),
        (CHOICE.replace('adaptive="false"', 'adaptive="true"'), "it is adaptive"),
        (an_item(TEMPLATED, response(correct("B"))), "it is a template"),
        (
            an_item(
                '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="x"/>',
                response(correct("B")),
            ),
            "it includes other files",
        ),
        (an_item(response(correct("B")), template=None), "it has no response processing"),
        (
            an_item(response(correct("B")), OWN_PROCESSING, template=None),
            "its response processing is its own",
        ),
        (
            an_item(response(correct("B")), template="match_correct_feedback"),
            "its response processing names the template http",
        ),
        (
            an_item(response(correct("B")), "<responseProcessing/>", template=None),
            "its response processing names no template",
        ),
        (an_item(), "it has no response variable"),
        (
            an_item(response(correct("B")), response(correct("C"), identifier="RESPONSE2")),
            "it has several response variables (RESPONSE, RESPONSE2)",
        ),
        (an_item(response(correct("B"), identifier="R1")), "its response variable is R1"),
        (
            an_item(response(f"<defaultValue><value>A</value></defaultValue>{correct('B')}")),
            "its response has a default value",
        ),
        (an_item(response(correct("B"), cardinality="record")), "has cardinality record"),
        (an_item(response(correct("B"), "duration")), "has base type duration"),
        (an_item(response(correct("B"), "file")), "has base type file"),
        (an_item(response("")), "it has no correct response"),
        (an_item(response("<correctResponse/>")), "it has no correct response"),
        (an_item(response(correct("A", "B"))), "several correct values for a single response"),
        (an_item(response(correct("x"), "integer")), "the correct value x is no integer"),
        (an_item(response(correct(" York"), "string")), "white space at its ends"),
        (an_item(response(correct(""), "string")), "a correct value is empty"),
        (
            an_item(response("<correctResponse><value>A<b>B</b></value></correctResponse>")),
            "its value has an element",
        ),
        (an_item(response(correct("B")), outcomes=""), "it declares no outcome SCORE"),
        (
            an_item(response(correct("B")), outcomes=SCORE.replace("float", "identifier")),
            "its outcome SCORE is no single float",
        ),
        (
            an_item(
                response(correct("B")),
                outcomes=SCORE.replace("/>", ' externalScored="human"/>'),
            ),
            "it is scored outside",
        ),
        (
            an_item(response(correct("B")), outcomes=SCORE.replace("/>", ' normalMaximum="10"/>')),
            "its normalMaximum is 10, and its response processing gives at most 1",
        ),
        (
            an_item(response(correct("B")), outcomes=SCORE + maxscore("2")),
            "its MAXSCORE is 2, and its response processing gives at most 1",
        ),
        (
            an_item(response(correct("B")), outcomes=SCORE + maxscore("NaN")),
            "its MAXSCORE is no number from 0",
        ),
        (
            an_item(response(correct("B")), template="CC2_match"),
            "its template gives MAXSCORE, which has no value",
        ),
        (
            an_item(
                response(correct("B")),
                template="CC2_match",
                outcomes=SCORE.replace(
                    "/>", "><defaultValue><value>1</value></defaultValue></outcomeDeclaration>"
                )
                + maxscore("2"),
            ),
            "its SCORE begins at another value than 0",
        ),
        (an_item(response(correct("B")), template="map_response"), "its response has no mapping"),
        (
            an_item(response("<mapping/>"), template="map_response"),
            "its response has no mapping",
        ),
        (
            an_item(response(mapping({"A": "INF"})), template="map_response"),
            "a mappedValue is no number",
        ),
        (
            an_item(response(mapping({"A": "1"}, 'defaultValue="x"')), template="map_response"),
            "a defaultValue is no number",
        ),
        (
            an_item(response(mapping({"A": "1"}, 'lowerBound="x"')), template="map_response"),
            "a lowerBound is no number",
        ),
        (
            an_item(response(mapping({"A": "1"}, 'lowerBound="1"')), template="map_response"),
            "its lowerBound is 1, and the template gives no response 0",
        ),
        (
            an_item(response(mapping({"A": "1"}, 'upperBound="-1"')), template="map_response"),
            "its upperBound is -1, and the template gives no response 0",
        ),
        (
            an_item(response(mapping({"A": "1"}, 'rounding="up"')), template="map_response"),
            "its mapping has an attribute rounding",
        ),
        (
            an_item(
                response("<mapping><mapEntry mapKey='A' mappedValue='1'/><x/></mapping>"),
                template="map_response",
            ),
            "its mapping has an element x",
        ),
        (_text_map({"": "1"}), "an entry for the empty text"),
        (_text_map({"a": "1"}, 'caseSensitive="maybe"'), "its mapping has caseSensitive maybe"),
        (
            an_item(
                response(
                    "<mapping><mapEntry mapKey='York' mappedValue='1' caseSensitive='false'/>"
                    "<mapEntry mapKey='york' mappedValue='0.5' caseSensitive='true'/></mapping>",
                    "string",
                ),
                template="map_response",
            ),
            "its mapping has york after an entry that takes it whatever its capitals",
        ),
        (
            an_item(response(mapping({"A": f"1e{70}"})), template="map_response"),
            "this number is too long",
        ),
        (
            an_item(
                response(area_mapping(("circle", "1,2,3", "1"))), template="map_response_point"
            ),
            "its template maps points, and its response has base type identifier",
        ),
        (
            an_item(response(MAP, "point"), template="map_response_point"),
            "its response has no areaMapping",
        ),
        (
            an_item(
                response(area_mapping(("circle", "1,2,50%", "1")), "point"),
                template="map_response_point",
            ),
            "the coordinates 1,2,50% are no whole numbers",
        ),
        (
            an_item(
                response(
                    area_mapping(("circle", "1,2,3", "1"), attributes='defaultValue="-1"'), "point"
                ),
                template="map_response_point",
            ),
            "missing all areas is worth something other than 0",
        ),
        (
            an_item(
                response(area_mapping(("star", "1,2,3", "1")), "point"),
                template="map_response_point",
            ),
            "shape has a value that is none of its own",
        ),
    ],
)
def test_what_cannot_be_carried_over_exactly_is_refused(
    item: str, reason: str, version: str
) -> None:
    told = reasons(item, version)
    assert len(told) == 1, told
    assert reason in told[0].replace("{http://www.imsglobal.org/xsd/imsqtiasi_v3p0}", "")


def test_every_reason_is_told_at_once() -> None:
    item = an_item(
        TEMPLATED,
        response(correct("B"), "file", "record", "R1"),
        attributes='adaptive="true"',
        template=None,
        outcomes="",
    )
    assert len(reasons(item)) == 7


def test_camel_case_in_qti_3_is_not_read_as_if_it_were_right() -> None:
    kebab = in_version(an_item(response(mapping({"A": "1"})), template="map_response"), "3.0")
    camel = kebab.replace(b"<qti-mapping", b'<qti-mapping upperBound="0"')
    read = read_qti_item(_parsed(camel), None)
    assert read == ("its mapping has an attribute upperBound (which QTI 3.0 does not have)",)


def test_attributes_that_score_nothing_are_passed_over() -> None:
    item = an_item(response(mapping({"A": "1"}, 'class="c" data-x="1"')), template="map_response")
    assert rule_of(item)["entries"] == [{"key": "A", "points": 1}]


def test_comments_do_not_break_a_value() -> None:
    content = in_version(CHOICE).replace(b"B</", b"B<!-- the right one --><?x y?></")
    read = read_qti_item(_parsed(content), None)
    assert isinstance(read, QtiItem)
    assert read.rule["correct"] == "B"


_NUMBERS = st.sampled_from(["-2", "-1", "-0.5", "0", "0.5", "1", "1.0", "2e0"])


@given(
    st.dictionaries(st.sampled_from(["A", "B", "C", "D"]), _NUMBERS, min_size=1),
    st.none() | _NUMBERS,
    st.none() | st.sampled_from(["-3", "-1", "0"]),
    st.none() | st.sampled_from(["0", "1", "3"]),
    st.sampled_from(["single", "multiple"]),
    st.lists(st.sampled_from(["A", "B", "C", "D", "E"]), max_size=4),
)
def test_a_mapping_gives_what_the_template_computes(
    entries: dict[str, str],
    default: str | None,
    lower: str | None,
    upper: str | None,
    cardinality: str,
    given_values: list[str],
) -> None:
    values = given_values[:1] if cardinality == "single" else given_values
    said = {"defaultValue": default, "lowerBound": lower, "upperBound": upper}
    attributes = " ".join(f'{name}="{text}"' for name, text in said.items() if text is not None)
    inner = response(mapping(entries, attributes), cardinality=cardinality)
    rule = rule_of(an_item(inner, template="map_response"))

    worth = {key: Fraction(text) for key, text in entries.items()}
    expected = sum((worth.get(each, Fraction(default or 0)) for each in set(values)), Fraction(0))
    expected = expected if lower is None else max(expected, Fraction(lower))
    expected = expected if upper is None else min(expected, Fraction(upper))
    assert points(rule, values) == (expected if values else 0)


def test_the_file_reads_well_and_names_its_sources(home: Home, tmp_path: Path) -> None:
    water = an_item(
        response(
            mapping({"H": "1", "O": "1", "Cl": "-1"}, 'lowerBound="0" defaultValue="-2"'),
            cardinality="multiple",
        ),
        identifier="water",
        template="map_response",
        attributes='title="Composition of &quot;water&quot;"',
    )
    first = saved(tmp_path, water, "water.xml")
    second = saved(tmp_path, an_item(response(correct("no")), identifier="Größe"), "b c.xml")
    made = imported(home, [first, second])
    hashes = [sha256(path.read_bytes()).hexdigest() for path in (first, second)]
    assert made.path == home.rubrics / "chemistry" / "1.yaml"
    assert made.path.read_text("utf-8") == (
        "# Made of QTI items by `assessment-pipeline rubric import-qti`.\n"
        "# Edit it as you like until it has scored; a change after that is a new version.\n"
        "assessment_id: chemistry\n"
        'version: "1"\n'
        "items:\n"
        f'  # water.xml, sha256:{hashes[0]}: "Composition of \\"water\\""\n'
        "  water:\n"
        "    rule: map_response\n"
        "    cardinality: multiple\n"
        "    entries:\n"
        "      - {key: H, points: 1}\n"
        "      - {key: O, points: 1}\n"
        "      - {key: Cl, points: -1}\n"
        "    default: -2\n"
        "    blank: 0\n"
        "    lower_bound: 0\n"
        f'  # "b c.xml", sha256:{hashes[1]}\n'
        '  # identifier "Größe"\n'
        "  Grosse-aedc3f80:\n"
        "    rule: match_correct\n"
        '    correct: "no"\n'
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1))
def test_any_text_of_an_item_is_read_back_from_the_yaml(text: str) -> None:
    from assessment_pipeline.core.qti_rubric import ImportedItem, rubric_of_qti

    item = QtiItem("q1", text, text, {"rule": "match_correct", "correct": text, "lists": [True]})
    content = rubric_of_qti([ImportedItem(item, text, "sha256:0")], HEADING)
    assert yaml.safe_load(content)["items"] == {
        "q1": {"rule": "match_correct", "correct": text, "lists": [True]}
    }


def test_what_is_written_loads_and_scores(home: Home, tmp_path: Path) -> None:
    made = imported(home, [saved(tmp_path, CHOICE)])
    loaded = load_version(RubricFile("chemistry", "1.yaml", made.path.read_bytes()))
    assert isinstance(loaded, RubricVersion)
    assert (made.items, made.label) == (1, "chemistry/1")
    assert loaded.rubric.maximum() == 1


def test_the_same_items_again_change_nothing(home: Home, tmp_path: Path) -> None:
    path = saved(tmp_path, CHOICE)
    first, again = imported(home, [path]), imported(home, [path])
    assert (first.was_there, again.was_there) == (False, True)
    assert first.content_hash == again.content_hash


def test_an_existing_version_is_never_overwritten(home: Home, tmp_path: Path) -> None:
    made = imported(home, [saved(tmp_path, CHOICE)])
    before = made.path.read_bytes()
    other = saved(tmp_path, an_item(response(correct("C"))), "other.xml")
    with pytest.raises(UsageError, match=r"--version 2"):
        imported(home, [other])
    assert made.path.read_bytes() == before


def test_nothing_is_written_if_one_item_cannot_be_carried_over(home: Home, tmp_path: Path) -> None:
    good = saved(tmp_path, CHOICE)
    bad = saved(tmp_path, an_item(response("")), "bad.xml")
    worse = saved(tmp_path, b"not XML", "worse.xml")
    told = refusal(home, good, bad, worse)
    assert "2 of 3 files cannot be carried over exactly" in told
    assert f"{bad}: it has no correct response" in told
    assert f"{worse}: it is not XML" in told
    assert str(good) not in told


def test_two_items_of_one_identifier_are_refused(home: Home, tmp_path: Path) -> None:
    files = saved(tmp_path, CHOICE), saved(tmp_path, CHOICE, "again.xml")
    assert "its identifier q1 is that of q1.xml too" in refusal(home, *files)


def test_a_file_that_is_not_there_is_named(home: Home, tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match=r"none\.xml"):
        imported(home, [tmp_path / "none.xml"])


def test_names_that_are_no_ids_are_refused(home: Home, tmp_path: Path) -> None:
    path = saved(tmp_path, CHOICE)
    with pytest.raises(UsageError, match="cannot be an assessment_id"):
        import_qti(home, [path], RubricHeading("../x", "1"))


def _bomb(levels: int = 12) -> bytes:
    entities = "".join(
        f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, levels)
    )
    start = f'<!DOCTYPE assessmentItem [<!ENTITY e0 "lol">{entities}]>'
    return f"{start}<assessmentItem a='&e{levels - 1};'>&e{levels - 1};</assessmentItem>".encode()


HOSTILE = {
    "an entity bomb": (_bomb(), "not XML that can be read"),
    "a quadratic blow-up": (
        b'<!DOCTYPE a [<!ENTITY q "' + b"a" * 100_000 + b'">]><a b="' + b"&q;" * 10_000 + b'"/>',
        "not XML that can be read",
    ),
    "an external entity": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "document type declaration",
    ),
    "a parameter entity": (
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]><a/>',
        "document type declaration",
    ),
    "an external DTD": (
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
        "document type declaration",
    ),
    "a DTD in UTF-16": (
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
        "document type declaration",
    ),
    "an undefined entity": (b"<a>&nbsp;</a>", "not XML that can be read"),
    "depth": (b"<a>" * 300 + b"</a>" * 300, "not XML that can be read"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="x"?><a/>', "not XML that can be read"),
    "a NUL": (b"<a>\0</a>", "not XML that can be read"),
    "nothing": (b"", "not XML that can be read"),
    "a ZIP file": (b"PK\x03\x04", "not XML that can be read"),
    "an open element": (b"<a><b></a>", "not XML that can be read"),
    "no namespace": (b"<assessmentItem/>", "its root is assessmentItem of the namespace none"),
    "QTI 2.0": (
        b'<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p0"/>',
        "not an item of QTI 2.1, 2.2 or 3.0",
    ),
    "a test": (
        b'<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"/>',
        "its root is assessmentTest",
    ),
    "names of QTI 2 in QTI 3": (
        b'<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0"/>',
        "its root is assessmentItem",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_that_are_no_item_or_mean_harm_are_refused(
    home: Home, tmp_path: Path, name: str
) -> None:
    content, reason = HOSTILE[name]
    assert reason in refusal(home, saved(tmp_path, content))


def test_a_file_that_is_too_large_is_refused_unread(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert f"larger than {MAX_BYTES >> 20} MiB" in refusal(home, path)


def test_a_folder_is_no_item(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        imported(home, [tmp_path])


def test_processing_that_is_standard_and_its_own_is_refused() -> None:
    both = processing("match_correct").replace("/>", "><exitResponse/></responseProcessing>")
    (reason,) = reasons(an_item(response(correct("B")), both, template=None))
    assert "its own" in reason
