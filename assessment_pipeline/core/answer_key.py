"""Answer keys: a table with an item a row, as a rubric version.

Pure. The columns are item_id and key, and optionally rule, points and dimension, in any order;
`|` stands between several keys of an item. The rules that a table can say, and what they make of
several keys:

- match_correct (where no rule is given): one is the correct answer; several are correct
  together, in any order (cardinality multiple)
- numeric: the number, exactly; any of several
- text: the text, whatever its case and spacing; any of several
- constant: `points` for every response; it takes no key
- full_credit: points for everyone; void: the item does not count. A key may stay, unused

What else a rubric can say is said in its YAML, which is written to be edited: in a fixed order,
with quotes wherever another reader of YAML could take a text for something else.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from assessment_pipeline.core.csv_tables import Table, TableRow, read_table
from assessment_pipeline.core.fitting_ids import item_id_for, tidied
from assessment_pipeline.core.points import exact_text, parse_exact
from assessment_pipeline.core.responses import parse_number
from assessment_pipeline.errors import UsageError

KEY_SEPARATOR: Final = "|"
COLUMNS: Final = ("item_id", "key", "rule", "points", "dimension")
RULES: Final = ("match_correct", "numeric", "text", "constant", "full_credit", "void")
_REQUIRED: Final = ("item_id", "key")
_PLAIN: Final = re.compile("[A-Za-z_][A-Za-z0-9_-]*(?:[.][A-Za-z0-9_-]+)*")
_NOT_PLAIN: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_FIRST_ASTRAL: Final = 0x10000
_COMMENT: Final = (
    "# Made of an answer key by `assessment-pipeline rubric from-csv`.\n"
    "# Edit it as you like until it has scored; a change after that is a new version.\n"
)


@dataclass(frozen=True, slots=True)
class RubricHeading:
    """What a rubric version says besides its items."""

    assessment_id: str
    version: str
    valid_from: str | None = None
    replaces: str | None = None
    reason: str | None = None

    def lines(self) -> Iterator[str]:
        """Yield its lines of YAML."""
        for name in ("assessment_id", "version", "valid_from", "replaces", "reason"):
            text = getattr(self, name)
            if text is not None:
                yield f"{name}: {quoted_yaml(text)}\n"


@dataclass(frozen=True, slots=True)
class KeyedRubric:
    """A rubric version made of an answer key."""

    content: bytes
    """YAML, in the dialect of rubrics."""
    items: int


@dataclass(slots=True)
class _Dimension:
    title: str
    items: list[str] = field(default_factory=list)


def read_answer_key(content: bytes, name: str, heading: RubricHeading) -> KeyedRubric:
    """Make a rubric version of the bytes of a CSV file.

    Raises:
        UsageError: it is no answer key; the message names the line and the remedy.
    """
    table = read_table(content, name)
    places = _places(table)
    items: dict[str, str] = {}
    lines: dict[str, int] = {}
    dimensions: dict[str, _Dimension] = {}
    for row in table.rows:
        cells = {
            column: row.cells[place].strip() if place < len(row.cells) else ""
            for column, place in places.items()
        }
        title = tidied(cells["item_id"])
        if not title:
            raise table.refuse(row.line, "the row names no item. Fill in item_id, or remove it.")
        item_id = item_id_for(title)
        if item_id in items:
            raise table.refuse(
                row.line,
                f"the item of line {lines[item_id]} is here again. Keep one row for each; "
                f"several keys of an item stand in one cell, with {KEY_SEPARATOR} between them.",
            )
        lines[item_id] = row.line
        items[item_id] = _item_lines(item_id, title, _rule(table, row, cells))
        if cells.get("dimension"):
            name_of_dimension = tidied(cells["dimension"])
            dimension = dimensions.setdefault(
                item_id_for(name_of_dimension), _Dimension(name_of_dimension)
            )
            dimension.items.append(item_id)
    if not items:
        raise UsageError(f"{name} has no rows: below the header, each row is an item.")
    text = "".join(
        [_COMMENT, *heading.lines(), *_dimension_lines(dimensions), "items:\n", *items.values()]
    )
    return KeyedRubric(text.encode(), len(items))


def quoted_yaml(text: str) -> str:
    r"""Return a text as a YAML scalar that every reader of YAML takes for that text.

    >>> quoted_yaml("q01"), quoted_yaml("no"), quoted_yaml('5" \x85')
    ('q01', '"no"', '"5\\" \\u0085"')
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_PLAIN:
        return text
    # JSON strings are YAML; what does not print is escaped, so that no reader breaks a line there.
    return "".join(
        character if character.isprintable() else _escaped(ord(character))
        for character in json.dumps(text, ensure_ascii=False)
    )


