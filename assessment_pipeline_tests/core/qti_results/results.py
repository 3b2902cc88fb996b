"""Results for tests: scorecards and evidence to write, and documents read back.

Reading is done by the standard library, and knows nothing of how documents are written; lxml only
validates.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET  # our own documents, and nothing else

import msgspec
from lxml import etree

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.qti_results.documents import (
    ItemEvidence,
    QtiVersion,
    assessment_result,
)
from assessment_pipeline.core.rules import parse_item
from assessment_pipeline.core.scorecards import Scorecard, SubscoreCard

DAY = "2026-11-20"


def a_card(**fields: object) -> Scorecard:
    """Return a complete scorecard."""
    card = Scorecard(
        assessment_id="maths",
        attempt=2,
        candidate_id="c1",
        engine_version="1",
        evidence=[],
        feature_version="1",
        max_score="3",
        output_hash="sha256:" + "aa" * 32,
        percent="66.67",
        performance_level="meets",
        raw_score="2",
        raw_score_exact="2",
        response_snapshot_id="sha256:" + "bb" * 32,
        rubric_version="1",
        scale_score="250",
        score_run_id="sha256:" + "cc" * 32,
        session_id="s1",
        status="complete",
        submitted_at="2026-11-20T09:41:07Z",
        subscores=[],
        supersedes=None,
    )
    return msgspec.structs.replace(card, **fields)


def a_subscore(dimension: str) -> SubscoreCard:
    """Return the points of a dimension."""
    return SubscoreCard(dimension, "0.333333", "1/3", "1", "33.33")


def an_item(
    response: object = "B",
    rule: Mapping[str, object] | None = None,
    duration_ms: int | None = None,
    **fields: object,
) -> ItemEvidence:
    """Return the evidence of an item, judged by a rule if one is given."""
    written: dict[str, object] = {
        "explanation": "Right: 1 of 1.",
        "item_id": "q01",
        "item_status": "scored",
        "max_score": "1",
        "raw_score": "1",
        "response": response,
        "response_state": "answered",
        "rubric_version": "1",
        "rule": "match_correct",
        "trace": {},
        "weight": "1",
        **fields,
    }
    evaluation = msgspec.json.decode(json.dumps(written), type=Evaluation)
    item = None if rule is None else parse_item(dict(rule))  # type: ignore[arg-type]
    return ItemEvidence(evaluation, duration_ms, item)


def written_result(
    *items: ItemEvidence, version: QtiVersion = "3.0", **fields: object
) -> "ReadResult":
    """Return a result, written and read again."""
    return ReadResult(assessment_result(a_card(**fields), DAY, items, version))


@dataclass(frozen=True)
class ReadVariable:
    """A variable as a reader sees it."""

    cardinality: str
    base_type: str
    values: tuple[str, ...]
    correct: tuple[str, ...] = ()


class ReadPart:
    """A testResult or an itemResult as a reader sees it."""

    def __init__(self, element: ET.Element) -> None:
        """Read the variables of an element."""
        self.attributes = element.attrib
        self.variables: dict[str, ReadVariable] = {}
        for variable in element:
            identifier = variable.attrib["identifier"]
            assert identifier not in self.variables
            of_candidate = variable.find("{*}candidateResponse")
            correct = variable.find("{*}correctResponse")
            self.variables[identifier] = ReadVariable(
                variable.attrib["cardinality"],
                variable.attrib["baseType"],
                _values(variable if of_candidate is None else of_candidate),
                () if correct is None else _values(correct),
            )

    def value(self, identifier: str) -> str | None:
        """Return the one value of a variable; None if it has none, or is not there."""
        variable = self.variables.get(identifier)
        if variable is None or not variable.values:
            return None
        (value,) = variable.values
        return value


class ReadResult:
    """A document as a reader sees it."""

    def __init__(self, content: bytes) -> None:
        """Read a document."""
        self.content = content
        root = ET.fromstring(content)  # noqa: S314  our own document
        context, *parts = root
        self.namespace = root.tag.partition("}")[0][1:]
        self.context = context.attrib
        self.sessions = [dict(session.attrib) for session in context]
        self.test, *self.items = map(ReadPart, parts)

    def tree(self) -> etree._Element:
        """Return the document for validating."""
        return etree.fromstring(self.content)

    @property
    def item(self) -> ReadPart:
        """Return the one item."""
        (item,) = self.items
        return item


def _values(element: ET.Element) -> tuple[str, ...]:
    return tuple(value.text or "" for value in element.findall("{*}value"))
