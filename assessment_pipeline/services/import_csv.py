"""Import a table of answers: a CSV file becomes a delivery file of a day.

The same table, assessment and time give the same bytes under the same name, so importing again
changes nothing. Names that are no ids are mapped (`core.fitting_ids`), and the map is written
beside the table that was given, readable by its owner alone: it may hold people's names, which
have no place in a home, and a delivery folder holds deliveries only.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from assessment_pipeline.core.answer_matrix import MappedId, MatrixDelivery, read_answer_matrix
from assessment_pipeline.core.exports import csv_cell
from assessment_pipeline.core.fitting_ids import require_id
from assessment_pipeline.core.hashing import HASH_PREFIX, hash_bytes
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.deliver import deliver_bytes
from assessment_pipeline.services.given_files import read_given
from assessment_pipeline.services.import_notes import notes_on
from assessment_pipeline.storage.files import read_file, write_durably
from assessment_pipeline.storage.home import Home, parse_day

# A file's name has at most 255 bytes; what makes it one of a kind is its hash.
_NAME_CHARACTERS: Final = 200
_HASH_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class ImportedMatrix:
    """What an import did."""

    name: str
    """The delivery file, in the folder of the day."""
    day: str
    candidates: int
    items: int
    empty_cells: int
    mapped_ids: int
    id_map: Path | None
    """Where the map of ids is; None if every name was an id."""
    notes: tuple[str, ...]
    """What may not be meant so, a sentence each."""
    was_there: bool
    """Whether the same delivery was there before."""


class _SessionName(msgspec.Struct, frozen=True):
    session_id: str


def import_csv(
    home: Home,
    matrix: Path,
    assessment_id: str,
    *,
    day: str,
    id_column: str | None = None,
    submitted_at: str | None = None,
    list_separator: str | None = None,
    reads_decimal_commas: bool = False,
) -> ImportedMatrix:
    """Deliver a table of answers, a candidate a row and an item a column.

    Args:
        home: where to deliver.
        matrix: the CSV file.
        assessment_id: what the candidates took.
        day: the delivery date.
        id_column: the column that names the candidates; the first one if not given.
        submitted_at: when they handed it in; the beginning of the day in UTC if not given.
        list_separator: cells that hold it are lists, split there; none are if not given.
        reads_decimal_commas: whether `3,14` as a whole cell becomes `3.14`.

    Raises:
        NothingThereError: the file does not exist.
        UsageError: it is no such table, or the day has other answers of its candidates.
    """
    require_id(assessment_id, "an assessment_id")
    parse_day(day)
    time = _time(submitted_at, day)
    delivery = read_answer_matrix(
        read_given(matrix),
        matrix.name,
        assessment_id=assessment_id,
        submitted_at=time,
        id_column=id_column,
        list_separator=list_separator or None,
        reads_decimal_commas=reads_decimal_commas,
    )
    stem = _stem(assessment_id, hash_bytes(delivery.content))
    _refuse_other_answers(home.delivery_folder(day), assessment_id, delivery)
    # First, so that there is never a delivery whose map is missing.
    id_map = _write_id_map(matrix.parent / f"{stem}.ids.csv", delivery.mapped_ids)
    delivered = deliver_bytes(home, f"{stem}.jsonl", delivery.content, day)
    return ImportedMatrix(
        name=delivered.names[0],
        day=day,
        candidates=delivery.candidates,
        items=len(delivery.item_ids),
        empty_cells=delivery.empty_cells,
        mapped_ids=len(delivery.mapped_ids),
        id_map=id_map,
        notes=tuple(notes_on(delivery, home, matrix.name, assessment_id, parse_instant(time))),
        was_there=bool(delivered.was_there),
    )


def _time(submitted_at: str | None, day: str) -> str:
    if submitted_at is None:
        return f"{day}T00:00:00Z"
    try:
        parse_instant(submitted_at)
    except ValueError as error:
        raise UsageError(
            f"{submitted_at!r} is no time of submission: {error}. "
            f"Write it like {day}T09:00:00Z or {day}T09:00:00+01:00."
        ) from None
    return submitted_at


def _stem(assessment_id: str, content_hash: str) -> str:
    digits = content_hash.removeprefix(HASH_PREFIX)[:_HASH_DIGITS]
    return f"{assessment_id[:_NAME_CHARACTERS]}-{digits}"


def _refuse_other_answers(folder: Path, assessment_id: str, delivery: MatrixDelivery) -> None:
    """Refuse what capture could only quarantine: other answers of a session of the same day."""
    if not folder.is_dir():
        return
    is_import = re.compile(
        re.escape(assessment_id[:_NAME_CHARACTERS]) + rf"-[0-9a-f]{{{_HASH_DIGITS}}}\.jsonl"
    ).fullmatch
    new = {_session_id(line): line for line in delivery.content.splitlines()}
    for path in sorted(folder.iterdir()):
        if not is_import(path.name) or path.is_symlink() or not path.is_file():
            continue
        differing = sum(
            new.get(_session_id(line), line) != line for line in read_file(path).splitlines()
        )
        if differing:
            raise UsageError(
                f"{path} has other answers of {differing} of these candidates, and within a day "
                "the first ones stand. Import the corrected table under a later date, or, if "
                "that day was never scored, remove that file and import again."
            )


def _session_id(line: bytes) -> str | None:
    try:
        return msgspec.json.decode(line, type=_SessionName).session_id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _write_id_map(path: Path, mapped_ids: tuple[MappedId, ...]) -> Path | None:
    if not mapped_ids:
        return None
    rows = [MappedId._fields, *mapped_ids]
    content = "".join(",".join(map(csv_cell, row)) + "\n" for row in rows).encode()
    if not path.is_file() or read_file(path) != content:
        write_durably(path, content)
    return path