def _escaped(code: int) -> str:
    # YAML writes a character beyond the first 65,536 in one escape, JSON in two.
    return f"\\u{code:04x}" if code < _FIRST_ASTRAL else f"\\U{code:08x}"


def _places(table: Table) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(table.header.cells):
        name = tidied(cell).lower()
        if name not in COLUMNS:
            raise table.refuse(
                table.header.line,
                f"column {place + 1} is none of {', '.join(COLUMNS)}. Rename or remove it.",
            )
        if name in places:
            raise table.refuse(
                table.header.line, f"there are two columns {name}. Remove one of them."
            )
        places[name] = place
    for name in _REQUIRED:
        if name not in places:
            raise table.refuse(
                table.header.line,
                f"there is no column {name}. An answer key has item_id and key, "
                "and optionally rule, points and dimension.",
            )
    return places


def _rule(table: Table, row: TableRow, cells: dict[str, str]) -> str:
    """Return an item's rule as a YAML mapping."""
    rule = cells.get("rule") or RULES[0]
    if rule not in RULES:
        raise table.refuse(
            row.line,
            f"the rule is none of {', '.join(RULES)}. Use one of them, "
            "or write this item in the rubric's YAML.",
        )
    fields = [f"rule: {rule}", *_key_fields(table, row, rule, cells["key"])]
    points = _points(table, row, cells.get("points", ""))
    if rule == "constant" and points is None:
        raise table.refuse(row.line, "a constant item needs points. Give them in that column.")
    if points is not None and rule != "void":
        fields.append(f"points: {points}")
    return f"{{{', '.join(fields)}}}"


def _key_fields(table: Table, row: TableRow, rule: str, cell: str) -> Iterator[str]:
    if rule in ("full_credit", "void"):
        return
    keys = [key.strip() for key in cell.split(KEY_SEPARATOR) if key.strip()]
    if rule == "constant":
        if keys:
            raise table.refuse(row.line, "a constant item has no key. Empty its cell.")
        return
    if not keys:
        raise table.refuse(
            row.line, "the item has no key. Give one, or the rule void if it shall not count."
        )
    texts = [quoted_yaml(key) for key in keys]
    match rule:
        case "match_correct" if len(keys) == 1:
            yield f"correct: {texts[0]}"
        case "match_correct":
            yield f"correct: [{', '.join(texts)}]"
            yield "cardinality: multiple"
        case "numeric":
            if any(parse_number(key) is None for key in keys):
                raise table.refuse(
                    row.line,
                    "a numeric item's key is no number. Write it with a decimal point, "
                    "without units or spaces.",
                )
            yield f"answers: [{', '.join(f'{{value: {text}}}' for text in texts)}]"
        case _:
            yield f"answers: [{', '.join(f'{{text: {text}}}' for text in texts)}]"
            yield "normalise: [trim, collapse_whitespace, casefold]"


def _points(table: Table, row: TableRow, cell: str) -> str | None:
    if not cell:
        return None
    try:
        points = parse_exact(cell)
    except ValueError:
        points = None
    if points is None or points < 0:
        raise table.refuse(
            row.line,
            "the points are no number from 0 on. Write an integer, a plain decimal such as 0.5, "
            "or a fraction such as 1/3.",
        )
    text = exact_text(points)
    return text if points.denominator == 1 else quoted_yaml(text)


def _item_lines(item_id: str, title: str, rule: str) -> str:
    comment = "" if item_id == title else f"  # {quoted_yaml(title)}\n"
    return f"{comment}  {quoted_yaml(item_id)}: {rule}\n"


def _dimension_lines(dimensions: dict[str, _Dimension]) -> Iterator[str]:
    if dimensions:
        yield "dimensions:\n"
    for name, dimension in dimensions.items():
        title = "" if name == dimension.title else f"title: {quoted_yaml(dimension.title)}, "
        items = ", ".join(map(quoted_yaml, dimension.items))
        yield f"  {quoted_yaml(name)}: {{{title}items: [{items}]}}\n"
