"""QTI maps: the mapping or area mapping of a response, as the fields of a map rule.

Pure. The templates give no response 0, bounds or not; what a rule would give it has to agree.
"""

from fractions import Fraction
from typing import Final

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.qti_elements import QtiElement
from assessment_pipeline.core.qti_refusals import Reasons, refuse_unknown
from assessment_pipeline.core.responses import parse_number

_MAP_ATTRIBUTES: Final = ("defaultValue", "lowerBound", "upperBound")
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_LARGEST_INTEGER: Final = 2**63 - 1
_ZERO: Final = Fraction(0)


def points_json(points: Fraction) -> Json:
    """Return points as a rubric writes them: whole ones as an integer, if YAML has it."""
    is_integer = points.denominator == 1 and abs(points) <= _LARGEST_INTEGER
    return int(points) if is_integer else exact_text(points)


class MapReader:
    """Reads the maps of one response declaration."""

    def __init__(
        self,
        declaration: QtiElement,
        base_type: str,
        unsaid_case: str | None,
        reasons: Reasons,
    ) -> None:
        """Begin; reasons why the map cannot be carried over are added to `reasons`."""
        self._declaration = declaration
        self._base_type = base_type
        self._unsaid_case = unsaid_case
        self._reasons = reasons

    def values(self) -> dict[str, Json]:
        """Return the mapping as fields of map_response."""
        mapping = self._map("mapping", "mapEntry")
        if mapping is None:
            return {}
        elements = list(mapping.all("mapEntry"))
        are_sensitive = self._case_readings(elements)
        entries: list[dict[str, Json]] = []
        for element, is_sensitive in zip(elements, are_sensitive, strict=True):
            refuse_unknown(element, ("mapKey", "mappedValue", "caseSensitive"), self._reasons)
            key = element.attributes.get("mapKey", "")
            if self._base_type != "string":
                key = " ".join(key.split())
            worth = self._number(element, "mappedValue", "mappedValue") or _ZERO
            if not key and worth:
                self._reasons.append(
                    "its mapping has an entry for the empty text, and the template gives no "
                    "response 0"
                )
            entry: dict[str, Json] = {"key": key, "points": points_json(worth)}
            entries.append(entry if is_sensitive else {**entry, "case_sensitive": False})
        self._refuse_order(entries)
        default, bounds = self._default(mapping), self._bounds(mapping)
        fields: dict[str, Json] = {"entries": [*entries]}
        if default:
            # Nothing is worth 0 in the template, whatever other values are worth.
            fields |= {"default": points_json(default), "blank": 0}
        return fields | bounds

    def points(self) -> dict[str, Json]:
        """Return the area mapping as fields of map_response_point."""
        if self._base_type != "point":
            self._reasons.append(
                f"its template maps points, and its response has base type {self._base_type}"
            )
            return {}
        mapping = self._map("areaMapping", "areaMapEntry")
        if mapping is None:
            return {}
        areas: list[Json] = []
        for element in mapping.all("areaMapEntry"):
            refuse_unknown(element, ("shape", "coords", "mappedValue"), self._reasons)
            worth = self._number(element, "mappedValue", "mappedValue") or _ZERO
            areas.append(
                {
                    "shape": element.attributes.get("shape", ""),
                    "coords": self._coordinates(element.attributes.get("coords", "")),
                    "points": points_json(worth),
                }
            )
        if self._default(mapping):
            self._reasons.append(
                "missing all areas is worth something other than 0, which the rule would also give "
                "no response"
            )
        return {"areas": areas, **self._bounds(mapping)}

    def _map(self, name: str, entry: str) -> QtiElement | None:
        mapping = self._declaration.first(name)
        if mapping is None or mapping.first(entry) is None:
            self._reasons.append(f"its response has no {name}, which its template reads")
            return None
        refuse_unknown(mapping, _MAP_ATTRIBUTES, self._reasons, children=entry)
        return mapping

    def _number(self, element: QtiElement, attribute: str, name: str) -> Fraction | None:
        text = element.attributes.get(attribute)
        number = None if text is None else parse_number(text)
        if number is None:
            self._reasons.append(f"a {name} is no number")
        return number

    def _default(self, mapping: QtiElement) -> Fraction:
        if "defaultValue" not in mapping.attributes:
            return _ZERO
        return self._number(mapping, "defaultValue", "defaultValue") or _ZERO

    def _bounds(self, mapping: QtiElement) -> dict[str, Json]:
        bounds: dict[str, Json] = {}
        for attribute, field in (("lowerBound", "lower_bound"), ("upperBound", "upper_bound")):
            if attribute not in mapping.attributes:
                continue
            bound = self._number(mapping, attribute, attribute)
            if bound is None:
                continue
            bounds[field] = points_json(bound)
            if (bound > 0) if field == "lower_bound" else (bound < 0):
                self._reasons.append(
                    f"its {attribute} is {exact_text(bound)}, and the template gives no response 0 "
                    "all the same"
                )
        return bounds

    def _coordinates(self, text: str) -> list[Json]:
        coordinates: list[Json] = []
        for part in text.split(",") if text.strip() else ():
            number = parse_number(part)
            if number is None or number.denominator != 1:
                self._reasons.append(f"the coordinates {text} are no whole numbers")
                return []
            coordinates.append(int(number))
        return coordinates

    def _case_readings(self, elements: list[QtiElement]) -> list[bool]:
        """Return of each entry whether capitals matter in it; they do in texts alone."""
        if self._base_type != "string":
            return [True] * len(elements)
        said = [element.attributes.get("caseSensitive", "").strip() for element in elements]
        keys = [element.attributes.get("mapKey", "") for element in elements]
        unsaid = [key for key, text in zip(keys, said, strict=True) if not text]
        # York and york beside each other can only be meant as two texts.
        are_apart = len({key.casefold() for key in unsaid}) < len(set(unsaid))
        readings = []
        for key, text in zip(keys, said, strict=True):
            reading = _BOOLEANS.get(text)
            if text and reading is None:
                self._reasons.append(f"its mapping has caseSensitive {text}")
            elif not text and self._unsaid_case is None and not are_apart and _has_case(key):
                self._reasons.append(
                    f"its mapping does not say whether capitals matter in {key}, and engines "
                    "differ: add caseSensitive, or use --case sensitive or --case ignored"
                )
            elif not text:
                reading = self._unsaid_case != "ignored" or not _has_case(key)
            readings.append(reading is not False)
        return readings

    def _refuse_order(self, entries: list[dict[str, Json]]) -> None:
        """Refuse entries whose order decides; in a rule capitals that match go first."""
        loose: dict[str, Json] = {}
        for entry in entries:
            key, points = str(entry["key"]).casefold(), entry["points"]
            if entry.get("case_sensitive") is False:
                loose.setdefault(key, points)
            elif key in loose and loose[key] != points:
                self._reasons.append(
                    f"its mapping has {entry['key']} after an entry that takes it whatever its "
                    "capitals, and engines differ in which of them counts"
                )


def _has_case(text: str) -> bool:
    return text.casefold() != text or text.upper() != text
