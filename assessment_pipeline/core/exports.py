"""CSV exports: scorecards, subscores and evidence as bytes that never differ for the same input.

Pure. RFC 4180, UTF-8 without BOM, LF, header row. Written by hand because Python 3.11's
csv.writer leaves a lone CR unquoted when lines end in LF, and because most cells of the evidence
repeat: a response's cells are rendered once per distinct evaluation of a chunk.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from assessment_pipeline.core import columns
from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.core.hashing import Json, canonical_json, content_hash
from assessment_pipeline.core.points import decimal_text, read_exact
from assessment_pipeline.core.responses import is_blank
from assessment_pipeline.core.scorecards import Scorecard
from assessment_pipeline.core.versions import (
    ENGINE_VERSION,
    EXPORT_VERSION,
    FEATURE_VERSION,
    READER_VERSION,
)

SCORECARDS: Final = columns.SCORECARDS
SUBSCORES: Final = columns.SUBSCORES
EVIDENCE: Final = columns.EVIDENCE
MANIFEST: Final = "manifest.json"

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    table: tuple(column.name for column in described) for table, described in columns.TABLES.items()
}

_QUOTE: Final = ord('"')
_encode = msgspec.json.Encoder().encode
_decode_text = msgspec.json.Decoder(str).decode
_NEEDS_QUOTES_BESIDE_COMMAS = re.compile('["\r\n]').search
_NEEDS_QUOTES = re.compile('[,"\r\n]')


def csv_cell(text: str) -> str:
    """Return a text as one CSV cell, in quotes only where RFC 4180 needs them.

    >>> csv_cell('5" pipe'), csv_cell("plain"), csv_cell("")
    ('"5"" pipe"', 'plain', '')
    """
    if _NEEDS_QUOTES.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def header(name: str) -> bytes:
    """Return the header row of an export."""
    return (",".join(COLUMNS[name]) + "\n").encode()


class ChunkRows:
    """Renders the rows of one chunk of scorecards; chunks and rows come in export order."""

    def __init__(self, delivery_date: str, evaluations: Iterable[Evaluation]) -> None:
        """Render for a day, with the evaluations that the chunk's scorecards refer to."""
        self._date = delivery_date
        pairs = [_evaluation_cells(evaluation) for evaluation in evaluations]
        self._before = [before for before, _ in pairs]
        self._after = [after for _, after in pairs]

    def _prefix(self, card: Scorecard) -> str:
        return (
            f"{self._date},{card.assessment_id},{card.session_id},{card.attempt},"
            f"{card.candidate_id},"
        )

    def scorecard(self, card: Scorecard) -> bytes:
        """Return the row of scorecards.csv."""
        cells = (
            card.submitted_at,
            card.status,
            card.raw_score,
            card.raw_score_exact,
            card.max_score,
            card.percent,
            card.scale_score,
            card.performance_level,
            card.rubric_version,
            card.feature_version,
            card.engine_version,
            card.response_snapshot_id,
            card.supersedes,
            card.score_run_id,
            card.output_hash,
        )
        return (self._prefix(card) + _row(cells)).encode()

    def subscores(self, card: Scorecard) -> bytes:
        """Return the rows of subscores.csv, in dimension order."""
        prefix = self._prefix(card)
        return "".join([prefix + _row(subscore) for subscore in card.subscores]).encode()

    def evidence(self, card: Scorecard) -> bytes:
        """Return the rows of evidence.csv, in item_id order."""
        if not card.evidence:
            return b""
        prefix = self._prefix(card).encode()
        numbers, times = zip(*card.evidence, strict=True)
        # The cells of all rows one after another: before the duration, it, after it, row end.
        cells = [b",%b\n%b" % (card.score_run_id.encode(), prefix)] * (4 * len(numbers))
        cells[0::4] = map(self._before.__getitem__, numbers)
        cells[1::4] = _encode(times)[1:-1].replace(b"null", b"").split(b",")
        cells[2::4] = map(self._after.__getitem__, numbers)
        return (prefix + b"".join(cells))[: -len(prefix)]


def _row(cells: Sequence[str | None]) -> str:
    row = ",".join([cell or "" for cell in cells])
    if row.count(",") != len(cells) - 1 or _NEEDS_QUOTES_BESIDE_COMMAS(row):
        row = ",".join([csv_cell(cell or "") for cell in cells])
    return row + "\n"


def _evaluation_cells(evaluation: Evaluation) -> tuple[bytes, bytes]:
    """Return the cells before and after the duration."""
    exact = evaluation.raw_score
    # Ids, names and numbers: only the response and the explanation can need quotes.
    cells = (
        evaluation.item_id,
        evaluation.item_status,
        evaluation.response_state,
        csv_cell(response_text(bytes(evaluation.response))),
        evaluation.rule or "",
        evaluation.rubric_version or "",
        _decimal_cell(exact),
        exact or "",
        _decimal_cell(evaluation.max_score),
        evaluation.weight or "",
    )
    before, after = (*cells, ""), ("", csv_cell(evaluation.explanation))
    return ",".join(before).encode(), ",".join(after).encode()


@lru_cache(maxsize=4096)
def _decimal_cell(exact: str | None) -> str:
    return "" if exact is None else decimal_text(read_exact(exact))


def response_text(raw: bytes) -> str:
    """Return a response as the evidence shows it.

    The text itself; lists, numbers and booleans as canonical JSON; nothing for no response.
    """
    if raw[0] == _QUOTE:
        text: str = _decode_text(raw)
        return text if text.strip() else ""
    value = msgspec.json.decode(raw)
    if is_blank(tuple(value) if isinstance(value, list) else value):
        return ""
    return raw.decode()


class ExportedFile(msgspec.Struct, frozen=True):
    """What the manifest says of one file."""

    bytes: int
    rows: int
    sha256: str


def files_hash(files: Mapping[str, ExportedFile]) -> str:
    """Return the content hash of the manifest's `files`."""
    return content_hash(_files_object(files))


def manifest(
    delivery_date: str, files: Mapping[str, ExportedFile], inputs: Mapping[str, Json]
) -> bytes:
    """Return manifest.json: what was exported, from which content, by which versions."""
    return canonical_json(
        {
            "delivery_date": delivery_date,
            "files": _files_object(files),
            "inputs": dict(inputs),
            "versions": {
                "engine_version": ENGINE_VERSION,
                "export_version": EXPORT_VERSION,
                "feature_version": FEATURE_VERSION,
                "reader_version": READER_VERSION,
            },
        }
    )


def _files_object(files: Mapping[str, ExportedFile]) -> dict[str, Json]:
    return {
        name: {"bytes": file.bytes, "rows": file.rows, "sha256": file.sha256}
        for name, file in files.items()
    }
