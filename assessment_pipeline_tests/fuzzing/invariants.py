"""What must hold of any bytes at all, reader by reader: more than that nothing crashes.

A target is a function of the bytes that a fuzzer or the corpus gives it. It raises AssertionError
where a promise is broken, and nothing else whatever the bytes are. Knows no fuzzer.
"""

import gzip
import json
import tempfile
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml
import zstandard

from assessment_pipeline.core.diagnosis import diagnose
from assessment_pipeline.core.hashing import canonical_json, content_hash
from assessment_pipeline.core.ledger import GENESIS, ChainVerifier, Entry, entry_hash
from assessment_pipeline.core.qti_items import QtiItem, read_qti_item
from assessment_pipeline.core.reading import SessionReader, SnapshotRecord
from assessment_pipeline.core.rejections import ReaderLimits, Reason, Rejection
from assessment_pipeline.core.rubrics import documents
from assessment_pipeline.core.rubrics.catalogue import (
    RubricCatalogue,
    RubricFile,
    RubricVersion,
    load_version,
)
from assessment_pipeline.core.rubrics.documents import read_document
from assessment_pipeline.core.rubrics.problems import RubricProblem
from assessment_pipeline.errors import LedgerError, UsageError
from assessment_pipeline.services import import_qti
from assessment_pipeline.services.anchors import read_anchor
from assessment_pipeline.sources.lines import Break, DeliveryFile, Line

Target = Callable[[bytes], None]

LIMITS: Final = ReaderLimits()
# What a file says of itself is what a broken or exploding one is judged by.
STREAM_LIMITS: Final = ReaderLimits(record_bytes=64, ratio=20)
BLOCKS: Final = (1, 7, 1 << 18)
LONGEST_DETAIL: Final = 500

_scratch = tempfile.TemporaryDirectory(prefix="assessment-pipeline-fuzzing-")


def session_line(data: bytes) -> None:
    """Refuse a delivery line for a known reason, or take it as bytes that anyone can check."""
    found = SessionReader(LIMITS).read(data)
    slowly = diagnose(data, LIMITS)
    if isinstance(found, Rejection):
        assert found == slowly, "the fast and the slow path refuse for other reasons"
        assert found.reason in Reason
        assert found.detail.isprintable()
        assert len(found.detail) < LONGEST_DETAIL
        return
    assert not isinstance(slowly, Rejection), "the fast path took what the slow one refuses"
    delivered = json.loads(data)
    plainly = json.dumps(delivered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert found.canonical == plainly.encode() == canonical_json(slowly)
    assert found.response_snapshot_id == "sha256:" + sha256(found.canonical).hexdigest()
    again = SessionReader(LIMITS).read(found.canonical)
    assert isinstance(again, SnapshotRecord)
    assert again == found, "the canonical bytes are read as another session"


def stream(data: bytes) -> None:
    """Read a file to the same lines in whatever blocks, and say where it broke.

    The first byte chooses the format.
    """
    name = ("a.jsonl", "a.jsonl.gz", "a.jsonl.zst")[data[0] % 3 if data else 0]
    content = data[1:]
    path = Path(_scratch.name) / name
    path.write_bytes(content)
    readings = [_lines_of(path, block_bytes) for block_bytes in BLOCKS]
    assert readings[0] == readings[1] == readings[2], "other blocks give other lines"
    lines, broken = readings[0]
    offset = 0
    for number, line in enumerate(lines, start=1):
        assert (line.number, line.byte_offset) == (number, offset)
        assert line.content is not None or line.is_too_large
        if line.content is None:
            return
        assert len(line.content) <= STREAM_LIMITS.record_bytes
        assert b"\n" not in line.content
        offset += len(line.content) + 1
    if broken is not None:
        assert name != "a.jsonl"
        assert broken.byte_offset == offset
        assert broken.reason in {Reason.BROKEN_STREAM, Reason.RATIO_TOO_HIGH}
        assert offset <= STREAM_LIMITS.ratio * len(content)
        return
    whole = b"\n".join(line.content for line in lines if line.content is not None)
    # The last line may lack its LF.
    assert _decompressed(name, content) in {whole, whole + b"\n"}


def _lines_of(path: Path, block_bytes: int) -> tuple[list[Line], Break | None]:
    file = DeliveryFile(path, STREAM_LIMITS, block_bytes=block_bytes)
    lines: list[Line] = []
    broken = None
    for line in file.lines():
        assert broken is None, "something comes after a break"
        if isinstance(line, Break):
            broken = line
        else:
            lines.append(line)
    content = path.read_bytes()
    assert file.stored_sha256 == "sha256:" + sha256(content).hexdigest()
    assert file.stored_bytes == len(content)
    return lines, broken


def _decompressed(name: str, content: bytes) -> bytes:
    """Decompress by the libraries' own reading; a file that we read whole is one to them too."""
    if name.endswith(".gz"):
        try:
            return gzip.decompress(content)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise AssertionError("we read to its end what gzip does not") from None
    if name.endswith(".zst"):
        reader = zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True)
        try:
            return reader.read()
        except zstandard.ZstdError:
            raise AssertionError("we read to its end what zstd does not") from None
    return content


