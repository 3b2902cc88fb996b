"""The event log: one JSON line on standard error for each thing that happened, for machines.

Off unless ASSESSMENT_PIPELINE_LOG_FORMAT=json. A line holds ids, dates, counts, hashes and our own
sentences, never a response, a name or a score. It is not the audit ledger: nothing rests on it.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.settings import Settings

_LOGGER: Final = logging.getLogger("assessment_pipeline.events")
_FIELDS: Final = "assessment_pipeline_fields"
# Without it Python would print failures to standard error by itself.
_LOGGER.addHandler(logging.NullHandler())


class _JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; ASCII only, so that no locale can break it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        moment = datetime.fromtimestamp(record.created, UTC)
        said = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        return json.dumps(said | getattr(record, _FIELDS))


def configure_event_log(settings: Settings, stream: TextIO | None = None) -> None:
    """Write events to standard error from now on, if the settings say so."""
    for handler in list(_LOGGER.handlers):
        if isinstance(handler.formatter, _JsonLines):
            _LOGGER.removeHandler(handler)
    _LOGGER.propagate = False
    _LOGGER.setLevel(logging.INFO)
    if settings.log_format == "json":
        handler = logging.StreamHandler(stream or sys.stderr)
        handler.setFormatter(_JsonLines())
        _LOGGER.addHandler(handler)


def log_event(event: str, **fields: Json) -> None:
    """Tell that something happened."""
    _LOGGER.info(event, extra={_FIELDS: fields})


def log_failure(event: str, **fields: Json) -> None:
    """Tell that something failed."""
    _LOGGER.error(event, extra={_FIELDS: fields})
