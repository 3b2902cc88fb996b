"""Delivery files as lines: splitting, hashing, compression, breaks, and what is never opened."""

import gzip
import os
import socket
import sys
import tracemalloc
import zlib
from hashlib import sha256, shake_256
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.rejections import ReaderLimits, Reason
from assessment_pipeline.errors import StorageError
from assessment_pipeline.sources.lines import Break, DeliveryFile, Line

EMPTY_SHA256 = "sha256:" + sha256(b"").hexdigest()
THREE = b'{"a":1}\n\r\n{"b":"\xe2\x80\xa8"}'
SMALL = ReaderLimits(record_bytes=8, ratio=20)


def gzipped(content: bytes) -> bytes:
    """Compress without a time inside: cases that are named by their bytes must not differ."""
    return gzip.compress(content, mtime=0)


def hash_of(content: bytes) -> str:
    return "sha256:" + sha256(content).hexdigest()


def stored(folder: Path, content: bytes, name: str = "a.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def read(
    path: Path, limits: ReaderLimits | None = None, block_bytes: int = 1 << 18
) -> tuple[list[bytes | None], Break | None]:
    *lines, last = [*DeliveryFile(path, limits, block_bytes=block_bytes).lines(), None]
    if lines and isinstance(lines[-1], Break):
        last = lines.pop()
    contents = []
    for number, line in enumerate(lines, start=1):
        assert isinstance(line, Line)
        assert line.number == number
        contents.append(line.content)
    assert last is None or isinstance(last, Break)
    return contents, last


def zstd(
    content: bytes, level: int = 3, *, has_checksum: bool = False, has_size: bool = True
) -> bytes:
    compressor = zstandard.ZstdCompressor(
        level, write_checksum=has_checksum, write_content_size=has_size
    )
    return compressor.compress(content)


def noise(size: int) -> bytes:
    """Return lines that hardly compress."""
    return shake_256(b"noise").hexdigest(size).encode().replace(b"00", b"0\n")


def test_lines_end_in_lf_alone(tmp_path: Path) -> None:
    lines = list(DeliveryFile(stored(tmp_path, THREE)).lines())

    assert lines == [
        Line(1, 0, b'{"a":1}'),
        Line(2, 8, b"\r"),
        Line(3, 10, b'{"b":"\xe2\x80\xa8"}'),
    ]
    assert [line.raw_sha256 for line in lines] == [hash_of(c) for c in THREE.split(b"\n")]


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", []), (b"\n", [b""]), (b"a", [b"a"]), (b"a\n", [b"a"]), (b"a\n\n", [b"a", b""])],
)
def test_the_last_lf_may_be_missing(tmp_path: Path, content: bytes, lines: list[bytes]) -> None:
    assert read(stored(tmp_path, content)) == (lines, None)


@given(st.binary(max_size=60).map(lambda raw: raw.replace(b"a", b"\n")), st.integers(1, 20))
def test_lines_do_not_depend_on_blocks(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, block_bytes: int
) -> None:
    folder = tmp_path_factory.mktemp("deliveries")
    for name, form in (("a.jsonl", bytes), ("a.jsonl.gz", gzipped), ("a.jsonl.zst", zstd)):
        file = DeliveryFile(stored(folder, form(content), name), SMALL, block_bytes=block_bytes)
        expected = content.split(b"\n")
        if not expected[-1]:
            expected.pop()
        offset = 0
        for number, (line, raw) in enumerate(zip(file.lines(), expected, strict=True), start=1):
            assert isinstance(line, Line)
            assert (line.number, line.byte_offset) == (number, offset)
            assert line.content == (raw if len(raw) <= 8 else None)
            assert line.raw_sha256 == hash_of(raw)
            offset += len(raw) + 1


