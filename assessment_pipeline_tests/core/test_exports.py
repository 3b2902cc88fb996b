"""Exports: the bytes of the CSV files and of the manifest."""

import csv
import io
import json

import msgspec
import pytest

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.exports import (
    COLUMNS,
    EVIDENCE,
    SCORECARDS,
    SUBSCORES,
    ChunkRows,
    ExportedFile,
    csv_cell,
    files_hash,
    header,
    manifest,
    response_text,
)
from assessment_pipeline.core.hashing import canonical_json, content_hash
from assessment_pipeline.core.scorecards import Scorecard, SubscoreCard
from assessment_pipeline.core.versions import (
    ENGINE_VERSION,
    EXPORT_VERSION,
    FEATURE_VERSION,
    READER_VERSION,
)

DAY = "2026-11-20"
FILE = ExportedFile(bytes=12, rows=1, sha256="sha256:" + "ab" * 32)


def an_evaluation(**fields: object) -> Evaluation:
    written: dict[str, object] = {
        "explanation": "Right: 1 of 1.",
        "item_id": "q01",
        "item_status": "scored",
        "max_score": "1",
        "raw_score": "1",
        "response": "B",
        "response_state": "answered",
        "rubric_version": "1",
        "rule": "match_correct",
        "trace": {},
        "weight": "1",
        **fields,
    }
    return msgspec.json.decode(json.dumps(written), type=Evaluation)


def a_card(**fields: object) -> Scorecard:
    card = Scorecard(
        assessment_id="maths",
        attempt=2,
        candidate_id="c1",
        engine_version="1",
        evidence=[(0, 250)],
        feature_version="1",
        max_score="3",
        output_hash="sha256:out",
        percent="66.67",
        performance_level="meets",
        raw_score="2",
        raw_score_exact="2",
        response_snapshot_id="sha256:snapshot",
        rubric_version="1",
        scale_score="300",
        score_run_id="sha256:run",
        session_id="s1",
        status="complete",
        submitted_at="2026-11-20T09:41:07+01:00",
        subscores=[SubscoreCard("cps", "0.333333", "1/3", "2", "16.67")],
        supersedes=None,
    )
    return msgspec.structs.replace(card, **fields)


def rows_of(content: bytes, name: str) -> list[dict[str, str]]:
    table = io.StringIO((header(name) + content).decode(), newline="")
    return list(csv.DictReader(table, strict=True))


def evidence_of(**fields: object) -> dict[str, str]:
    rows = ChunkRows(DAY, [an_evaluation(**fields)])
    (row,) = rows_of(rows.evidence(a_card()), EVIDENCE)
    return row


def test_headers_are_those_of_the_contract() -> None:
    assert header(SCORECARDS) == (
        b"delivery_date,assessment_id,session_id,attempt,candidate_id,submitted_at,status,"
        b"raw_score,raw_score_exact,max_score,percent,scale_score,performance_level,"
        b"rubric_version,feature_version,engine_version,response_snapshot_id,supersedes,"
        b"score_run_id,output_hash\n"
    )
    assert header(SUBSCORES) == (
        b"delivery_date,assessment_id,session_id,attempt,candidate_id,dimension,raw_score,"
        b"raw_score_exact,max_score,percent\n"
    )
    assert header(EVIDENCE) == (
        b"delivery_date,assessment_id,session_id,attempt,candidate_id,item_id,item_status,"
        b"response_state,response,rule,rubric_version,raw_score,raw_score_exact,max_score,weight,"
        b"duration_ms,explanation,score_run_id\n"
    )


def test_a_scorecard_s_row_has_every_field_in_its_column() -> None:
    (row,) = rows_of(ChunkRows(DAY, []).scorecard(a_card()), SCORECARDS)

    assert row == {
        "delivery_date": DAY,
        "assessment_id": "maths",
        "session_id": "s1",
        "attempt": "2",
        "candidate_id": "c1",
        "submitted_at": "2026-11-20T09:41:07+01:00",
        "status": "complete",
        "raw_score": "2",
        "raw_score_exact": "2",
        "max_score": "3",
        "percent": "66.67",
        "scale_score": "300",
        "performance_level": "meets",
        "rubric_version": "1",
        "feature_version": "1",
        "engine_version": "1",
        "response_snapshot_id": "sha256:snapshot",
        "supersedes": "",
        "score_run_id": "sha256:run",
        "output_hash": "sha256:out",
    }


def test_a_performance_level_with_a_comma_stays_one_cell() -> None:
    card = a_card(performance_level='good, "very"\r')

    (row,) = rows_of(ChunkRows(DAY, []).scorecard(card), SCORECARDS)

    assert row["performance_level"] == 'good, "very"\r'


def test_subscores_have_a_row_a_dimension() -> None:
    (row,) = rows_of(ChunkRows(DAY, []).subscores(a_card()), SUBSCORES)

    assert row == {
        "delivery_date": DAY,
        "assessment_id": "maths",
        "session_id": "s1",
        "attempt": "2",
        "candidate_id": "c1",
        "dimension": "cps",
        "raw_score": "0.333333",
        "raw_score_exact": "1/3",
        "max_score": "2",
        "percent": "16.67",
    }


def test_evidence_has_every_field_in_its_column() -> None:
    assert evidence_of(raw_score="1/3", weight="0.5") == {
        "delivery_date": DAY,
        "assessment_id": "maths",
        "session_id": "s1",
        "attempt": "2",
        "candidate_id": "c1",
        "item_id": "q01",
        "item_status": "scored",
        "response_state": "answered",
        "response": "B",
        "rule": "match_correct",
        "rubric_version": "1",
        "raw_score": "0.333333",
        "raw_score_exact": "1/3",
        "max_score": "1",
        "weight": "0.5",
        "duration_ms": "250",
        "explanation": "Right: 1 of 1.",
        "score_run_id": "sha256:run",
    }


def test_an_item_without_points_has_empty_cells_and_no_zero() -> None:
    row = evidence_of(raw_score=None, max_score=None, weight=None, rule=None, rubric_version=None)

    for column in ("raw_score", "raw_score_exact", "max_score", "weight", "rule", "rubric_version"):
        assert row[column] == ""


def test_an_item_without_a_duration_has_an_empty_cell() -> None:
    rows = ChunkRows(DAY, [an_evaluation()])

    (row,) = rows_of(rows.evidence(a_card(evidence=[(0, None)])), EVIDENCE)

    assert row["duration_ms"] == ""


def test_evidence_rows_follow_the_order_of_the_links() -> None:
    rows = ChunkRows(DAY, [an_evaluation(item_id="q2"), an_evaluation(item_id="q1")])
    card = a_card(evidence=[(1, None), (0, 7), (1, 8)])

    found = rows_of(rows.evidence(card), EVIDENCE)

    assert [(row["item_id"], row["duration_ms"]) for row in found] == [
        ("q1", ""),
        ("q2", "7"),
        ("q1", "8"),
    ]


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ('"B"', "B"),
        ('" padded "', " padded "),
        ('["A","C"]', '["A","C"]'),
        ('["",""]', '["",""]'),
        ("3.14", "3.14"),
        ("-0.0", "-0.0"),
        ("1e+22", "1e+22"),
        ("true", "true"),
        ("null", ""),
        ('""', ""),
        ('" \\t\\n"', ""),
        ("[]", ""),
        ('"ŷ"', "ŷ"),
        ('["ŷ"]', '["ŷ"]'),
    ],
)
def test_a_response_is_its_text_or_canonical_json_or_nothing(response: str, text: str) -> None:
    assert response_text(response.encode()) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a,b", '"a,b"'),
        ('5" pipe', '"5"" pipe"'),
        ("two\nlines", '"two\nlines"'),
        ("lone\rreturn", '"lone\rreturn"'),
        ("crlf\r\n", '"crlf\r\n"'),
        ("line\u2028separator", "line\u2028separator"),
        ("semi;colon", "semi;colon"),
        (" blank ", " blank "),
        ("=1+1", "=1+1"),
    ],
)
def test_a_cell_is_quoted_only_where_rfc_4180_needs_it(text: str, cell: str) -> None:
    assert csv_cell(text) == cell


@pytest.mark.parametrize(
    "response",
    ["a\rb", "a\nb", 'say "no"', "a,b", "a\u2028b", "a\u0085b", "\r", '"', "a\r\nb", "\x0c"],
)
def test_a_response_comes_back_as_it_was_given(response: str) -> None:
    assert evidence_of(response=response)["response"] == ("" if not response.strip() else response)


def test_every_row_ends_in_lf_alone() -> None:
    rows = ChunkRows(DAY, [an_evaluation()])
    card = a_card()

    for row in (rows.scorecard(card), rows.subscores(card), rows.evidence(card)):
        assert row.endswith(b"\n")
        assert row.count(b"\n") == 1
        assert b"\r" not in row


def test_a_manifest_names_files_inputs_and_versions_and_no_time_or_path() -> None:
    content = manifest(DAY, {SCORECARDS: FILE}, {"rubrics": ["sha256:r"]})

    assert json.loads(content) == {
        "delivery_date": DAY,
        "files": {SCORECARDS: {"bytes": 12, "rows": 1, "sha256": FILE.sha256}},
        "inputs": {"rubrics": ["sha256:r"]},
        "versions": {
            "engine_version": ENGINE_VERSION,
            "export_version": EXPORT_VERSION,
            "feature_version": FEATURE_VERSION,
            "reader_version": READER_VERSION,
        },
    }
    assert canonical_json(json.loads(content)) == content


def test_the_hash_of_exports_is_that_of_the_manifest_s_files() -> None:
    files = {SCORECARDS: FILE, EVIDENCE: FILE}

    assert files_hash(files) == content_hash(json.loads(manifest(DAY, files, {}))["files"])


def test_the_columns_of_all_three_files_are_fixed() -> None:
    assert sorted(COLUMNS) == [EVIDENCE, SCORECARDS, SUBSCORES]
