"""The rows of a bundle's CSV files, held against those that its sessions and rubrics give.

A file is read beside the rows that it must have, both in export order. What differs is named by
session, item and column; a hash is shown, a response or a score is not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from assessment_pipeline.core.bundle_zip import Content
from assessment_pipeline.core.bundles import EXPORTS, MAX_LINE_BYTES
from assessment_pipeline.core.exports import COLUMNS, EVIDENCE, SUBSCORES, header
from assessment_pipeline.core.scorecards import Scorecard
from assessment_pipeline.core.structure import ID_PATTERN
from assessment_pipeline.services.bundle_file import BundleFile

MOST_DIFFERENCES: Final = 1_000

_CELL: Final = re.compile(r'"((?:[^"]|"")*)"|([^,"\r\n]*)')
_ID: Final = re.compile(ID_PATTERN)
_NAMED_BY: Final = {EVIDENCE: "item_id", SUBSCORES: "dimension"}
_HASHES: Final = frozenset({"output_hash", "response_snapshot_id", "score_run_id"})

_Session = tuple[str, str, int]


class _Row(NamedTuple):
    content: bytes
    cells: Mapping[str, str]


class BundledRows:
    """The three CSV files of a bundle."""

    def __init__(self, file: BundleFile) -> None:
        """Begin at the first row of each file."""
        self._files = {
            name: _CsvMember(name, file.content, *file.span(EXPORTS[name])) for name in COLUMNS
        }

    def expect(self, name: str, card: Scorecard, rows: bytes) -> None:
        """Compare the rows that a file must have next."""
        self._files[name].expect((card.assessment_id, card.session_id, card.attempt), rows)

    def differences(self) -> list[str]:
        """Return what differs, once all rows were compared."""
        return [each for file in self._files.values() for each in file.finish()]


class _CsvMember:
    def __init__(self, name: str, content: Content, begin: int, end: int) -> None:
        self._name = name
        self._content = content
        self._begin = self._position = begin
        self._end = end
        self._found: list[str] = []
        self._is_ended = False
        self._skip_header()

    def _skip_header(self) -> None:
        first = header(self._name)
        if self._content[self._position : self._position + len(first)] == first:
            self._position += len(first)
        else:
            self._note("the first row is not the header; the rows were not compared")
            self._is_ended = True

    def _note(self, text: str) -> None:
        if self._is_ended:
            return
        self._found.append(f"{EXPORTS[self._name]}: {text}.")
        if len(self._found) == MOST_DIFFERENCES:
            self._found.append(f"{EXPORTS[self._name]}: the rest was not compared.")
            self._is_ended = True

    def expect(self, session: _Session, rows: bytes) -> None:
        end = self._position + len(rows)
        if end <= self._end and self._content[self._position : end] == rows:
            self._position = end
        elif not self._is_ended:
            self._compare(session, rows)

    def finish(self) -> list[str]:
        while not self._is_ended and (row := self._row()) is not None:
            self._too_many(_session_of(self._cells(row)))
        return self._found

    def _compare(self, session: _Session, rows: bytes) -> None:
        found: dict[str, _Row] = {}
        while not self._is_ended and (row := self._row()) is not None:
            cells = self._cells(row)
            of = _session_of(cells)
            if cells is None or of is None or of < session:
                self._too_many(of)
            elif of > session:
                self._position -= len(row)
                break
            elif (name := self._id(cells)) in found:
                self._too_many(of)
            else:
                found[name] = _Row(row, cells)
        expected = {self._id(row.cells): row for row in self._split(rows)}
        for name in sorted({*found, *expected}):
            self._compare_row(session, name, found.get(name), expected.get(name))

    def _compare_row(
        self, session: _Session, name: str, found: _Row | None, expected: _Row | None
    ) -> None:
        where = _named(session)
        if expected is None:
            self._note(f"{where} has a row too many")
            return
        if name:
            where += f", {_NAMED_BY[self._name].removesuffix('_id')} {name}"
        if found is None:
            self._note(f"{where} has no row")
        elif found.content != expected.content:
            self._note(f"{where}: {_other_cells(found.cells, expected.cells)}")

    def _too_many(self, session: _Session | None) -> None:
        of = "that is of no session" if session is None else f"too many, of {_named(session)}"
        self._note(f"there is a row {of}")

    def _row(self) -> bytes | None:
        """Return the next row with its LF, and go on; None at the end."""
        begin = stop = self._position
        most = min(self._end, begin + MAX_LINE_BYTES)
        quotes = 0
        while stop == begin or quotes % 2:
            line, stop = stop, self._content.find(b"\n", stop, most) + 1
            if not stop:
                if begin < self._end:
                    self._note(f"no row ends after byte {begin - self._begin}")
                    self._is_ended = True
                return None
            quotes += self._content[line:stop].count(b'"')
        self._position = stop
        return self._content[begin:stop]

    def _cells(self, row: bytes) -> Mapping[str, str] | None:
        """Return the cells of a row by column; None if it is none."""
        try:
            cells = _cells_of(row.decode())
        except UnicodeDecodeError:
            return None
        columns = COLUMNS[self._name]
        return dict(zip(columns, cells, strict=True)) if len(cells) == len(columns) else None

    def _split(self, rows: bytes) -> Iterator[_Row]:
        """Yield the rows that must be there."""
        begin = stop = quotes = 0
        while stop < len(rows):
            line, stop = stop, rows.index(b"\n", stop) + 1
            quotes += rows[line:stop].count(b'"')
            if quotes % 2 == 0:
                row = rows[begin:stop]
                yield _Row(row, self._cells(row) or {})
                begin = stop

    def _id(self, cells: Mapping[str, str]) -> str:
        return cells[_NAMED_BY[self._name]] if self._name in _NAMED_BY else ""


def _other_cells(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    wrong = [column for column in expected if found[column] != expected[column]]
    others = [column for column in wrong if column not in _HASHES]
    shown = [f"{', '.join(others)}: not what responses and rubric give"] if others else []
    shown += [
        f"{column} is {found[column][:71]}, derived {expected[column]}"
        for column in wrong
        if column in _HASHES
    ]
    # Rows of the same cells can still be written otherwise, with needless quotes.
    return "; ".join(shown) or "the row is written otherwise"


def _cells_of(row: str) -> Sequence[str]:
    cells, position = list[str](), 0
    while (matched := _CELL.match(row, position)) is not None:
        quoted, plain = matched.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        position = matched.end() + 1
        if row[matched.end() : position] != ",":
            break
    return cells if position == len(row) else ()


def _session_of(cells: Mapping[str, str] | None) -> _Session | None:
    if cells is None:
        return None
    assessment_id, session_id, attempt = (
        cells[name] for name in ("assessment_id", "session_id", "attempt")
    )
    is_named = _ID.fullmatch(assessment_id) and _ID.fullmatch(session_id)
    if not is_named or not re.fullmatch(r"[1-9][0-9]{0,18}", attempt):
        return None
    return assessment_id, session_id, int(attempt)


def _named(session: _Session) -> str:
    return f"session {session[1]}, attempt {session[2]}"
