"""Documents: one scorecard and its evidence as the bytes of an `assessmentResult`.

The element names are those of QTI 2.2 in both versions: 3.0 did not hyphenate its results. Nothing
here reads a clock, and attributes and elements come in one order, so the same scorecard gives the
same bytes. Nothing unfinished looks final: unless the scorecard is complete, SCORE and MAXSCORE of
the test have no value, and what there is so far is named PROVISIONAL_.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, TypeAlias

import msgspec
from lxml import etree

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.points import decimal_text, exact_text, read_exact
from assessment_pipeline.core.qti_results.datestamps import datestamp
from assessment_pipeline.core.qti_results.identifiers import ncname
from assessment_pipeline.core.qti_results.texts import exact_json, held_text, is_held_exactly
from assessment_pipeline.core.qti_results.values import QtiBaseType, typed_response
from assessment_pipeline.core.responses import ResponseValue
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.scorecards import Scorecard, SubscoreCard

QtiVersion: TypeAlias = Literal["2.2", "3.0"]

NAMESPACES: Final[Mapping[QtiVersion, str]] = {
    "2.2": "http://www.imsglobal.org/xsd/imsqti_result_v2p2",
    "3.0": "http://www.imsglobal.org/xsd/imsqti_result_v3p0",
}
SCHEMAS: Final[Mapping[QtiVersion, str]] = {
    "2.2": "http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_result_v2p2.xsd",
    "3.0": "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_resultv3p0_v1p0.xsd",
}
SESSION_SOURCE: Final = "urn:assessment-pipeline:session_id"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_DECIDED: Final = frozenset({"scored", "scored_missing", "voided", "excluded"})
_PENDING: Final[Mapping[QtiVersion, str]] = {
    "2.2": "pendingResponseProcessing",
    "3.0": "pendingExternalScoring",
}


@dataclass(frozen=True, slots=True)
class ItemEvidence:
    """What one item came to, the time it took, and the rule that judged it, if there is one."""

    evaluation: Evaluation
    duration_ms: int | None
    rule: ItemRule | None


def assessment_result(
    card: Scorecard, delivery_date: str, items: Iterable[ItemEvidence], version: QtiVersion
) -> bytes:
    """Return a scorecard as an `assessmentResult` document.

    Args:
        card: the scorecard.
        delivery_date: the day that it was delivered for.
        items: its evidence, in item_id order.
        version: which QTI to write.

    Raises:
        ValueError: the scorecard has no time of submission, without which there is no datestamp.
    """
    if card.submitted_at is None:
        raise ValueError("a result needs the time of its submission")
    document = _Document(version, datestamp(card.submitted_at))
    document.add_context(card)
    document.add_test_result(card, delivery_date)
    for number, item in enumerate(items, start=1):
        document.add_item_result(number, item)
    return document.content()


class _Document:
    """An `assessmentResult` being built; its parts are added in the order of the schema."""

    def __init__(self, version: QtiVersion, stamp: str) -> None:
        self._version = version
        self._stamp = stamp
        self._namespace = f"{{{NAMESPACES[version]}}}"
        self._root = etree.Element(
            f"{self._namespace}assessmentResult",
            {f"{{{_XSI}}}schemaLocation": f"{NAMESPACES[version]} {SCHEMAS[version]}"},
            nsmap={None: NAMESPACES[version], "xsi": _XSI},
        )

    def content(self) -> bytes:
        """Return the document's bytes."""
        return etree.tostring(self._root, encoding="UTF-8", xml_declaration=True, pretty_print=True)

    def add_context(self, card: Scorecard) -> None:
        """Add whose result this is, and of which session."""
        context = self._add(self._root, "context", {"sourcedId": ncname(card.candidate_id)})
        session = {"sourceID": SESSION_SOURCE, "identifier": self._name(card.session_id)}
        self._add(context, "sessionIdentifier", session)

    def add_test_result(self, card: Scorecard, delivery_date: str) -> None:
        """Add what the session as a whole came to."""
        test = self._add(
            self._root,
            "testResult",
            {"identifier": self._name(card.assessment_id), "datestamp": self._stamp},
        )
        self._outcome(test, "SCORECARD_STATUS", "string", card.status)
        prefix = ""
        if card.status != "complete":
            prefix = "PROVISIONAL_"
            self._outcome(test, "SCORE", "float", None)
            self._outcome(test, "MAXSCORE", "float", None)
        self._known_outcomes(
            test,
            (f"{prefix}SCORE", "float", card.raw_score),
            (f"{prefix}SCORE_EXACT", "string", card.raw_score_exact),
            (f"{prefix}MAXSCORE", "float", card.max_score),
            ("PERCENT", "float", card.percent),
            ("PERFORMANCE_LEVEL", "string", card.performance_level),
            ("SCALE_SCORE", "float", _decimal(card.scale_score)),
            ("SCALE_SCORE_EXACT", "string", card.scale_score),
        )
        self._add_subscores(test, card.subscores, prefix)
        self._known_outcomes(
            test,
            ("ATTEMPT", "integer", str(card.attempt)),
            ("DELIVERY_DATE", "string", delivery_date),
            ("SUBMITTED_AT", "string", card.submitted_at),
            ("RUBRIC_VERSION", "string", card.rubric_version),
            ("FEATURE_VERSION", "string", card.feature_version),
            ("ENGINE_VERSION", "string", card.engine_version),
            ("RESPONSE_SNAPSHOT_ID", "string", card.response_snapshot_id),
            ("SUPERSEDES", "string", card.supersedes),
            ("SCORE_RUN_ID", "string", card.score_run_id),
            ("OUTPUT_HASH", "string", card.output_hash),
        )

    def _add_subscores(
        self, test: etree._Element, subscores: Sequence[SubscoreCard], prefix: str
    ) -> None:
        # The dimension comes last, after a sign that the names before it do not have.
        for each in subscores:
            self._known_outcomes(
                test,
                (ncname(f"{prefix}SUBSCORE-{each.dimension}"), "float", each.raw_score),
                (
                    ncname(f"{prefix}SUBSCORE_EXACT-{each.dimension}"),
                    "string",
                    each.raw_score_exact,
                ),
                (ncname(f"{prefix}SUBSCORE_MAXSCORE-{each.dimension}"), "float", each.max_score),
                (ncname(f"SUBSCORE_PERCENT-{each.dimension}"), "float", each.percent),
            )

    def add_item_result(self, number: int, item: ItemEvidence) -> None:
        """Add what one item came to."""
        evaluation = item.evaluation
        result = self._add(
            self._root,
            "itemResult",
            {
                "identifier": self._name(evaluation.item_id),
                "sequenceIndex": str(number),
                "datestamp": self._stamp,
                "sessionStatus": self._session_status(evaluation.item_status),
            },
        )
        self._add_duration(result, item.duration_ms)
        self._add_response(result, item)
        self._outcome(result, "SCORE", "float", _decimal(evaluation.raw_score))
        self._outcome(result, "MAXSCORE", "float", _decimal(evaluation.max_score))
        self._known_outcomes(
            result,
            ("SCORE_EXACT", "string", evaluation.raw_score),
            ("MAXSCORE_EXACT", "string", evaluation.max_score),
            ("WEIGHT_EXACT", "string", evaluation.weight),
            ("ITEM_STATUS", "string", evaluation.item_status),
            ("RESPONSE_STATE", "string", evaluation.response_state),
            ("RULE", "string", evaluation.rule),
            ("RUBRIC_VERSION", "string", evaluation.rubric_version),
            ("EXPLANATION", "string", evaluation.explanation),
        )

    def _session_status(self, item_status: str) -> str:
        if item_status in _DECIDED:
            return "final"
        is_rated = item_status == "pending_ratings"
        return _PENDING[self._version] if is_rated else "pendingResponseProcessing"

    def _add_duration(self, result: etree._Element, duration_ms: int | None) -> None:
        if duration_ms is None:
            return
        if duration_ms < 0:
            # No time at all, as QTI has it; kept as it was delivered.
            self._outcome(result, "DURATION_MS", "integer", str(duration_ms))
            return
        seconds = exact_text(Fraction(duration_ms, 1000))
        variable = self._variable(result, "responseVariable", "duration", "duration")
        self._add_values(self._add(variable, "candidateResponse"), (seconds,))

    def _add_response(self, result: etree._Element, item: ItemEvidence) -> None:
        value = _value(item.evaluation)
        typed = typed_response(value, item.rule)
        variable = self._variable(
            result, "responseVariable", "RESPONSE", typed.base_type, typed.cardinality
        )
        if typed.correct:
            self._add_values(self._add(variable, "correctResponse"), typed.correct)
        self._add_values(self._add(variable, "candidateResponse"), typed.values)
        if not all(map(is_held_exactly, typed.values)):
            exact = self._variable(result, "responseVariable", "RESPONSE_JSON", "string")
            self._add_values(self._add(exact, "candidateResponse"), (exact_json(value),))

    def _known_outcomes(
        self, parent: etree._Element, *outcomes: tuple[str, QtiBaseType, str | None]
    ) -> None:
        for identifier, base_type, value in outcomes:
            if value is not None:
                self._outcome(parent, identifier, base_type, value)

    def _outcome(
        self, parent: etree._Element, identifier: str, base_type: QtiBaseType, value: str | None
    ) -> None:
        variable = self._variable(parent, "outcomeVariable", identifier, base_type)
        if value is None:
            return
        self._add_values(variable, (value,))
        if not is_held_exactly(value):
            exact = self._variable(parent, "outcomeVariable", f"{identifier}_JSON", "string")
            self._add_values(exact, (exact_json(value),))

    def _variable(
        self,
        parent: etree._Element,
        kind: str,
        identifier: str,
        base_type: QtiBaseType,
        cardinality: str = "single",
    ) -> etree._Element:
        return self._add(
            parent,
            kind,
            {"identifier": identifier, "cardinality": cardinality, "baseType": base_type},
        )

    def _add_values(self, parent: etree._Element, values: Iterable[str]) -> None:
        for value in values:
            self._add(parent, "value").text = held_text(value)

    def _add(
        self, parent: etree._Element, name: str, attributes: Mapping[str, str] | None = None
    ) -> etree._Element:
        return etree.SubElement(parent, self._namespace + name, dict(attributes or {}))

    def _name(self, identifier: str) -> str:
        # 2.2 types the identifiers of tests, items and sessions as texts, 3.0 as NCNames.
        return identifier if self._version == "2.2" else ncname(identifier)


def _value(evaluation: Evaluation) -> ResponseValue:
    value = msgspec.json.decode(evaluation.response)
    return tuple(value) if isinstance(value, list) else value


def _decimal(exact: str | None) -> str | None:
    return None if exact is None else decimal_text(read_exact(exact))
