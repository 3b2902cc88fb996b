"""Builders of QTI items for tests, written after the public samples: small, in every version.

An item is written in the names of QTI 2; `in_version` writes it in those of 2.1, 2.2 or 3.0.
"""

import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

VERSIONS = ("2.1", "2.2", "3.0")
_NAMESPACES = {
    "2.1": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "2.2": "http://www.imsglobal.org/xsd/imsqti_v2p2",
    "3.0": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
_TEMPLATES = {
    "2.1": "http://www.imsglobal.org/question/qti_v2p1/rptemplates/",
    "2.2": "http://www.imsglobal.org/question/qti_v2p2/rptemplates/",
    "3.0": "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/",
}
SCORE = '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
BODY = '<itemBody><p id="x">Seen by <b>candidates</b> alone.</p></itemBody>'


def maxscore(value: str) -> str:
    """Return the outcome that says what full credit is worth."""
    return (
        '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float">'
        f"<defaultValue><value>{value}</value></defaultValue></outcomeDeclaration>"
    )


def correct(*values: str) -> str:
    """Return a correct response."""
    written = "".join(f"<value>{escape(value)}</value>" for value in values)
    return f"<correctResponse>{written}</correctResponse>"


def mapping(entries: dict[str, str], attributes: str = "", of_each: str = "") -> str:
    """Return a mapping of values to points."""
    written = "".join(
        f'<mapEntry mapKey={quoteattr(key)} mappedValue="{points}" {of_each}/>'
        for key, points in entries.items()
    )
    return f"<mapping {attributes}>{written}</mapping>"


def area_mapping(*areas: tuple[str, str, str], attributes: str = "") -> str:
    """Return an area mapping of shapes with coordinates to points."""
    written = "".join(
        f'<areaMapEntry shape="{shape}" coords="{coords}" mappedValue="{points}"/>'
        for shape, coords, points in areas
    )
    return f"<areaMapping {attributes}>{written}</areaMapping>"


def response(
    inner: str,
    base_type: str = "identifier",
    cardinality: str = "single",
    identifier: str = "RESPONSE",
) -> str:
    """Return the declaration of a response."""
    return (
        f'<responseDeclaration identifier="{identifier}" cardinality="{cardinality}" '
        f'baseType="{base_type}">{inner}</responseDeclaration>'
    )


def processing(template: str) -> str:
    """Return response processing by a standard template."""
    return f'<responseProcessing template="TEMPLATES{template}"/>'


def an_item(
    *parts: str,
    identifier: str = "q1",
    template: str | None = "match_correct",
    outcomes: str = SCORE,
    attributes: str = 'title="" adaptive="false" timeDependent="false"',
) -> str:
    """Return an item with the names of QTI 2, in no version yet."""
    after = "" if template is None else processing(template)
    return (
        f"<assessmentItem identifier={quoteattr(identifier)} {attributes}>"
        f"{''.join(parts)}{outcomes}{BODY}{after}</assessmentItem>"
    )


def in_version(item: str, version: str = "2.2") -> bytes:
    """Write an item as a file of a version."""
    root = etree.fromstring(item.replace("TEMPLATES", _TEMPLATES[version]))
    written = etree.Element(
        etree.QName(_NAMESPACES[version], _name(str(root.tag), version)),
        nsmap={None: _NAMESPACES[version]},
    )
    _copy(root, written, version)
    return etree.tostring(written, xml_declaration=True, encoding="UTF-8")


def saved(folder: Path, item: str | bytes, name: str = "q1.xml", version: str = "2.2") -> Path:
    """Save an item as a file."""
    path = folder / name
    path.write_bytes(item if isinstance(item, bytes) else in_version(item, version))
    return path


def _copy(source: Any, target: Any, version: str) -> None:  # noqa: ANN401  elements
    target.text, target.tail = source.text, source.tail
    for key, value in source.attrib.items():
        target.set(_kebab(key) if version == "3.0" else key, value)
    for child in source:
        is_foreign = child.tag.startswith("{")
        name = child.tag if is_foreign else f"{{{_NAMESPACES[version]}}}{_name(child.tag, version)}"
        _copy(child, etree.SubElement(target, name), version)


def _name(tag: str, version: str) -> str:
    is_html = tag in ("p", "b")
    return tag if is_html or version != "3.0" else f"qti-{_kebab(tag)}"


def _kebab(name: str) -> str:
    return re.sub("[A-Z]", lambda match: f"-{match[0].lower()}", name)
