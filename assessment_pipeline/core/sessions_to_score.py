"""Sessions to score: a captured line read as far as scoring needs it.

Pure. Of most sessions the bytes of each response are all that its evaluation depends on beside
the session's own rubric; they are cut out and not read (`session_cuts`). Where a rule reads more
than the response, or a response names its rubric, the line is decoded, once. Evaluating is
`chunk_scoring`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from assessment_pipeline.core.captured import CapturedHeader, CapturedResponse, decode_session
from assessment_pipeline.core.item_readings import ItemReading, SessionReadings
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricVersion
from assessment_pipeline.core.session_cuts import bare_response, cut_session, read_response

_NAMES_RUBRIC: Final = b'"rubric":{'

EvaluationKey: TypeAlias = "bytes | tuple[str, ...]"
"""The bytes of a response or, with what else decides, several texts."""


class SessionToScore(NamedTuple):
    """What a score run starts from: the captured line, its id, and the rubric selected for it."""

    line: bytes
    response_snapshot_id: str
    own_rubric: RubricVersion | None
    rubrics: tuple[str, ...]
    features: bytes | None = None
    """Its line of features; only rubrics with rules over features need it."""


class SessionParts(NamedTuple):
    """A session to score, its responses in the order of delivery; none if it is voided."""

    header: CapturedHeader
    keys: Sequence[EvaluationKey]
    """All that each evaluation depends on beside the session's own rubric."""
    durations: list[int | None]
    decoded: Sequence[tuple[CapturedResponse, ItemReading | None]] = ()
    """The responses, and what their rules read beside; nothing where they are cut out."""

    def response(self, place: int) -> tuple[CapturedResponse, ItemReading | None]:
        """Return a response, and what its rule reads beside it."""
        key = self.keys[place]
        return (read_response(key), None) if isinstance(key, bytes) else self.decoded[place]


def session_parts(source: SessionToScore, catalogue: RubricCatalogue) -> SessionParts:
    """Return a session in the parts that are evaluated."""
    own, line = source.own_rubric, source.line
    if (own is None or not own.rubric.reads_beyond_responses) and _NAMES_RUBRIC not in line:
        cut = cut_session(line)
        if cut is not None:
            header = cut.read_header()
            if header.status == "voided":
                return SessionParts(header, [], [])
            return SessionParts(header, cut.responses, cut.durations)
    session = decode_session(line)
    if session.status == "voided":
        return SessionParts(session, [], [])
    readings = SessionReadings(source.features, source.response_snapshot_id)
    decoded = []
    for response in session.responses:
        version = version_of(response, own, catalogue)
        item = None if version is None else version.rubric.item(response.item_id)
        decoded.append((response, readings.of(item, response)))
    durations = [response.duration_ms for response in session.responses]
    return SessionParts(session, [_key(*each) for each in decoded], durations, decoded)


def version_of(
    response: CapturedResponse, own: RubricVersion | None, catalogue: RubricCatalogue
) -> RubricVersion | None:
    """Return the version that scores a response: the one that it names, else its session's."""
    name = response.rubric
    return own if name is None else catalogue.named(name.assessment_id, name.version)


def _key(response: CapturedResponse, reading: ItemReading | None) -> EvaluationKey:
    """Return what decides of an evaluation.

    Where that is the response alone, its bytes, as they are cut out of other sessions.
    """
    bare, name = bare_response(response), response.rubric
    if name is None and reading is None:
        return bare
    named = () if name is None else (name.assessment_id, name.version)
    return (bare.decode(), "" if reading is None else reading.key.decode(), *named)
