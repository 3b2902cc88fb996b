"""Time stamps: an anchor that a third party says it has seen at a time (RFC 3161).

Two files lie side by side: the authority's answer, `FILE.tsr`, as `openssl ts` reads it, and the
anchor whose bytes it is over, `FILE.tsr.json`. Checking needs both, the authority's root
certificate, and no network. Asking over HTTP is `sources.timestamp_authority`.

Checked: that the answer is granted; its signature, and the chain of certificates up to the root
given, each valid at the time that the stamp names; that the signer's certificate is for time stamps
alone; that the stamp is over this anchor; when it is asked for, also the nonce. Not checked:
whether a certificate was revoked, and that the authority's clock was right.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.errors import (
    IntegrityError,
    NothingThereError,
    TimestampError,
    UsageError,
    how_to_install,
)
from assessment_pipeline.services.anchors import anchor_json, read_anchor
from assessment_pipeline.sources.timestamp_authority import LARGEST_ANSWER, ask
from assessment_pipeline.storage.files import read_file, write_durably

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_LARGEST_ROOTS: Final = 1 << 20


class StampedAnchor(NamedTuple):
    """An anchor, and when an authority says that it was there."""

    anchor: Anchor
    stamped_at: datetime

    @property
    def time(self) -> str:
        """The time in UTC, as people read it."""
        return self.stamped_at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def anchor_file(path: Path) -> Path:
    """Return where the anchor lies whose time stamp is in a file."""
    return path.with_name(path.name + ".json")


def stamp(
    anchor: Anchor,
    path: Path,
    url: str,
    root: Path,
    asking: Callable[[str, bytes], bytes] = ask,
) -> StampedAnchor:
    """Have an anchor stamped by an authority, check its answer, and keep both durably.

    Nothing is written, and nothing replaced, unless the answer holds.
    """
    _require_extra()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415

    roots = _read_roots(root)
    for taken in (path, anchor_file(path)):
        if taken.exists():
            raise UsageError(f"{taken} is there already, and is kept; name another file")
    content = anchor_json(anchor)
    query = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = asking(url, query.as_bytes())
    try:
        stamped_at = _check(answer, content, roots, query.nonce)
    except TimestampError as error:
        raise IntegrityError(f"what the time-stamp authority answered {error}") from None
    write_durably(anchor_file(path), content)
    write_durably(path, answer)
    return StampedAnchor(anchor, stamped_at)


def read_stamped(path: Path, root: Path) -> StampedAnchor:
    """Return the anchor of a time stamp; TimestampError if the stamp does not hold for it."""
    _require_extra()
    roots = _read_roots(root)
    if not path.exists():
        raise NothingThereError(
            f"There is no time stamp {path}; `assessment-pipeline ledger timestamp` makes one."
        )
    anchor = read_anchor(anchor_file(path))
    is_small = path.stat().st_size <= LARGEST_ANSWER
    try:
        content = read_file(anchor_file(path))
        stamped_at = _check(read_file(path) if is_small else b"", content, roots, None)
    except TimestampError as error:
        raise TimestampError(f"the time stamp {path} {error}") from None
    return StampedAnchor(anchor, stamped_at)


def _check(
    answer: bytes, content: bytes, roots: "list[Certificate]", nonce: int | None
) -> datetime:
    """Return the time of a stamp; TimestampError, the end of a sentence, if it does not hold."""
    from rfc3161_client import (  # noqa: PLC0415
        PKIStatus,
        VerificationError,
        VerifierBuilder,
        decode_timestamp_response,
    )

    try:
        response = decode_timestamp_response(answer)
        status = response.status
    except ValueError:
        raise TimestampError("is no time stamp (RFC 3161): look where it came from") from None
    if status != PKIStatus.GRANTED:
        raise TimestampError(f"grants no time stamp (status {status}): ask another authority")
    try:
        VerifierBuilder(roots=roots, nonce=nonce).build().verify_message(response, content)
        stamped_at: datetime = response.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise TimestampError(
            f"does not hold ({_reason(error)}): it is of another anchor, was changed, or its "
            "authority is not under the root certificate given"
        ) from None
    return stamped_at


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".")[:120] if lines else type(error).__name__


def _read_roots(path: Path) -> "list[Certificate]":
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    if not path.is_file():
        raise NothingThereError(
            f"There is no root certificate {path}; get it from the time-stamp authority."
        )
    try:
        content = read_file(path) if path.stat().st_size <= _LARGEST_ROOTS else b""
        return load_pem_x509_certificates(content)
    except ValueError:
        raise UsageError(
            f"{path} holds no certificate in PEM; get the authority's root certificate"
        ) from None


def _require_extra() -> None:
    try:
        import rfc3161_client  # noqa: F401, PLC0415
    except ModuleNotFoundError:
        raise UsageError(
            f"time stamps need the extra `timestamp`: {how_to_install('timestamp')}"
        ) from None
