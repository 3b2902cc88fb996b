"""Settings: read from the environment, checked at once, and errors that name the variable."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from assessment_pipeline.errors import UsageError
from assessment_pipeline.settings import PREFIX, Settings, load_settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load_settings()

    assert settings.home == Path("assessment_home")
    assert settings.timezone == "UTC"
    assert settings.cron_schedule == "0 2 * * *"
    assert settings.anchor is None


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_HOME", "/srv/home")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_TIMEZONE", "Europe/Berlin")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_FIRST_DATE", "2025-09-01")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_SCHEDULE_TIME", "23:45")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ANCHOR", "/mnt/anchor.json")

    settings = load_settings()

    assert settings.home == Path("/srv/home")
    assert settings.timezone == "Europe/Berlin"
    assert settings.first_date == date(2025, 9, 1)
    assert settings.cron_schedule == "45 23 * * *"
    assert settings.anchor == Path("/mnt/anchor.json")


def test_what_is_given_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_HOME", "/srv/home")

    assert load_settings(home=Path("/other")).home == Path("/other")
    assert load_settings(home=None).home == Path("/srv/home")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", "../../etc/passwd"),
        ("SCHEDULE_TIME", "24:00"),
        ("SCHEDULE_TIME", "2:60"),
        ("SCHEDULE_TIME", "0200"),
        ("SCHEDULE_TIME", "+2:00"),
        ("SCHEDULE_TIME", "2:7"),
        ("FIRST_DATE", "1 September"),
        ("SENSOR_INTERVAL_SECONDS", "0"),
        ("SENSOR_LOOKBACK_DAYS", "soon"),
        ("CELERY_BROKER_URL", "memory://s3cret-canary"),
        ("CELERY_BROKER_URL", "broker.example.org:6379"),
        ("CELERY_RESULT_BACKEND", "rpc://"),
        ("CELERY_RESULT_BACKEND", "db+postgresql://scoring:s3cret-canary@localhost/scoring"),
        ("CELERY_QUEUE", "two queues"),
        ("CELERY_LONGEST_RUN_SECONDS", "59"),
        ("CELERY_RESULT_EXPIRES_SECONDS", "3599"),
        ("UI_PASSWORD", "elevenchars"),
        ("UI_READ_ONLY", "perhaps"),
        ("UI_ADDRESSES", "page.example.org"),
        ("UI_ADDRESSES", "ftp://scores.example.org"),
        ("UI_ADDRESSES", "https://*.example.org"),
        ("UI_ADDRESSES", "https://scores.example.org/page"),
        ("UI_ADDRESSES", "https://scores.example.org:65536"),
        ("UI_ADDRESSES", "https://me@scores.example.org"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(PREFIX + name, value)

    with pytest.raises(UsageError, match=f"ASSESSMENT_PIPELINE_{name}: ") as refused:
        load_settings()

    assert value not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("", ()),
        ("https://Scores.example.org/", ("https://scores.example.org",)),
        ("http://192.0.2.7:3000, http://[::1]:80", ("http://192.0.2.7:3000", "http://[::1]:80")),
    ],
)
def test_addresses_of_the_page_have_commas_between_them(
    monkeypatch: pytest.MonkeyPatch, value: str, addresses: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_UI_ADDRESSES", value)

    assert load_settings().ui_addresses == addresses


def test_the_password_of_the_page_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_UI_PASSWORD", "a password for tests")

    settings = load_settings()

    assert "a password for tests" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(("time", "cron"), [("00:00", "0 0 * * *"), ("9:05", "5 9 * * *")])
def test_a_time_of_day_becomes_a_cron_line(time: str, cron: str) -> None:
    assert load_settings(schedule_time=time).cron_schedule == cron


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().timezone = "UTC"  # type: ignore[misc]  # what the test is about


def test_the_database_url_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://scoring:s3cret-canary@localhost/scoring"
    monkeypatch.setenv("ASSESSMENT_PIPELINE_DATABASE_URL", url)
    settings = load_settings()
    assert settings.ledger_url == url
    assert "s3cret-canary" not in f"{settings} {settings!r} {settings.model_dump_json()}"


def test_an_empty_database_url_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_DATABASE_URL", "")
    assert load_settings().ledger_url is None


def test_redis_keeps_results_too_and_rabbitmq_needs_a_redis_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_CELERY_BROKER_URL", "redis://:s3cret-canary@broker/0")
    assert load_settings().celery_urls == ("redis://:s3cret-canary@broker/0",) * 2
    assert "s3cret-canary" not in f"{load_settings()!r}"

    monkeypatch.setenv("ASSESSMENT_PIPELINE_CELERY_BROKER_URL", "amqps://u:s3cret-canary@broker/")
    with pytest.raises(UsageError, match=r"CELERY_RESULT_BACKEND: .*Redis") as refused:
        load_settings()
    assert "s3cret-canary" not in str(refused.value)


@pytest.mark.parametrize("name", ["CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"])
def test_an_empty_celery_url_is_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(PREFIX + name, "")
    assert load_settings().celery_urls == (None, None)
