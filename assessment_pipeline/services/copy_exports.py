"""Copy a day's exports out of the home, in the form that their reader needs.

What leaves is checked on the way against what was exported, so that an altered file never leaves
the home. All files are written before any appears; the manifest, which stands beside the three CSV
files, comes after them: in the `csv` dialect they and it are byte for byte those of the home, the
`excel` dialect has a manifest of its own, which also names the one that the files were made from.
datapackage.json is last and describes every file of the export. The forms themselves are
`services.export_formats`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from assessment_pipeline.core.data_package import DATA_PACKAGE, data_package
from assessment_pipeline.core.exports import MANIFEST, ExportedFile
from assessment_pipeline.core.gradebooks import GradeAs, Take
from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.services.candidate_names import read_names
from assessment_pipeline.services.export_formats.outbox import Outbox
from assessment_pipeline.services.export_formats.parquet import write_parquet
from assessment_pipeline.services.export_formats.texts import (
    Dialect,
    write_gradebook,
    write_tables,
    write_wide,
)
from assessment_pipeline.services.export_formats.workbook import write_workbook
from assessment_pipeline.services.exported_day import ExportedDay, exported_day
from assessment_pipeline.services.folders_outside import folder_outside
from assessment_pipeline.services.indexes import ExportsIndex
from assessment_pipeline.storage.files import write_durably
from assessment_pipeline.storage.home import Home

Format: TypeAlias = Literal["csv", "parquet", "xlsx", "wide", "wide-responses", "canvas", "moodle"]
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
GRADEBOOKS: Final = frozenset[Format]({"canvas", "moodle"})
_NOT_TEXT: Final = frozenset[Format]({"parquet", "xlsx"})


@dataclass(frozen=True)
class Grading:
    """What a gradebook needs to be told."""

    names: Path | None = None
    """A CSV file with the columns candidate_id and name, from outside of the home."""
    take: Take | None = None
    """Which of several results of a candidate counts."""
    grade_as: GradeAs = "points"


@dataclass(frozen=True)
class CopiedExports:
    """What was copied, and to which folder; `files` is in the dialect's own bytes."""

    day: str
    folder: Path
    dialect: Dialect
    files: Mapping[str, ExportedFile]


def copy_exports(
    home: Home,
    day: str,
    to: Path,
    dialect: Dialect = "csv",
    formats: Iterable[Format] = ("csv",),
    *,
    grading: Grading | None = None,
) -> CopiedExports:
    """Write a day's exports, in one or more formats, to a folder outside the home.

    NothingThereError if the day has no exports or nothing that fits the formats, IntegrityError if
    a file of it was altered; nothing is replaced then.
    """
    wanted = _wanted(formats, dialect, grading)
    target = folder_outside(home, to)
    exported = exported_day(home, day)
    grading = grading or Grading()
    names = None if grading.names is None else read_names(home, grading.names)
    manifest = exported.manifest()
    with Outbox(target) as outbox:
        for each in wanted:
            _write(each, exported, outbox, dialect, grading, names)
        described = outbox.described
        if not described:
            raise NothingThereError(
                f"There is no session on {day}, so nothing to write in this form; "
                "use --format csv, or name another day."
            )
        outbox.publish()
    files = {name: file for name, (_, file) in described.items()}
    if "csv" in wanted:
        if dialect != "csv":
            tables = {name: files[name] for name in exported.index.files}
            manifest = _dialect_manifest(day, dialect, tables, exported.index)
        write_durably(target / MANIFEST, manifest)
    package = data_package(day, exported.index.content_hash, described)
    write_durably(target / DATA_PACKAGE, package)
    return CopiedExports(day, target, dialect, files)


def _write(
    form: Format,
    exported: ExportedDay,
    outbox: Outbox,
    dialect: Dialect,
    grading: Grading,
    names: Mapping[str, str] | None,
) -> None:
    match form:
        case "csv":
            write_tables(exported, outbox, dialect)
        case "parquet":
            write_parquet(exported, outbox)
        case "xlsx":
            write_workbook(exported, outbox)
        case "wide":
            write_wide(exported, outbox, dialect, "raw_score")
        case "wide-responses":
            write_wide(exported, outbox, dialect, "response")
        case "canvas" | "moodle":
            write_gradebook(
                exported,
                outbox,
                dialect,
                form,
                names=names,
                take=grading.take,
                grade_as=grading.grade_as,
            )


def _wanted(
    formats: Iterable[Format], dialect: Dialect, grading: Grading | None
) -> tuple[Format, ...]:
    """Return the formats, each once and in one order; UsageError if what is asked for clashes."""
    if dialect not in DIALECTS:
        raise UsageError(f"There is no dialect {dialect}; choose one of {', '.join(DIALECTS)}.")
    asked = set(formats)
    if not asked <= set(FORMATS):
        unknown = ", ".join(sorted(asked - set(FORMATS)))
        raise UsageError(f"There is no format {unknown}; choose among {', '.join(FORMATS)}.")
    if dialect == "excel" and asked <= _NOT_TEXT:
        raise UsageError("--dialect excel is for CSV files; leave it out, or add --format csv.")
    if grading is not None and not asked & GRADEBOOKS:
        raise UsageError(
            "--names, --take and --grade are for gradebooks; add --format canvas or moodle."
        )
    return tuple(form for form in FORMATS if form in asked)


def _dialect_manifest(
    day: str, dialect: Dialect, files: Mapping[str, ExportedFile], index: ExportsIndex
) -> bytes:
    described: dict[str, Json] = {
        name: {"bytes": file.bytes, "rows": file.rows, "sha256": file.sha256}
        for name, file in files.items()
    }
    source: dict[str, Json] = {
        "content_hash": index.content_hash,
        "manifest_sha256": index.manifest_sha256,
    }
    return canonical_json(
        {"delivery_date": day, "dialect": dialect, "files": described, "source": source}
    )
