"""Settings: read from the environment, checked at once, and errors that name the variable."""

import os
import re
import textwrap
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from assessment_pipeline.errors import UsageError
from assessment_pipeline.settings import PREFIX, Settings, load_settings, read_env_file

ROOT = Path(__file__).parents[1]
HEADING = """\
# Every setting, with its default. Copy this file to `.env` in the folder that you work in, take the
# sign away before what you change, and keep it to yourself: chmod 600 .env
# `assessment-pipeline` reads it where the environment says nothing; `dagster dev` reads it too, and
# lets it go before the environment. Written from assessment_pipeline/settings.py.
"""


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
        ("MAX_CONCURRENT_RUNS", "0"),
        ("MAX_RUNTIME_SECONDS", "-1"),
        ("MAX_RUN_RETRIES", "many"),
        ("CELERY_BROKER_URL", "memory://s3cret-canary"),
        ("CELERY_BROKER_URL", "broker.example.org:6379"),
        ("CELERY_RESULT_BACKEND", "rpc://"),
        ("CELERY_RESULT_BACKEND", "db+postgresql://scoring:s3cret-canary@localhost/scoring"),
        ("CELERY_QUEUE", "two queues"),
        ("CELERY_RESULT_EXPIRES_SECONDS", "3599"),
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
        ("INTAKE_TOKEN", "thirty-one-characters-are-short"),
        ("INTAKE_SEAL_SECONDS", "0"),
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
    # Pydantic's words, and what stands for a problem that has no words of ours.
    assert not re.search(r"Value|Input|String|valid |items|cannot be read", str(refused.value))


def test_a_setting_with_a_problem_that_has_no_words_is_named() -> None:
    with pytest.raises(UsageError, match=r"ASSESSMENT_PIPELINE_HOME: cannot be read\."):
        load_settings(home=7)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("FIRST_DATE", "2026-13-01", "not a date, such as 2026-01-01"),
        ("MAX_RUNTIME_SECONDS", "1.5", "not a whole number"),
        ("CELERY_RESULT_EXPIRES_SECONDS", "1", "has to be 3,600 or more"),
        ("INTAKE_TOKEN", "short", "has to have 32 characters or more"),
        ("LOG_FORMAT", "xml", "has to be 'none' or 'json'"),
        ("UI_READ_ONLY", "perhaps", "neither true nor false"),
        ("TIMEZONE", "Mars", "not a time zone"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(UsageError, match=f"A setting cannot be used: {PREFIX}{name}: {words}"):
        load_settings()


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


def test_a_variable_that_is_empty_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(PREFIX + name.upper(), "")
    settings = load_settings()
    assert settings.ledger_url is None
    assert settings.anchor is None
    assert settings.ui_password is None
    assert settings.home == Path("assessment_home")


def default_of(field: FieldInfo) -> str:
    """Return a default as the environment would say it."""
    value = field.default
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def example() -> str:
    """Return what `.env.example` has to be."""
    return HEADING + "".join(
        "\n"
        + textwrap.fill(field.description or "", 98, initial_indent="# ", subsequent_indent="# ")
        + f"\n# {PREFIX}{name.upper()}={default_of(field)}\n"
        for name, field in Settings.model_fields.items()
    )


def test_the_example_shows_every_setting_with_its_description_and_default(
    pytestconfig: pytest.Config,
) -> None:
    path = ROOT / ".env.example"
    if pytestconfig.getoption("--update-golden"):
        path.write_text(example(), encoding="utf-8")

    assert all(field.description for field in Settings.model_fields.values())
    assert path.read_text(encoding="utf-8") == example(), "run pytest with --update-golden"


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(re.sub("^# (?=ASSESSMENT_PIPELINE_)", "", example(), flags=re.MULTILINE))
    with pytest.MonkeyPatch.context() as patch:
        # What is set here is put back afterwards, and so is what the file sets.
        for name in Settings.model_fields:
            patch.setenv(PREFIX + name.upper(), "")
            del os.environ[PREFIX + name.upper()]
        read_env_file(path)
        assert load_settings() == Settings.model_construct(
            **{name: field.default for name, field in Settings.model_fields.items()}
        )


def test_the_table_of_the_readme_has_every_setting_in_order_with_its_default() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(ASSESSMENT_PIPELINE_\w+)` \| (.*?) ?\| (.+) \|$", text, re.MULTILINE)

    assert [name for name, _, _ in rows] == [
        PREFIX + name.upper() for name in Settings.model_fields
    ]
    for (_, default, _), field in zip(rows, Settings.model_fields.values(), strict=True):
        if field.default is not None:
            assert default.strip("`") == default_of(field)


def test_a_file_of_settings_holds_where_the_environment_says_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# a comment\nASSESSMENT_PIPELINE_TIMEZONE=Europe/Berlin\n"
        'export ASSESSMENT_PIPELINE_HOME="/srv/a home"\nPYTHONPATH=/elsewhere\n'
    )
    monkeypatch.setenv("ASSESSMENT_PIPELINE_TIMEZONE", "Europe/Paris")
    monkeypatch.setenv("ASSESSMENT_PIPELINE_HOME", "put back afterwards")
    monkeypatch.delenv("ASSESSMENT_PIPELINE_HOME")
    path_before = os.environ.get("PYTHONPATH")

    read_env_file(path)

    assert load_settings().timezone == "Europe/Paris"
    assert load_settings().home == Path("/srv/a home")
    assert os.environ.get("PYTHONPATH") == path_before


def test_a_file_of_settings_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"ASSESSMENT_PIPELINE_UI_PASSWORD=s3cret-canary\xff\n")

    with pytest.raises(UsageError, match=re.escape(str(path))) as refused:
        read_env_file(path)
    assert "s3cret-canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, 2),
        ({"database_url": "postgresql://scoring@localhost/scores"}, 4),
        ({"max_concurrent_runs": 7}, 7),
        ({"max_concurrent_runs": 1, "database_url": "postgresql://localhost/scores"}, 1),
    ],
)
def test_fewer_runs_are_at_work_at_once_on_sqlite(given: dict[str, object], count: int) -> None:
    assert load_settings(**given).concurrent_runs == count


@pytest.mark.parametrize("name", ["delivery_source", "delivery_database_url"])
def test_a_source_is_a_secret(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), "sftp://me:s3cret-canary@host/deliveries")
    assert "s3cret-canary" not in f"{load_settings()!r} {load_settings().model_dump_json()}"


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
