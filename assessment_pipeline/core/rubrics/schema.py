"""The schema of a rubric file: JSON Schema (draft 2020-12) made from the models.

Holds the author's view, for editors that complete and check YAML: what may be written, not what
it is read as. A schema cannot say everything that loading refuses (a key that is no option, bounds
that cross), but it refuses nothing that loads. The committed copy is docs/rubric.schema.json; the
descriptions are `schema_texts`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, get_args

from pydantic import PlainValidator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from assessment_pipeline.core.rubrics.models import InstantField, Rubric
from assessment_pipeline.core.rubrics.schema_texts import description_of
from assessment_pipeline.core.rules import RULES, Example
from assessment_pipeline.core.rules.fields import (
    ID_PATTERN,
    Exact,
    FeatureNumber,
    Id,
    Number,
    NumberFromZero,
    Part,
    Points,
    Text,
    Wording,
)
from assessment_pipeline.core.rules.match_correct import CorrectTexts

__all__ = ["rubric_schema", "schema_text"]

_Schema: TypeAlias = dict[str, Any]

_UNSIGNED: Final = r"(0|[1-9][0-9]*)(\.[0-9]+|/[1-9][0-9]*)?"
_ZERO: Final = r"-0(\.0+|/[1-9][0-9]*)?"
_SCIENTIFIC: Final = r"\s*[+\-−]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+\-−]?[0-9]+)?\s*"
# An editor reads a plain 0.5 as a number, where the rubric's dialect reads its text: so numbers
# are allowed wherever a text is meant. `pattern` binds texts alone, `minimum` numbers alone.
_NUMBER_OR_TEXT: Final = ["string", "number"]
_VALUE: Final[_Schema] = {"type": ["string", "number", "boolean"]}


def _exact(pattern: str, **bounds: int) -> _Schema:
    return {"type": _NUMBER_OR_TEXT, "pattern": f"^({pattern})$", **bounds}


def _view(field: Any, schema: _Schema) -> tuple[Callable[..., Any], _Schema]:  # noqa: ANN401
    """Return the validator by which a field's type is known, with how an author writes it."""
    validator = next(each for each in get_args(field) if isinstance(each, PlainValidator))
    return validator.func, schema


_VIEWS: Final[Mapping[Callable[..., Any], _Schema]] = dict(
    [
        _view(Id, {"type": _NUMBER_OR_TEXT, "pattern": f"^({ID_PATTERN})$"}),
        _view(Text, _VALUE),
        _view(Wording, {"type": _NUMBER_OR_TEXT}),
        _view(Exact, _exact(f"-?{_UNSIGNED}")),
        _view(Points, _exact(f"{_ZERO}|{_UNSIGNED}", minimum=0)),
        _view(Part, _exact(f"{_ZERO}|{_UNSIGNED}", minimum=0, maximum=1)),
        _view(Number, _exact(f"-?{_UNSIGNED}|{_SCIENTIFIC}")),
        _view(NumberFromZero, _exact(f"-?{_UNSIGNED}|{_SCIENTIFIC}", minimum=0)),
        _view(
            FeatureNumber,
            {
                "type": [*_NUMBER_OR_TEXT, "boolean"],
                "pattern": f"^(-?{_UNSIGNED}|{_SCIENTIFIC})$",
            },
        ),
        _view(CorrectTexts, {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]}),
        _view(InstantField, {"type": "string", "format": "date-time"}),
    ]
)
_RESPONSE: Final[_Schema] = {
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
    ]
}
_ITEMS: Final = "items"


class _AuthorsView(GenerateJsonSchema):
    """Pydantic's generator, with every field as an author writes it."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:  # noqa: ANN401  as pydantic's own
        if schema["type"] == "function-plain":
            # A kind of field that is missing here has to be given its view first.
            return dict(_VIEWS[schema["function"]["function"]])
        return super().generate_inner(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Check every key: with a pattern for keys pydantic lets the others pass."""
        keys = self.generate_inner(schema["keys_schema"])
        values = self.generate_inner(schema["values_schema"])
        names = {"pattern": keys["pattern"]} if "pattern" in keys else {}
        return {"type": "object", "propertyNames": names, "additionalProperties": values}

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Leave out `discriminator`, which is OpenAPI's: each rule says its own name."""
        union = super().tagged_union_schema(schema)
        union.pop("discriminator", None)
        return union


def rubric_schema() -> _Schema:
    """Return the JSON Schema of a rubric file."""
    mode: JsonSchemaMode = "validation"
    made = Rubric.model_json_schema(schema_generator=_AuthorsView, mode=mode)
    definitions = made.pop("$defs")
    definitions.pop("JsonValue", None)
    definitions[Example.__name__]["properties"]["response"] = dict(_RESPONSE)
    made["properties"][_ITEMS]["minProperties"] = 1
    for name, definition in (("Rubric", made), *definitions.items()):
        _describe(name, definition)
    for rule in RULES:
        (tag,) = get_args(rule.model_fields["rule"].annotation)
        definitions[rule.__name__]["title"] = tag
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rubric version",
        **{key: value for key, value in made.items() if key != "title"},
        "$defs": definitions,
    }


def _describe(name: str, definition: _Schema) -> None:
    """Give every field its description, and take out what only repeats its name."""
    definition["description"] = _on_one_line(definition["description"])
    for field, schema in definition["properties"].items():
        schema.pop("title", None)
        if schema.get("default", ...) is None:
            # To say null is to leave it out; an editor need not offer that.
            del schema["default"]
        schema["description"] = description_of(name, field)


def _on_one_line(text: str) -> str:
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(rubric_schema(), indent=2, ensure_ascii=False) + "\n"
