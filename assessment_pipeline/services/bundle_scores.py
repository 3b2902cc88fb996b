"""The scores of a bundle, derived anew: snapshots -> features -> score runs -> CSV -> manifest.

Nothing is taken over from the bundle but snapshots and rubrics; all else in it is compared. What
the ledger must hold of it is told to `services.bundle_entries`.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from assessment_pipeline.core.bundle_zip import Content
from assessment_pipeline.core.bundles import (
    EXPORTS,
    IN_PROGRESS,
    MAX_LINE_BYTES,
    SNAPSHOTS,
    rubric_hash,
)
from assessment_pipeline.core.exports import MANIFEST, files_hash
from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import canonical_json, hash_bytes, partition_hash
from assessment_pipeline.core.ledger_events import CsvExported, Event, ScorecardsGenerated
from assessment_pipeline.core.ledger_fields import HASH_PATTERN
from assessment_pipeline.core.reading import Rejection, SessionReader
from assessment_pipeline.core.rejections import ReaderLimits
from assessment_pipeline.core.rubrics.catalogue import (
    RubricCatalogue,
    RubricFile,
    RubricVersion,
    load_version,
)
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.services.bundle_file import BundleFile
from assessment_pipeline.services.bundle_rows import BundledRows
from assessment_pipeline.services.derivation import (
    DerivedRecord,
    derived_record,
    export_order,
    scored_chunks,
)
from assessment_pipeline.services.derived_scores import DerivedScores
from assessment_pipeline.services.score_events import created_event, published_event
from assessment_pipeline.services.steps import VERSIONS

OnEvent = Callable[[Event, str], None]
"""Told an event that must be recorded, and how to name to a person what it is about."""


class _TwoHashes(NamedTuple):
    response_snapshot_id: str
    features_hash: str


_decode_hashes = msgspec.json.Decoder(_TwoHashes).decode


class BundledScores:
    """What the snapshots and rubrics of a bundle give, and where the bundle says otherwise."""

    def __init__(self, file: BundleFile, delivery_date: str, expect: OnEvent) -> None:
        """Derive everything; `expect` is told what the ledger must hold of it."""
        self.differences: list[str] = []
        self._expect = expect
        self._file = file
        self._day = delivery_date
        self._versions: dict[str, RubricVersion] = {}
        self.sessions = self._read_sessions()
        self.in_progress = self._read_in_progress()
        self.snapshots_hash, self._features_hash = self._content_hashes()
        self._catalogue = self._read_rubrics()
        self._rows = BundledRows(file)
        self.scores = DerivedScores(delivery_date, self._rows.expect)
        used = self._score(file.content)
        self.differences += self._rows.differences()
        self._compare_manifest(used)
        self._compare_rubrics(used)

    def _read_sessions(self) -> list[DerivedRecord]:
        reader = SessionReader(ReaderLimits(record_bytes=MAX_LINE_BYTES))
        extractor = FeatureExtractor()
        records: list[DerivedRecord] = []
        for number, (offset, line) in self._lines(SNAPSHOTS):
            where = f"{SNAPSHOTS}, line {number}"
            read = reader.read(line)
            if isinstance(read, Rejection):
                self.differences.append(f"{where} is no delivery session: {read.reason}.")
                continue
            if read.canonical != line:
                self.differences.append(f"{where} is not canonical JSON.")
                continue
            features = extractor.line(line, read.response_snapshot_id)
            record = derived_record(read, features, 0, number, offset)
            if record.submission.status == "in_progress":
                self.differences.append(f"{where} is in progress, so it is not scored.")
                continue
            if records and export_order(records[-1]) >= export_order(record):
                self.differences.append(f"{where} is not in export order, or there twice.")
                continue
            records.append(record)
        return records

    def _read_in_progress(self) -> list[_TwoHashes]:
        found: list[_TwoHashes] = []
        for number, (_, line) in self._lines(IN_PROGRESS):
            try:
                row = _decode_hashes(line)
                is_row = canonical_json(list(row)) == line and all(map(_is_hash, row))
            except (ValueError, RecursionError):
                is_row = False
            if is_row:
                found.append(row)
            else:
                self.differences.append(f"{IN_PROGRESS}, line {number} is no pair of hashes.")
        return found

    def _lines(self, name: str) -> Iterator[tuple[int, tuple[int, bytes]]]:
        try:
            yield from enumerate(self._file.lines(name), start=1)
        except IntegrityError as error:
            self.differences.append(f"{error}.")

    def _content_hashes(self) -> tuple[str, str]:
        pairs = [
            *(
                _TwoHashes(each.submission.response_snapshot_id, each.features_hash)
                for each in self.sessions
            ),
            *self.in_progress,
        ]
        return partition_hash((pair[0],) for pair in pairs), partition_hash(pairs)

    def _read_rubrics(self) -> RubricCatalogue:
        files = []
        for name in self._file.names:
            content_hash = rubric_hash(name)
            if content_hash is None:
                continue
            try:
                content = self._file.read(name)
            except IntegrityError as error:
                self.differences.append(f"{error}.")
                continue
            version = load_version(RubricFile("", name, content))
            if not isinstance(version, RubricVersion):
                self.differences.append(f"{name} is no rubric that this release can read.")
            elif (version.document, version.content_hash) != (content, content_hash):
                self.differences.append(f"{name} holds the rubric {version.content_hash}.")
            else:
                self._versions[content_hash] = version
                assessment_id, version_name = version.key
                path = f"rubrics/{assessment_id}/{version_name}.yaml"
                files.append(RubricFile(assessment_id, path, content))
        catalogue = RubricCatalogue(files)
        self.differences += [f"The rubrics of the bundle: {each}" for each in catalogue.problems]
        return catalogue

    def _score(self, content: Content) -> set[str]:
        """Score all sessions; return the content hashes of the rubrics that did."""
        used: set[str] = set()
        for sessions in scored_chunks(self.sessions, self._catalogue, content):
            for record in self.scores.add(sessions, self._catalogue).records:
                of = f"session {record.session_id}, attempt {record.attempt}"
                self._expect(created_event(record), of)
                used.update(record.rubrics)
        return used

    def _compare_manifest(self, used: set[str]) -> None:
        files = self.scores.files()
        for name, file in sorted(files.items()):
            begin, end = self._file.span(EXPORTS[name])
            said = self._file.manifest and self._file.manifest.members.get(EXPORTS[name])
            if end - begin != file.bytes or (said and said.sha256 != file.sha256):
                self.differences.append(
                    f"{EXPORTS[name]} has {end - begin} bytes; the sessions and rubrics give "
                    f"{file.bytes} bytes and {file.rows} rows, {file.sha256}."
                )
        expected = self.scores.manifest(self.snapshots_hash, self._features_hash, sorted(used))
        begin, end = self._file.span(EXPORTS[MANIFEST])
        if self._file.content[begin : min(end, begin + len(expected) + 1)] != expected:
            self.differences.append(
                f"{EXPORTS[MANIFEST]} is not what the sessions and rubrics give "
                f"({hash_bytes(expected)})."
            )
        cards = ScorecardsGenerated(
            delivery_date=self._day,
            content_hash=self.scores.content_hash(),
            scorecards=self.scores.score_runs,
            engine_version=VERSIONS["engine_version"],
            export_version=VERSIONS["export_version"],
        )
        exported = CsvExported(
            delivery_date=self._day,
            content_hash=files_hash(files),
            files={name: file.sha256 for name, file in files.items()},
            export_version=VERSIONS["export_version"],
        )
        self._expect(cards.event(), self._day)
        self._expect(exported.event(), self._day)

    def _compare_rubrics(self, used: set[str]) -> None:
        """Compare the rubrics with those that scored, and those that they replace."""
        by_key = {version.key: version for version in self._versions.values()}
        needed: set[str] = set()
        pending = [self._versions[each] for each in sorted(used)]
        for version in pending:
            self._expect(published_event(version), version.label)
        while pending:
            version = pending.pop()
            needed.add(version.content_hash)
            replaced = by_key.get((version.rubric.assessment_id, version.rubric.replaces or ""))
            if replaced is not None and replaced.content_hash not in needed:
                pending.append(replaced)
        self.differences += [
            f"The rubric {self._versions[each].label} ({each}) scores nothing in the bundle."
            for each in sorted(self._versions.keys() - needed)
        ]


def _is_hash(text: str) -> bool:
    return re.fullmatch(HASH_PATTERN, text) is not None
