"""Refusals of QTI items: the one form in which the readers of QTI say why not."""

from collections.abc import Collection
from typing import TypeAlias

from assessment_pipeline.core.qti_elements import QtiElement

Reasons: TypeAlias = list[str]
"""Why an item cannot be carried over, each a clause about it; empty as long as it can."""

_HARMLESS = ("class", "id", "label")


def refuse_unknown(
    element: QtiElement, attributes: Collection[str], reasons: Reasons, children: str = ""
) -> None:
    """Refuse what an element has beyond what is read of it, since it may change the score."""
    for name in element.attributes:
        if name not in attributes and name not in _HARMLESS and not name.startswith("data"):
            reasons.append(f"its {element.name} has an attribute {name}")
    for child in element.children:
        if child.name != children:
            reasons.append(f"its {element.name} has an element {child.name}")
