"""The structure that documents are held against finds what is not in order."""

from collections.abc import Callable

import pytest
from lxml import etree

from assessment_pipeline.core.qti_results.documents import NAMESPACES, QtiVersion
from assessment_pipeline_tests.core.qti_results.published_structure import published_structure
from assessment_pipeline_tests.core.qti_results.results import an_item, written_result

KEY = {"rule": "match_correct", "correct": "B"}
VERSIONS = tuple(NAMESPACES)


def _first(root: etree._Element, name: str) -> etree._Element:
    found = next(root.iter(f"{{*}}{name}"), None)
    assert found is not None
    return found


def _remove(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = _first(root, name)
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return change


def _set(name: str, attribute: str, value: str | None) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = _first(root, name)
        if value is None:
            del element.attrib[attribute]
        else:
            element.set(attribute, value)

    return change


def _move_last(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = _first(root, name)
        parent = element.getparent()
        assert parent is not None
        parent.append(element)

    return change


def _add(name: str, child: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        namespace = "" if child.startswith("{") else f"{{{root.nsmap[None]}}}"
        etree.SubElement(_first(root, name), namespace + child)

    return change


FAULTS: dict[str, Callable[[etree._Element], None]] = {
    "no context": _remove("context"),
    "no candidateResponse": _remove("candidateResponse"),
    "context after the results": _move_last("context"),
    "testResult after the items": _move_last("testResult"),
    "correctResponse after candidateResponse": _move_last("correctResponse"),
    "correctResponse without value": lambda root: _first(root, "correctResponse").clear(),
    "no datestamp": _set("testResult", "datestamp", None),
    "no identifier": _set("itemResult", "identifier", None),
    "no sourceID": _set("sessionIdentifier", "sourceID", None),
    "no cardinality": _set("outcomeVariable", "cardinality", None),
    "a date alone": _set("testResult", "datestamp", "2026-11-20"),
    "a small z": _set("itemResult", "datestamp", "2026-11-20T09:41:07z"),
    "a leap second": _set("itemResult", "datestamp", "2016-12-31T23:59:60Z"),
    "an offset of 15 hours": _set("itemResult", "datestamp", "2026-11-20T09:41:07+15:00"),
    "another status": _set("itemResult", "sessionStatus", "done"),
    "no status": _set("itemResult", "sessionStatus", None),
    "a place that is no number": _set("itemResult", "sequenceIndex", "first"),
    "another cardinality": _set("responseVariable", "cardinality", "list"),
    "another base type": _set("responseVariable", "baseType", "decimal"),
    "a candidate with a digit first": _set("context", "sourcedId", "1c"),
    "a variable with a colon": _set("outcomeVariable", "identifier", "a:b"),
    "an unknown attribute": _set("itemResult", "score", "1"),
    "an unknown element": _add("assessmentResult", "{urn:x}other"),
    "a value of its own": _add("itemResult", "value"),
}


def _root(version: QtiVersion) -> etree._Element:
    return etree.fromstring(written_result(an_item(rule=KEY), version=version).content)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_document_as_written_has_the_structure(version: QtiVersion) -> None:
    published_structure(version).assertValid(_root(version))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(version: QtiVersion, fault: str) -> None:
    root = _root(version)
    FAULTS[fault](root)
    assert not published_structure(version).validate(root)


def test_a_document_of_one_version_is_none_of_the_other() -> None:
    assert not published_structure("3.0").validate(_root("2.2"))
    assert not published_structure("2.2").validate(_root("3.0"))


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        ("itemResult", "sessionStatus", "pendingExternalScoring"),
        ("responseVariable", "answeredStatus", "answered"),
        ("outcomeVariable", "external-scored", "human"),
    ],
)
def test_what_3_0_added_is_unknown_to_2_2(name: str, attribute: str, value: str) -> None:
    is_known_to: dict[QtiVersion, bool] = {"3.0": True, "2.2": False}
    for version, is_known in is_known_to.items():
        root = _root(version)
        _first(root, name).set(attribute, value)
        assert published_structure(version).validate(root) is is_known


@pytest.mark.parametrize(("version", "is_valid"), [("2.2", True), ("3.0", False)])
def test_only_2_2_takes_any_text_as_the_name_of_an_item(
    version: QtiVersion, is_valid: bool
) -> None:
    root = _root(version)
    _first(root, "itemResult").set("identifier", "1:a")
    assert published_structure(version).validate(root) is is_valid
