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
        ("UI_PASSWORD", "elevenchars"),
        ("OWNERS", "somebody"),
        ("OWNERS", "team:a b"),
        ("OVERDUE_AFTER_HOURS", "0"),
        ("LOG_FORMAT", "xml"),
        ("SMTP_URL", "mail.example.org"),
        ("SMTP_URL", "https://mail.example.org"),
        ("SMTP_URL", "smtp://mail.example.org:port"),
        ("SMTP_URL", "smtp://:25"),
        ("ALERT_EMAIL_FROM", "scoring"),
        ("ALERT_EMAIL_TO", "night@example.org; day@example.org"),
        ("ALERT_SLACK_WEBHOOK", "hooks.slack.com/services/x"),
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


def test_whom_to_tell_is_read_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_SMTP_URL", "smtps://me:s3cret-canary@mail.example.org")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ALERT_EMAIL_FROM", "scoring@example.org")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ALERT_EMAIL_TO", "night@example.org, day@example.org")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ALERT_SLACK_WEBHOOK", "https://hooks/s3cret-canary")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_OWNERS", "team:scoring,scoring@example.org")

    settings = load_settings()

    assert settings.alert_email_to == ("night@example.org", "day@example.org")
    assert settings.owners == ("team:scoring", "scoring@example.org")
    assert "s3cret-canary" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_empty_settings_of_alerts_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_URL", "ALERT_EMAIL_FROM", "ALERT_EMAIL_TO", "ALERT_SLACK_WEBHOOK"):
        monkeypatch.setenv(PREFIX + name, "")

    settings = load_settings()

    assert (settings.smtp_url, settings.alert_slack_webhook) == (None, None)
    assert (settings.alert_email_from, settings.alert_email_to) == (None, ())


def test_mail_needs_a_server_and_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ALERT_EMAIL_TO", "night@example.org")

    with pytest.raises(UsageError, match=r"ALERT_EMAIL_TO: .*SMTP_URL and .*ALERT_EMAIL_FROM"):
        load_settings()


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
