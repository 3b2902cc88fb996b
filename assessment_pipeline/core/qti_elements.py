"""QTI elements: what matters of a parsed QTI item, with the names of all its versions as one.

Holds the names and namespaces of QTI 2.1, 2.2 and 3.0 and nothing of what they mean; 3.0 writes
`qti-map-entry` and `map-key` for `mapEntry` and `mapKey`. Parsing XML is `services.import_qti`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

NAMESPACES: Final[Mapping[str, str]] = {
    "http://www.imsglobal.org/xsd/imsqti_v2p1": "2.1",
    "http://www.imsglobal.org/xsd/imsqti_v2p2": "2.2",
    "http://www.imsglobal.org/xsd/imsqtiasi_v3p0": "3.0",
}
ROOT: Final = "assessmentItem"
_PREFIX: Final = "qti-"


@dataclass(frozen=True, slots=True)
class QtiElement:
    """An element with the names of QTI 2; one of another namespace is named `{namespace}name`."""

    name: str
    attributes: Mapping[str, str]
    text: str
    """All text directly in it."""
    children: tuple["QtiElement", ...] = ()

    def all(self, name: str) -> Iterator["QtiElement"]:
        """Yield the children of a name."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> "QtiElement | None":
        """Return the first child of a name; None if there is none."""
        return next(self.all(name), None)


def element_name(namespace: str | None, name: str, item_namespace: str) -> str:
    """Return the name of an element in QTI 2.

    >>> item = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
    >>> element_name(item, "qti-map-entry", item), element_name(item, "mapEntry", item)
    ('mapEntry', '{http://www.imsglobal.org/xsd/imsqtiasi_v3p0}mapEntry')
    """
    if namespace == item_namespace:
        if NAMESPACES.get(item_namespace) != "3.0":
            return name
        if name.startswith(_PREFIX):
            return _camel_case(name.removeprefix(_PREFIX))
    return f"{{{namespace or ''}}}{name}"


def attribute_name(name: str, item_namespace: str) -> str:
    """Return the name of an attribute in QTI 2; one that its version does not have stays apart.

    >>> attribute_name("map-key", "http://www.imsglobal.org/xsd/imsqtiasi_v3p0")
    'mapKey'
    """
    if NAMESPACES.get(item_namespace) != "3.0":
        return name
    return _camel_case(name) if name == name.lower() else f"{name} (which QTI 3.0 does not have)"


def _camel_case(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(other[:1].upper() + other[1:] for other in others)
