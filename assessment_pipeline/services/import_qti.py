"""Make a rubric version of QTI items: XML files become a YAML file of the home.

Holds the parsing of XML that others made, which may mean harm: no network, no files, no DTD, no
entities, bounded size and depth. What an item means is `core.qti_items`; writing the version is
`new_rubric_version`. All or nothing: if one item cannot be carried over, nothing is written and
every reason is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import etree

from assessment_pipeline.core.answer_key import RubricHeading
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.qti_elements import (
    NAMESPACES,
    ROOT,
    QtiElement,
    attribute_name,
    element_name,
)
from assessment_pipeline.core.qti_items import CaseReading, QtiItem, read_qti_item
from assessment_pipeline.core.qti_rubric import ImportedItem, rubric_of_qti
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.given_files import read_given, require_file
from assessment_pipeline.services.new_rubric_version import (
    NewRubricVersion,
    checked_heading,
    write_rubric_version,
)
from assessment_pipeline.storage.home import Home

MAX_BYTES: Final = 8 * 1024 * 1024
# What candidates see; nothing in it decides a score, and it can be large.
_NOT_READ: Final = (
    "itemBody",
    "modalFeedback",
    "stylesheet",
    "catalogInfo",
    "companionMaterialsInfo",
)


class _RefusedError(Exception):
    """A file that is no QTI item; never leaves this module."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    path: Path
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"  {self.path}: {'; '.join(self.reasons)}"


def import_qti(
    home: Home,
    files: Sequence[Path],
    heading: RubricHeading,
    *,
    unsaid_case: CaseReading | None = None,
) -> NewRubricVersion:
    """Write QTI items as a rubric version, in the order given.

    Args:
        home: where to write it.
        files: the XML files, an item each.
        heading: what the version says besides its items.
        unsaid_case: how a text of a mapping is meant that says nothing of capitals.

    Raises:
        NothingThereError: a file does not exist.
        UsageError: an item cannot be carried over exactly, or the version is there with other
            content.
        RubricError: loading would refuse it.
    """
    checked_heading(heading)
    for path in files:
        require_file(path)
    imported: dict[str, ImportedItem] = {}
    refusals: list[_Refusal] = []
    for path in files:
        read = _read(path, unsaid_case)
        if isinstance(read, _Refusal):
            refusals.append(read)
            continue
        first = imported.setdefault(read.item.item_id, read)
        if first is not read:
            reason = f"its identifier {read.item.identifier} is that of {first.file} too"
            refusals.append(_Refusal(path, (reason,)))
    if refusals:
        raise _nothing_imported(len(files), refusals)
    return write_rubric_version(home, heading, rubric_of_qti(imported.values(), heading))


def _nothing_imported(files: int, refusals: Sequence[_Refusal]) -> UsageError:
    told = "\n".join(str(refusal) for refusal in refusals)
    which = f"{len(refusals)} of {files} files" if files > 1 else "the file"
    return UsageError(
        f"Nothing was imported, since {which} cannot be carried over exactly:\n{told}\n"
        "Leave these out and write their items in the rubric's YAML, or change the items."
    )


def _read(path: Path, unsaid_case: CaseReading | None) -> ImportedItem | _Refusal:
    if path.stat().st_size > MAX_BYTES:
        return _Refusal(path, (f"the file is larger than {MAX_BYTES >> 20} MiB",))
    content = read_given(path)
    try:
        item = read_qti_item(_parsed(content), unsaid_case)
    except _RefusedError as refused:
        return _Refusal(path, (str(refused),))
    if isinstance(item, QtiItem):
        return ImportedItem(item, path.name, hash_bytes(content))
    return _Refusal(path, item)


def _parsed(content: bytes) -> QtiElement:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise _RefusedError(f"it is not XML that can be read: {error.msg}") from None
    if root.getroottree().docinfo.doctype:
        raise _RefusedError("it has a document type declaration (DTD), which no item needs")
    namespace = etree.QName(root).namespace or ""
    element = _element(root, namespace)
    if namespace not in NAMESPACES or element.name != ROOT:
        raise _RefusedError(
            f"its root is {etree.QName(root).localname} of the namespace {namespace or 'none'}, "
            "not an item of QTI 2.1, 2.2 or 3.0"
        )
    return element


def _element(element: etree._Element, item_namespace: str) -> QtiElement:
    attributes = {
        attribute_name(str(key), item_namespace): str(value)
        for key, value in element.attrib.items()
        # Attributes of other namespaces say where schemas are, or which language it is.
        if not str(key).startswith("{")
    }
    children = [each for each in element if _name(each, item_namespace) not in _NOT_READ]
    return QtiElement(
        _name(element, item_namespace),
        attributes,
        "".join(_texts(element)),
        tuple(_element(each, item_namespace) for each in children),
    )


def _name(element: etree._Element, item_namespace: str) -> str:
    name = etree.QName(element)
    return element_name(name.namespace, name.localname, item_namespace)


def _texts(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield child.tail or ""
