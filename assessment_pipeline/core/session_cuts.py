"""Session cuts: a captured line cut into its responses without reading what they hold.

Pure. Most responses of a day are equal to others, so that nearly all that is asked of one is
whether its bytes were seen before. A captured line is canonical JSON (see `reading`): keys in
alphabetical order, no white space, every quote within a text written with a backslash. So the
bytes that are looked for here, each with a quote right beside a bracket or a comma, stand between
values and never within one. Whatever is not cut is decoded by `captured`; a property test holds
the two equal.
"""

from typing import Final, NamedTuple

from assessment_pipeline.core.captured import (
    CapturedHeader,
    CapturedResponse,
    decode_header,
    decode_response,
)

_BEGIN: Final = b'"responses":['
_END: Final = b'],"session_id":'
_BETWEEN: Final = b'},{"'
_RATINGS: Final = b'"ratings":['
_DURATION: Final = b'duration_ms":'
_AFTER_DURATION: Final = len(_DURATION)
_FIRST_OF_DURATION: Final = _DURATION[0]


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
    ([b'item_id":"q1","value":"B"'], [7])
    """
    begin = line.find(_BEGIN)
    end = line.find(_END, begin)
    if begin < 0 or end < 0:
        return None
    begin += len(_BEGIN)
    header = line[:begin] + line[end:]
    if end == begin:
        return SessionCut(header, [], [])
    responses = line[begin + len(b'{"') : end - len(b"}")]
    if _RATINGS in responses:
        return None
    parts = [
        part.partition(b',"') if part[0] == _FIRST_OF_DURATION else (b"", b"", part)
        for part in responses.split(_BETWEEN)
    ]
    return SessionCut(
        header,
        [response for _, _, response in parts],
        [int(duration[_AFTER_DURATION:]) if duration else None for duration, _, _ in parts],
    )


def read_response(response: bytes) -> CapturedResponse:
    """Return the response that was cut out, without its duration."""
    return decode_response(b'{"%b}' % response)


def bare_response(response: CapturedResponse) -> bytes:
    """Return a response as it is cut out, without rubric and ratings.

    >>> from msgspec import Raw
    >>> bare_response(CapturedResponse("q1", Raw(b'"B"'), state="invalid"))
    b'item_id":"q1","state":"invalid","value":"B"'
    """
    state = "" if response.state is None else f'"state":"{response.state}",'
    return f'item_id":"{response.item_id}",{state}"value":'.encode() + bytes(response.value)
