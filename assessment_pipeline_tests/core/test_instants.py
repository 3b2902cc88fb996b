import pytest

from assessment_pipeline.core.instants import parse_instant, seconds_between


def test_the_same_instant_is_equal_whatever_its_offset() -> None:
    assert parse_instant("2026-11-20T09:00:00+05:30") == parse_instant("2026-11-20t03:30:00.000z")


def test_instants_are_ordered_to_the_last_digit() -> None:
    texts = ["59Z", "59.1Z", "59.10000000000000000001Z", "59.2Z", "60Z", "60.5Z"]
    instants = [parse_instant(f"2016-12-31T23:59:{text}") for text in texts]
    instants.append(parse_instant("2017-01-01T00:00:00Z"))
    assert instants == sorted(instants)
    assert len(set(instants)) == len(instants)


def test_a_leap_second_is_one_in_utc() -> None:
    parse_instant("2017-01-01T00:59:60+01:00")
    with pytest.raises(ValueError, match="second 60"):
        parse_instant("2016-12-31T23:59:60+01:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-20",
        "2026-11-20T09:00:00",
        "2026-11-20 09:00:00Z",
        "2026-02-29T09:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T09:00:61Z",
        "2026-11-20T09:00:00.Z",
        "2026-11-20T09:00:00+24:00",
        "2026-11-20T09:00:00+0100",
        "0000-11-20T09:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "٢٠٢٦-11-20T09:00:00Z",
        "2026-11-20T09:00:00Z\n",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  several messages
        parse_instant(text)


def test_seconds_between_are_exact() -> None:
    earlier = parse_instant("2026-11-20T09:00:00.1Z")
    later = parse_instant("2026-11-20T09:00:02.35Z")
    assert seconds_between(earlier, later) * 100 == 225
    assert seconds_between(later, earlier) * 100 == -225


def test_a_time_of_many_thousand_digits_is_read() -> None:
    long = parse_instant("2026-11-20T09:00:00." + "1" * 5000 + "Z")
    assert seconds_between(parse_instant("2026-11-20T09:00:00Z"), long) < 1