def rubric(data: bytes) -> None:
    """Read a rubric file as one document with both parsers, or refuse it with a remedy."""
    document = read_document(data, "rubrics/maths/1.yaml")
    _agrees_without_the_fast_parser(data, document)
    if isinstance(document, RubricProblem):
        assert document.message
        assert document.remedy
    else:
        written = yaml.dump(document, Dumper=_Plain, allow_unicode=True).encode()
        assert read_document(written, "r") == document, "written again it is another document"
    file = RubricFile("maths", "rubrics/maths/1.yaml", data)
    version = load_version(file)
    catalogue = RubricCatalogue([file])
    if isinstance(version, RubricVersion):
        assert version.content_hash == content_hash(json.loads(version.document))
    else:
        assert catalogue.problems
        assert catalogue.blocked == {"maths"}


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Plain.add_representer(str, _quoted)


def _agrees_without_the_fast_parser(data: bytes, document: object) -> None:
    fast = documents._FAST_LOADER
    documents._FAST_LOADER = yaml.SafeLoader
    try:
        slowly = read_document(data, "rubrics/maths/1.yaml")
    finally:
        documents._FAST_LOADER = fast
    assert isinstance(document, RubricProblem) == isinstance(slowly, RubricProblem)
    assert isinstance(document, RubricProblem) or document == slowly


def qti_item(data: bytes) -> None:
    """Carry an XML file over as an item exactly, or refuse it with reasons."""
    try:
        element = import_qti._parsed(data)
    except import_qti._RefusedError:
        return
    item = read_qti_item(element, None)
    if isinstance(item, QtiItem):
        assert json.loads(canonical_json(item.rule)) == item.rule
    else:
        assert item
        assert all(item)


def ledger_body(data: bytes) -> None:
    """Name a body that no writer wrote; one that passes is in its canonical bytes."""
    entry = Entry(1, GENESIS, entry_hash(GENESIS, data), "", "", "", data)
    try:
        body = entry.read_body()
    except LedgerError:
        assert ChainVerifier().check(entry)
        return
    said = Entry(
        body.seq, GENESIS, entry.entry_hash, body.dedup_key, body.event_type, body.subject, data
    )
    if not ChainVerifier().check(said):
        assert canonical_json(json.loads(data)) == data, "a body passes that is not canonical"


def anchor(data: bytes) -> None:
    """Read an anchor file as what it says, or refuse it in one sentence."""
    path = Path(_scratch.name) / "anchor.json"
    path.write_bytes(data)
    try:
        found = read_anchor(path)
    except UsageError:
        return
    said: Any = json.loads(data)
    assert (found.size, found.head, found.root) == (said["size"], said["head"], said.get("root"))


TARGETS: Final[Mapping[str, Target]] = {
    "session_line": session_line,
    "stream": stream,
    "rubric": rubric,
    "qti_item": qti_item,
    "ledger_body": ledger_body,
    "anchor": anchor,
}
