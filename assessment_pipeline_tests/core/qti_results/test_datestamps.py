"""Datestamps: valid for every time that a delivery can have, and the same instant."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.qti_results.datestamps import datestamp
from assessment_pipeline_tests.core.qti_results.published_structure import published_structure
from assessment_pipeline_tests.core.qti_results.results import written_result


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-20T09:41:07Z",
        "2026-11-20T09:41:07.000123456789+01:00",
        "2026-11-20T09:41:07-14:00",
        "0001-01-01T00:00:00Z",
    ],
)
def test_a_time_that_a_schema_knows_stays_as_delivered(time: str) -> None:
    assert datestamp(time) == time


@pytest.mark.parametrize(
    ("time", "stamp"),
    [
        ("2026-11-20t09:41:07.50z", "2026-11-20T09:41:07.5Z"),
        ("2026-11-20T09:41:07+14:01", "2026-11-19T19:40:07Z"),
        ("2026-11-20T09:41:07-15:00", "2026-11-21T00:41:07Z"),
        ("2026-11-20T23:00:00-23:59", "2026-11-21T22:59:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2017-01-01T00:59:60.75+01:00", "2016-12-31T23:59:59Z"),
        ("0999-11-20t09:41:07z", "0999-11-20T09:41:07Z"),
    ],
)
def test_any_other_time_is_written_in_utc(time: str, stamp: str) -> None:
    assert datestamp(time) == stamp


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        datestamp("yesterday")


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001  the offset is added
    st.sampled_from(["Z", "z", "+01:00", "-13:59", "+14:00", "+14:01", "-14:30", "+23:59"]),
    st.sampled_from(["", ".5", ".000000000000000000001"]),
    st.sampled_from(["T", "t"]),
)
def test_every_time_is_a_valid_datestamp_of_the_same_instant(
    local: datetime, offset: str, fraction: str, separator: str
) -> None:
    time = local.replace(microsecond=0).isoformat(separator) + fraction + offset
    result = written_result(submitted_at=time)
    assert parse_instant(result.test.attributes["datestamp"]) == parse_instant(time)
    assert result.test.value("SUBMITTED_AT") == time
    published_structure("3.0").assertValid(result.tree())
