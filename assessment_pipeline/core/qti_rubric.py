"""QTI rubrics: items that were carried over, as the YAML of a rubric version.

Pure. The YAML is written to be read and edited, like that of an answer key: above each item stands
the file that it comes from, with its hash.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from assessment_pipeline.core.answer_key import RubricHeading, quoted_yaml
from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.qti_items import QtiItem

_COMMENT: Final = (
    "# Made of QTI items by `assessment-pipeline rubric import-qti`.\n"
    "# Edit it as you like until it has scored; a change after that is a new version.\n"
)


@dataclass(frozen=True, slots=True)
class ImportedItem:
    """An item with the file that it comes from."""

    item: QtiItem
    file: str
    """The file's name, without its folder."""
    sha256: str
    """The hash of its bytes, `sha256:<hex>`."""


def rubric_of_qti(items: Iterable[ImportedItem], heading: RubricHeading) -> bytes:
    """Return the YAML of a rubric version."""
    lines = [line for item in items for line in _item_lines(item)]
    return "".join([_COMMENT, *heading.lines(), "items:\n", *lines]).encode()


def _item_lines(imported: ImportedItem) -> Iterator[str]:
    item = imported.item
    title = f": {quoted_yaml(item.title)}" if item.title.strip() else ""
    yield f"  # {quoted_yaml(imported.file)}, {imported.sha256}{title}\n"
    if item.item_id != item.identifier:
        yield f"  # identifier {quoted_yaml(item.identifier)}\n"
    yield f"  {quoted_yaml(item.item_id)}:\n"
    for name, value in item.rule.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"    {name}:\n"
            yield from (f"      - {_flow(each)}\n" for each in value)
        else:
            yield f"    {name}: {_flow(value)}\n"


def _flow(value: Json) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_flow(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted_yaml(value) if isinstance(value, str) else str(value)
