"""Session cuts: a captured line cut into its responses without reading what they hold.

Pure. Most responses of a day are equal to others, so that nearly all that is asked of one is
whether its bytes were seen before. A captured line is canonical JSON (see `reading`): keys in
alphabetical order, no white space, every quote within a text written with a backslash. So each of
the names looked for here, in its two quotes and with its colon, is that of a field and never part
of a text. Whatever is not cut is decoded by `captured`; a property test holds the two equal.
"""

import re
from typing import Final, NamedTuple

import msgspec

from assessment_pipeline.core.captured import (
    CapturedHeader,
    CapturedResponse,
    decode_header,
    decode_response,
)

_BEGIN: Final = b'"responses":['
_END: Final = b'],"session_id":'
# A response begins with its duration or, without one, with its item.
_UNTIMED: Final = b'},{"item_id":'
_UNTIMED_AS_NULL: Final = b'},{"duration_ms":null,"item_id":'
_split = re.compile(rb'\},\{"duration_ms":(-?[0-9]+|null),').split
_RATINGS: Final = b'"ratings":['

_decode_durations = msgspec.json.Decoder(list[int | None]).decode


class SessionCut(NamedTuple):
    """A captured line in parts: everything but the responses, and the responses one by one."""

    header: bytes
    """The line without its responses."""
    responses: list[bytes]
    """Each without its duration; equal bytes are equal responses. Read by `read_response`."""
    durations: list[int | None]

    def read_header(self) -> CapturedHeader:
        """Return what the line says beside its responses."""
        return decode_header(self.header)


def cut_session(line: bytes) -> SessionCut | None:
    """Cut a captured line; None where it is to be decoded.

    That is where a response has ratings, which are objects of their own.

    >>> cut = cut_session(b'{"responses":[{"duration_ms":7,"item_id":"q1","value":"B"}],'
    ...                   b'"session_id":"s"}')
    >>> cut.responses, cut.durations
    ([b'"item_id":"q1","value":"B"'], [7])
    """
    begin = line.find(_BEGIN)
    end = line.rfind(_END)
    if not 0 <= begin < end:
        return None
    begin += len(_BEGIN)
    header = line[:begin] + line[end:]
    if end == begin:
        return SessionCut(header, [], [])
    responses = line[begin:end]
    if _RATINGS in responses:
        return None
    responses = b"}," + responses[:-1]
    if _UNTIMED in responses:
        responses = responses.replace(_UNTIMED, _UNTIMED_AS_NULL)
    # Nothing before the first, then duration and rest of each.
    parts = _split(responses)
    return SessionCut(header, parts[2::2], _decode_durations(b"[%b]" % b",".join(parts[1::2])))


def read_response(response: bytes) -> CapturedResponse:
    """Return the response that was cut out, without its duration."""
    return decode_response(b"{%b}" % response)


def bare_response(response: CapturedResponse) -> bytes:
    """Return a response as it is cut out, without rubric and ratings.

    >>> bare_response(CapturedResponse("q1", msgspec.Raw(b'"B"'), state="invalid"))
    b'"item_id":"q1","state":"invalid","value":"B"'
    """
    state = "" if response.state is None else f'"state":"{response.state}",'
    return f'"item_id":"{response.item_id}",{state}"value":'.encode() + bytes(response.value)