@pytest.mark.parametrize("block_bytes", [3, 1 << 18])
def test_a_line_above_the_limit_leaves_only_its_hash(tmp_path: Path, block_bytes: int) -> None:
    path = stored(tmp_path, b"12345678\n123456789\n1")

    first, large, last = DeliveryFile(path, SMALL, block_bytes=block_bytes).lines()

    assert (first, last) == (Line(1, 0, b"12345678"), Line(3, 19, b"1"))
    assert isinstance(large, Line)
    assert large.is_too_large
    assert large == Line(2, 9, None, hash_of(b"123456789"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_the_stored_bytes_are_hashed_in_the_same_read(tmp_path: Path, name: str) -> None:
    content = {"gz": gzipped(THREE), "zst": zstd(THREE)}.get(name.rpartition(".")[2], THREE)
    file = DeliveryFile(stored(tmp_path, content, name), block_bytes=5)

    assert len(list(file.lines())) == 3

    assert (file.stored_sha256, file.stored_bytes) == (hash_of(content), len(content))


def test_a_file_that_breaks_is_hashed_whole(tmp_path: Path) -> None:
    content = gzipped(THREE) + b"garbage" * 100
    file = DeliveryFile(stored(tmp_path, content, "a.jsonl.gz"), block_bytes=5)

    assert len(list(file.lines())) == 3

    assert (file.stored_sha256, file.stored_bytes) == (hash_of(content), len(content))


SKIPPABLE = (0x184D2A53).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"notes"


@pytest.mark.parametrize("block_bytes", [1, 7, 1 << 18])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("members.jsonl.gz", gzipped(THREE[:11]) + gzipped(THREE[11:])),
        ("empty_member.jsonl.gz", gzipped(b"") + gzipped(THREE)),
        ("padded.jsonl.gz", gzipped(THREE) + b"\0" * 512),
        ("padded_between.jsonl.gz", gzipped(THREE[:3]) + b"\0\0" + gzipped(THREE[3:])),
        ("frames.jsonl.zst", zstd(THREE[:11]) + zstd(THREE[11:])),
        ("checked.jsonl.zst", zstd(THREE, has_checksum=True)),
        ("no_size.jsonl.zst", zstd(THREE, has_size=False)),
        ("skippable.jsonl.zst", SKIPPABLE + zstd(THREE) + SKIPPABLE),
    ],
)
def test_members_and_frames_are_read_to_the_end(
    tmp_path: Path, name: str, content: bytes, block_bytes: int
) -> None:
    path = stored(tmp_path, content, name)

    assert read(path, block_bytes=block_bytes) == (THREE.split(b"\n"), None)


@pytest.mark.parametrize("level", [1, 19])
def test_many_blocks_of_a_frame_are_read(tmp_path: Path, level: int) -> None:
    content = noise(300_000) + b"x" * 900_000 + b"\n" + noise(300_000)
    path = stored(tmp_path, zstd(content, level, has_checksum=True), "a.jsonl.zst")

    lines, broken = read(path)

    assert broken is None
    assert b"\n".join(line or b"" for line in lines) == content.removesuffix(b"\n")


def flushed_zstd(parts: list[bytes]) -> bytes:
    """Compress so that each part is in a block of its own."""
    compressing = zstandard.ZstdCompressor().compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    blocks = [compressing.compress(part) + compressing.flush(flush) for part in parts]
    return b"".join(blocks) + compressing.flush()


GZIP, ZSTD = gzipped(THREE), flushed_zstd([b"one\n", b"two\n", b"thr"])
DAMAGED_GZIP = GZIP[:-8] + bytes([GZIP[-8] ^ 1]) + GZIP[-7:]


@pytest.mark.parametrize("block_bytes", [1, 4, 1 << 18])
@pytest.mark.parametrize(
    ("name", "content", "lines", "tail"),
    [
        ("cut.jsonl.gz", GZIP[:-1], THREE.split(b"\n")[:2], THREE.split(b"\n")[2]),
        ("damaged.jsonl.gz", DAMAGED_GZIP, THREE.split(b"\n")[:2], THREE.split(b"\n")[2]),
        ("garbage.jsonl.gz", gzipped(b"a\nb") + b"garbage", [b"a"], b"b"),
        ("padded_before.jsonl.gz", b"\0\0" + GZIP, [], b""),
        ("no_gzip.jsonl.gz", THREE, [], b""),
        ("empty.jsonl.gz", b"", [], b""),
        ("only_padding.jsonl.gz", b"\0" * 20, [], b""),
        ("cut.jsonl.zst", ZSTD[:-4], [b"one", b"two"], b""),
        ("cut_header.jsonl.zst", ZSTD + ZSTD[:5], [b"one", b"two"], b"thr"),
        ("cut_magic.jsonl.zst", ZSTD + ZSTD[:3], [b"one", b"two"], b"thr"),
        ("cut_skippable.jsonl.zst", ZSTD + SKIPPABLE[:-1], [b"one", b"two"], b"thr"),
        ("garbage.jsonl.zst", ZSTD + b"garbage", [b"one", b"two"], b"thr"),
        ("padded.jsonl.zst", ZSTD + b"\0" * 8, [b"one", b"two"], b"thr"),
        ("no_zstd.jsonl.zst", THREE, [], b""),
        ("empty.jsonl.zst", b"", [], b""),
    ],
)
def test_lines_before_a_break_count_and_the_rest_belongs_to_the_break(
    tmp_path: Path, name: str, content: bytes, lines: list[bytes], tail: bytes, block_bytes: int
) -> None:
    found, broken = read(stored(tmp_path, content, name), block_bytes=block_bytes)

    assert found == lines
    assert broken is not None
    assert (broken.reason, broken.number) == (Reason.BROKEN_STREAM, 0)
    assert (broken.content, broken.raw_sha256) == (tail, hash_of(tail))
    assert broken.byte_offset == sum(len(line) + 1 for line in lines)


