"""A time-stamp authority, asked over HTTP as RFC 3161, section 3.4 says.

Brings bytes and no trust: what an answer is worth is `services.timestamps`. Proxies are those of
the environment; a redirection is not followed, and an answer has a size and a time limit.
"""

from http.client import HTTPException
from time import monotonic
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from assessment_pipeline.errors import StorageError, UsageError

LARGEST_ANSWER: Final = 262_144
_SILENCE_SECONDS: Final = 20.0
_ANSWER_SECONDS: Final = 60.0
_BLOCK: Final = 16_384


def ask(url: str, query: bytes) -> bytes:
    """Return an authority's answer to a time-stamp query; StorageError if there is none."""
    request = Request(  # noqa: S310 - the address is looked at, and the opener knows no other kind
        _address(url),
        data=query,
        headers={
            "Accept": "application/timestamp-reply",
            "Content-Type": "application/timestamp-query",
            "User-Agent": "assessment-pipeline",
        },
    )
    where = f"the time-stamp authority at {urlsplit(url).hostname}"
    give_up_at = monotonic() + _ANSWER_SECONDS
    answer = bytearray()
    try:
        with _opener().open(request, timeout=_SILENCE_SECONDS) as response:
            if response is None:
                raise StorageError(f"{where} cannot be asked; look at its address")
            while block := response.read1(_BLOCK):
                answer += block
                if len(answer) > LARGEST_ANSWER:
                    raise StorageError(
                        f"{where} answers with more than {LARGEST_ANSWER // 1024} KiB, which is no "
                        "time stamp; look at its address"
                    )
                if monotonic() > give_up_at:
                    raise TimeoutError
    except HTTPError as error:
        raise StorageError(
            f"{where} answers with HTTP {error.code}; look at its address, or ask it later"
        ) from None
    except (OSError, HTTPException) as error:
        cause = getattr(error, "reason", None) or error
        name = getattr(cause, "strerror", None) or type(cause).__name__
        raise StorageError(
            f"{where} cannot be asked ({name}); look at its address and the network, then run again"
        ) from None
    return bytes(answer)


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        is_one = False
    if not (is_one and url.isascii() and url.isprintable() and " " not in url):
        raise UsageError(
            "the address of a time-stamp authority begins with https:// or http:// and names a host"
        )
    return url


def _opener() -> OpenerDirector:
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener
