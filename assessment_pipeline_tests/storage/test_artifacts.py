"""The artifact store: content names its file, and nothing is believed that does not hash so."""

import stat
from hashlib import sha256
from pathlib import Path

import pytest

from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore

CONTENT = b'{"a":1}\n{"b":2}\n'


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def test_an_artifact_lies_under_the_hash_of_its_bytes(store: ArtifactStore) -> None:
    ref = store.put(CONTENT)

    digest = sha256(CONTENT).hexdigest()
    assert ref == ArtifactRef(f"sha256:{digest}", len(CONTENT))
    assert store.path(ref).name == f"{digest}.jsonl"
    assert store.path(ref).read_bytes() == CONTENT
    assert stat.S_IMODE(store.path(ref).stat().st_mode) == 0o600


def test_the_same_content_again_is_the_same_file_untouched(store: ArtifactStore) -> None:
    ref = store.put(CONTENT)
    before = store.path(ref).stat()

    assert store.put(CONTENT) == ref

    assert store.path(ref).stat() == before
    assert len(list(store.folder.iterdir())) == 1


def test_parts_written_one_by_one_are_one_artifact(store: ArtifactStore) -> None:
    with store.writer() as writer:
        for part in (CONTENT[:3], CONTENT[3:]):
            writer.write(part)
        assert writer.finish() == store.put(CONTENT)


def test_an_artifact_that_is_not_finished_is_not_there(store: ArtifactStore) -> None:
    with store.writer() as writer:
        writer.write(CONTENT)

    assert list(store.folder.iterdir()) == []


def test_what_was_altered_is_put_right_by_putting_it_again(store: ArtifactStore) -> None:
    ref = store.put(CONTENT)
    store.path(ref).write_bytes(CONTENT[:-1] + b"!")

    store.put(CONTENT)

    assert store.read(ref) == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"!", CONTENT[:-1], b"", CONTENT + b"\n"])
def test_altered_bytes_are_not_held_and_not_read(store: ArtifactStore, content: bytes) -> None:
    ref = store.put(CONTENT)
    store.path(ref).write_bytes(content)

    assert not store.holds(ref)
    with pytest.raises(IntegrityError, match=store.path(ref).name):
        store.read(ref)


def test_a_missing_artifact_is_named_with_what_to_do(store: ArtifactStore) -> None:
    ref = store.put(CONTENT)
    store.path(ref).unlink()

    assert not store.holds(ref)
    with pytest.raises(IntegrityError, match=rf"{store.path(ref).name} is missing; run `score`"):
        store.read(ref)


def test_a_folder_in_an_artifact_s_place_is_no_artifact(store: ArtifactStore) -> None:
    ref = store.put(CONTENT)
    store.path(ref).unlink()
    store.path(ref).mkdir()

    assert not store.holds(ref)


def test_a_reference_with_another_size_is_not_held(store: ArtifactStore) -> None:
    ref = store.put(CONTENT)

    assert not store.holds(ArtifactRef(ref.sha256, ref.bytes + 1))


@pytest.mark.parametrize("size", [0, 1, 3, 400_000])
def test_lines_are_those_between_lf_however_long(store: ArtifactStore, size: int) -> None:
    lines = [b"x" * size, "\u2028 \r".encode(), b"y" * size, b""]

    ref = store.put(b"".join(line + b"\n" for line in lines))

    assert list(store.lines(ref)) == lines


def test_an_artifact_without_lines_has_none(store: ArtifactStore) -> None:
    assert list(store.lines(store.put(b""))) == []


def test_an_opened_artifact_is_read_anywhere(store: ArtifactStore) -> None:
    with store.opened(store.put(CONTENT)) as content:
        assert content[8:15] == b'{"b":2}'