def test_a_damaged_checksum_of_zstd_is_a_break(tmp_path: Path) -> None:
    content = zstd(b"one\ntwo", has_checksum=True)
    damaged = content[:-1] + bytes([content[-1] ^ 1])

    lines, broken = read(stored(tmp_path, damaged, "a.jsonl.zst"))

    assert lines in ([b"one"], [])
    assert broken is not None
    assert broken.reason is Reason.BROKEN_STREAM


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_damaged_byte_gives_the_same_lines_whatever_the_blocks(tmp_path: Path, name: str) -> None:
    whole = noise(60_000)
    content = gzipped(whole) if name.endswith("gz") else zstd(whole, has_checksum=True)
    seen = 0
    for position in range(40, len(content), len(content) // 12):
        damaged = content[:position] + bytes([content[position] ^ 0x5A]) + content[position + 1 :]
        path = stored(tmp_path, damaged, name)
        results = [read(path, block_bytes=size) for size in (100, 4096, 1 << 18)]
        assert results[0] == results[1] == results[2]
        assert results[0][1] is not None
        seen += len(results[0][0])
    assert seen


@pytest.mark.parametrize("block_bytes", [1, 11, 1 << 18])
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_an_exploding_stream_counts_up_to_the_limit(
    tmp_path: Path, name: str, block_bytes: int
) -> None:
    whole = b"1234567\n" * 10_000
    content = gzipped(whole) if name.endswith("gz") else zstd(whole)
    limit = 20 * len(content)

    lines, broken = read(stored(tmp_path, content, name), SMALL, block_bytes)

    assert lines == [b"1234567"] * (limit // 8)
    assert broken is not None
    assert broken.reason is Reason.RATIO_TOO_HIGH
    assert broken.content == b"1234567\n"[: limit % 8]
    assert broken.byte_offset == limit // 8 * 8


def test_a_stream_may_be_as_long_as_the_limit_and_no_longer(tmp_path: Path) -> None:
    path = stored(tmp_path, gzipped(b"12\n45"), "a.jsonl.gz")

    assert read(path, ReaderLimits(decompressed=5)) == ([b"12", b"45"], None)
    lines, broken = read(path, ReaderLimits(decompressed=4))
    assert lines == [b"12"]
    assert broken is not None
    assert (broken.reason, broken.content) == (Reason.RATIO_TOO_HIGH, b"4")


def test_a_plain_file_has_no_ratio(tmp_path: Path) -> None:
    assert read(stored(tmp_path, b"12\n45"), ReaderLimits(decompressed=4)) == ([b"12", b"45"], None)


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd"])
def test_memory_stays_flat_whatever_comes_out(tmp_path: Path, form: str) -> None:
    size = 64 << 20
    if form == "plain":
        path = stored(tmp_path, b"", "a.jsonl")
        os.truncate(path, size)
    elif form == "gzip":
        path = stored(tmp_path, gzipped(b"\0" * size), "a.jsonl.gz")
    else:
        path = stored(tmp_path, zstd(b"\0" * size), "a.jsonl.zst")
    tracemalloc.start()
    try:
        found = list(DeliveryFile(path, ReaderLimits(ratio=2_000)).lines())
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()
    assert len(found) == 1


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_link_is_one_break_and_never_followed(tmp_path: Path, name: str) -> None:
    stored(tmp_path, THREE, "target")
    path = tmp_path / name
    path.symlink_to("target")
    file = DeliveryFile(path)

    [broken] = file.lines()

    assert isinstance(broken, Break)
    assert (broken.reason, broken.number) == (Reason.NOT_A_REGULAR_FILE, 0)
    assert (broken.content, broken.raw_sha256) == (b"", EMPTY_SHA256)
    assert "link" in broken.detail
    assert (file.stored_sha256, file.stored_bytes) == (None, 0)


def test_a_folder_is_one_break(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()

    assert read(tmp_path / "a.jsonl")[1] is not None


def test_a_socket_is_one_break(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.jsonl")

        broken = read(tmp_path / "a.jsonl")[1]

    assert broken is not None
    assert broken.reason is Reason.NOT_A_REGULAR_FILE


def test_a_fifo_is_one_break_and_never_opened(tmp_path: Path) -> None:
    # Opening it would wake whoever writes to it, even if nothing were read.
    path = tmp_path / "a.jsonl"
    os.mkfifo(path)
    opened: list[str] = []
    is_watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if is_watching and event == "open":
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    broken = read(path)[1]
    read(stored(tmp_path, b"", "b.jsonl"))
    is_watching = False

    assert broken is not None
    assert broken.reason is Reason.NOT_A_REGULAR_FILE
    assert str(path) not in opened
    assert str(tmp_path / "b.jsonl") in opened


def test_a_file_that_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"gone\.jsonl: No such file"):
        list(DeliveryFile(tmp_path / "gone.jsonl").lines())


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    path = stored(tmp_path, b"one\ntwo\n")
    before = open_descriptors()

    next(iter(DeliveryFile(path).lines()))
    read(path)
    read(stored(tmp_path, b"x", "broken.jsonl.gz"))

    assert open_descriptors() == before


def test_deflate_without_a_gzip_header_is_a_break(tmp_path: Path) -> None:
    assert read(stored(tmp_path, zlib.compress(THREE), "a.jsonl.gz"))[0] == []
