"""Time stamps: kept only if they hold, and refused in one sentence where they do not."""

import builtins
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.errors import (
    AssessmentPipelineError,
    IntegrityError,
    NothingThereError,
    TimestampError,
    UsageError,
)
from assessment_pipeline.services.timestamps import anchor_file, read_stamped, stamp
from assessment_pipeline.sources.timestamp_authority import LARGEST_ANSWER
from assessment_pipeline_tests.timestamp_authorities import TimestampAuthority

ANCHOR = Anchor(size=7, head="sha256:" + "1" * 64, root="sha256:" + "2" * 64)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TimestampAuthority:
    return TimestampAuthority(tmp_path_factory.mktemp("authority") / "one")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> TimestampAuthority:
    return TimestampAuthority(tmp_path_factory.mktemp("authority") / "other")


def stamped(
    authority: TimestampAuthority, path: Path, change: Callable[[bytes], bytes] = bytes
) -> None:
    stamp(ANCHOR, path, "", authority.root, lambda _, query: change(authority.answer(query)))


@pytest.fixture
def path(authority: TimestampAuthority, tmp_path: Path) -> Path:
    path = tmp_path / "day.tsr"
    stamped(authority, path)
    return path


def test_a_stamp_says_when_its_anchor_was_there(authority: TimestampAuthority, path: Path) -> None:
    found = read_stamped(path, authority.root)

    assert found.anchor == ANCHOR
    assert abs(found.stamped_at - datetime.now(UTC)) < timedelta(hours=1)
    assert found.time.endswith("Z")


def test_others_can_check_it_without_us(authority: TimestampAuthority, path: Path) -> None:
    assert authority.says_yes_to(anchor_file(path), path)


def test_both_files_are_readable_by_their_owner_alone(path: Path) -> None:
    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}


def test_a_stamp_of_another_anchor_is_refused(authority: TimestampAuthority, path: Path) -> None:
    file = anchor_file(path)
    file.write_bytes(file.read_bytes().replace(b'"size":7', b'"size":8'))

    with pytest.raises(TimestampError, match="does not hold"):
        read_stamped(path, authority.root)


def test_a_stamp_under_another_root_is_refused(other: TimestampAuthority, path: Path) -> None:
    with pytest.raises(TimestampError, match="not under the root certificate given"):
        read_stamped(path, other.root)


def test_no_changed_byte_gives_another_time_or_anchor(
    authority: TimestampAuthority, path: Path
) -> None:
    right, content = read_stamped(path, authority.root), path.read_bytes()
    refused = 0
    for position in range(0, len(content), 3):
        changed = bytearray(content)
        changed[position] ^= 1
        path.write_bytes(changed)
        try:
            # A few bytes say nothing, such as the parameters of an algorithm.
            assert read_stamped(path, authority.root) == right, position
        except TimestampError:
            refused += 1
    assert refused > len(content) / 3 * 0.9


@pytest.mark.parametrize(
    "content", [b"", b"no stamp", b"0" * 300, b"\x30\x03\x02\x01\x00", bytes(LARGEST_ANSWER + 1)]
)
def test_what_is_no_stamp_is_refused(
    authority: TimestampAuthority, path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    with pytest.raises(TimestampError, match="is no time stamp"):
        read_stamped(path, authority.root)


def test_a_refusal_of_the_authority_is_said(authority: TimestampAuthority, path: Path) -> None:
    rejection = b"\x30\x05\x30\x03\x02\x01\x02"
    path.write_bytes(rejection)
    with pytest.raises(TimestampError, match="grants no time stamp"):
        read_stamped(path, authority.root)


def test_a_certificate_that_had_expired_when_it_signed_is_refused(tmp_path: Path) -> None:
    expired = TimestampAuthority(tmp_path / "expired", is_expired=True)
    with pytest.raises(IntegrityError, match="does not hold"):
        stamped(expired, tmp_path / "a.tsr")


# --- What an authority may answer ---


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"<html>sign in</html>",
        lambda answer: answer[:-1],
        lambda answer: answer[:-20] + bytes(20),
        lambda _: b"\x30\x05\x30\x03\x02\x01\x02",
    ],
)
def test_an_answer_that_does_not_hold_is_not_kept(
    authority: TimestampAuthority, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(IntegrityError, match="what the time-stamp authority answered"):
        stamped(authority, tmp_path / "a.tsr", change)
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_answer_is_not_taken_for_a_new_one(
    authority: TimestampAuthority, path: Path
) -> None:
    earlier = path.read_bytes()
    with pytest.raises(IntegrityError, match="Nonce"):
        stamp(ANCHOR, path.with_name("b.tsr"), "", authority.root, lambda *_: earlier)


def test_an_answer_over_something_else_is_not_kept(
    authority: TimestampAuthority, tmp_path: Path
) -> None:
    import rfc3161_client as client

    def asking(_: str, __: bytes) -> bytes:
        query = client.TimestampRequestBuilder().data(b"else").nonce(nonce=False)
        return authority.answer(
            query.hash_algorithm(client.HashAlgorithm.SHA256).build().as_bytes()
        )

    with pytest.raises(IntegrityError, match="does not hold"):
        stamp(ANCHOR, tmp_path / "a.tsr", "", authority.root, asking)
    assert list(tmp_path.iterdir()) == []


def test_a_stamp_is_never_replaced(authority: TimestampAuthority, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        stamped(authority, path)
    path.unlink()
    with pytest.raises(UsageError, match=r"day\.tsr\.json is there already"):
        stamped(authority, path)
    assert before


def test_files_that_are_missing_or_none_are_named(
    authority: TimestampAuthority, path: Path, tmp_path: Path
) -> None:
    with pytest.raises(NothingThereError, match="no time stamp"):
        read_stamped(tmp_path / "x.tsr", authority.root)
    with pytest.raises(NothingThereError, match="no root certificate"):
        read_stamped(path, tmp_path / "x.pem")
    (tmp_path / "x.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n")
    with pytest.raises(UsageError, match="no certificate in PEM"):
        read_stamped(path, tmp_path / "x.pem")
    anchor_file(path).unlink()
    with pytest.raises(NothingThereError, match="no anchor"):
        read_stamped(path, authority.root)


def test_without_the_extra_one_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing: Any = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("rfc3161_client"):
            raise ModuleNotFoundError(name)
        return importing(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    remedy = r"pip install '\.\[timestamp\]'"
    with pytest.raises(UsageError, match=remedy):
        read_stamped(tmp_path / "a.tsr", tmp_path / "root.pem")
    with pytest.raises(UsageError, match=remedy):
        stamp(ANCHOR, tmp_path / "a.tsr", "", tmp_path / "root.pem")


def test_every_refusal_is_one_line(authority: TimestampAuthority, path: Path) -> None:
    content = path.read_bytes()
    for position in range(0, len(content), 50):
        path.write_bytes(content[:position])
        with pytest.raises(AssessmentPipelineError) as caught:
            read_stamped(path, authority.root)
        assert "\n" not in str(caught.value)
