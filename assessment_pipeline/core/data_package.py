"""The data package: what the files of an export are, as Frictionless describes tables.

Pure. Data Package and Table Schema, version 1 (https://specs.frictionlessdata.io), which tools for
version 2 read as well; what a column means comes from `columns`. No time and no place is in it, so
that the same export has the same bytes everywhere.
"""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from assessment_pipeline.core.columns import EVIDENCE, SCORECARDS, SUBSCORES, Column
from assessment_pipeline.core.exports import ExportedFile
from assessment_pipeline.core.hashing import Json

DATA_PACKAGE: Final = "datapackage.json"

_SESSION: Final = ("delivery_date", "session_id", "attempt")
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    SCORECARDS: _SESSION,
    SUBSCORES: (*_SESSION, "dimension"),
    EVIDENCE: (*_SESSION, "item_id"),
}
_TITLES: Final[Mapping[str, str]] = {
    SCORECARDS: "Scorecards: a row a session",
    SUBSCORES: "Subscores: a row a session and dimension",
    EVIDENCE: "Evidence: a row a session and item",
}


class TableShape(NamedTuple):
    """What is known of a table's rows."""

    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    is_part_of: str | None = None
    """The path of the scorecards that every row belongs to, if they are in the package too."""


class Described(NamedTuple):
    """One file of a package; without a table it is a file like any other."""

    title: str
    format: str
    media_type: str
    table: TableShape | None = None


def exported_table(name: str, columns: tuple[Column, ...]) -> Described:
    """Describe one of our CSV files."""
    parent = None if name == SCORECARDS else SCORECARDS
    return csv_table(_TITLES[name], TableShape(columns, _KEYS[name], parent))


def wide_table(title: str, columns: tuple[Column, ...]) -> Described:
    """Describe a wide table: a row a session."""
    return csv_table(title, TableShape(columns, _SESSION))


def csv_table(title: str, table: TableShape) -> Described:
    """Describe any other table in a CSV file."""
    return Described(title, "csv", "text/csv", table)


def data_package(
    delivery_date: str,
    content_hash: str,
    files: Mapping[str, tuple[Described, ExportedFile]],
) -> bytes:
    """Return datapackage.json for files that lie beside it."""
    package: dict[str, Json] = {
        "profile": "data-package",
        "name": f"assessment-scores-{delivery_date}",
        "title": f"Assessment scores of {delivery_date}",
        "description": "Points are exact; percent and level stand only where a result is complete.",
        "delivery_date": delivery_date,
        "content_hash": content_hash,
        "resources": [
            _resource(path, described, file) for path, (described, file) in files.items()
        ],
    }
    return json.dumps(package, ensure_ascii=False, indent=2).encode() + b"\n"


def _resource(path: str, described: Described, file: ExportedFile) -> dict[str, Json]:
    resource: dict[str, Json] = {
        "name": _resource_name(path),
        "path": path,
        "title": described.title,
        "format": described.format,
        "mediatype": described.media_type,
        "bytes": file.bytes,
        "hash": file.sha256,
    }
    if described.table is None:
        # Not of version 1: it tells frictionless to hash the file and to look for no rows in it.
        return {**resource, "profile": "data-resource", "type": "file"}
    return {
        **resource,
        "profile": "tabular-data-resource",
        "type": "table",
        "rows": file.rows,
        "encoding": "utf-8",
        "dialect": {
            "delimiter": ",",
            "doubleQuote": True,
            "header": True,
            "lineTerminator": "\n",
            "quoteChar": '"',
            "skipInitialSpace": False,
        },
        "schema": _schema(described.table),
    }


def _resource_name(path: str) -> str:
    return path.removesuffix(".csv")


def _schema(table: TableShape) -> dict[str, Json]:
    schema: dict[str, Json] = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
    }
    if table.primary_key:
        schema["primaryKey"] = list(table.primary_key)
    if table.is_part_of is not None:
        session = list[Json](_SESSION)
        reference: Json = {"resource": _resource_name(table.is_part_of), "fields": session}
        schema["foreignKeys"] = [{"fields": session, "reference": reference}]
    return schema


def _field(column: Column) -> dict[str, Json]:
    field: dict[str, Json] = {
        "name": column.name,
        "type": column.type,
        "description": column.meaning,
    }
    if column.type == "datetime":
        # RFC 3339 as delivered, with its own offset; the default form knows UTC alone.
        field["format"] = "any"
    if column.is_required:
        field["constraints"] = {"required": True}
    return field
