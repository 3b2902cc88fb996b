"""Settings, read from the environment: every variable is named `ASSESSMENT_PIPELINE_<FIELD>`.

What an operator may set, and nothing else. Secrets are read here and handed on, never logged.

A new one is a field with a description; `.env.example` is written from the fields (run
`assessment_pipeline_tests/test_settings.py` with `--update-golden`), and the README's table gets
a row. A field that is a path reaches the processes of `ui` as an absolute one.
"""

import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assessment_pipeline.errors import UsageError
from assessment_pipeline.setting_problems import in_words

PREFIX = "ASSESSMENT_PIPELINE_"

# The beginnings of URLs. As a result backend the others keep pickles, or tell only who sent a task.
_REDIS = ("redis://", "rediss://", "redis+socket://", "sentinel://")
_AMQP = ("amqp://", "amqps://", "pyamqp://")

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
_OWNER = re.compile(r"team:[A-Za-z0-9_-]+")
_MAIL_SCHEMES = {"smtp", "smtps"}
_ADDRESS = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?/?")


class Settings(BaseSettings):
    """What an installation can be told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        # A variable that is there and empty says nothing, as in the lines of `.env.example`.
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    home: Path = Field(default=Path("assessment_home"), description="The home folder.")
    timezone: str = Field(
        default="UTC",
        description="Where a delivery day begins and ends; fixed once the ledger exists.",
    )
    first_date: date = Field(
        default=date(2026, 1, 1), description="The first delivery date that has a partition."
    )
    schedule_time: str = Field(
        default="02:00", description="When the nightly run starts, HH:MM in the time zone."
    )
    sensor_interval_seconds: int = Field(
        default=60, ge=1, description="How often the sensor looks for new delivery files."
    )
    sensor_lookback_days: int = Field(
        default=30, ge=1, description="How many days back the sensor looks for new files."
    )
    anchor: Path | None = Field(
        default=None, description="A file outside the home that keeps the ledger's head."
    )
    database_url: SecretStr | None = Field(
        default=None,
        description=(
            "A Postgres database for the ledger and for Dagster's runs and events, "
            "postgresql://user:password@host/database; without it they are SQLite files of the "
            "home."
        ),
    )
    max_concurrent_runs: int | None = Field(
        default=None,
        ge=1,
        description="How many runs the daemon has at work at once; left out 2, on Postgres 4.",
    )
    max_runtime_seconds: int = Field(
        default=14_400,
        ge=1,
        description="How long a run may take before it is ended as failed.",
    )
    max_run_retries: int = Field(
        default=2, ge=0, description="How often the daemon repeats a run whose process died."
    )
    delivery_source: SecretStr | None = Field(
        default=None,
        description="A folder of delivery days to fetch from, as a URL: s3://bucket/deliveries.",
    )
    delivery_database_url: SecretStr | None = Field(
        default=None,
        description="A Postgres database with a table of finished sessions to fetch from.",
    )
    delivery_table: str = Field(
        default="delivery_session",
        description="The name of that table, with its schema if need be.",
    )
    intake_token: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="What a delivery system must bring to push sessions to the intake.",
    )
    intake_seal_seconds: int = Field(
        default=300, ge=1, description="How often what was pushed becomes a delivery file."
    )
    celery_broker_url: SecretStr | None = Field(
        default=None,
        description="Redis or RabbitMQ, over which Celery workers get Dagster's runs and tasks.",
    )
    celery_result_backend: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="Redis, where Celery keeps how tasks ended; the broker, if that is Redis.",
    )
    celery_queue: str = Field(
        default="assessment_pipeline",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="The queue of an installation's runs and tasks.",
    )
    celery_result_expires_seconds: int = Field(
        default=86_400, ge=3_600, description="How long Celery keeps how a task ended."
    )
    ui_password: SecretStr | None = Field(
        default=None, min_length=12, description="What the web page asks for; any user name."
    )
    ui_read_only: bool = Field(
        default=False, description="Whether the web page only shows, and changes nothing."
    )
    ui_addresses: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Further addresses that people open the page by, with commas between them.",
    )

    owners: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("team:assessment",),
        description="Who owns the assets in the page: e-mail addresses or team:NAME, with commas.",
    )
    overdue_after_hours: int = Field(
        default=26,
        ge=1,
        description="How long a delivery day may wait to be scored until somebody is told.",
    )
    log_format: Literal["none", "json"] = Field(
        default="none", description="json: a line on standard error for each step, for machines."
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="The mail server: smtps://USER:PASSWORD@HOST, or smtp:// with STARTTLS.",
    )
    alert_email_from: str | None = Field(default=None, description="The sender of alerts.")
    alert_email_to: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Who gets a mail when a run fails, with commas between them."
    )
    alert_slack_webhook: SecretStr | None = Field(
        default=None, description="A Slack webhook that gets the same; needs the extra `slack`."
    )

    @field_validator("owners", "alert_email_to", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("owners")
    @classmethod
    def _are_owners(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_EMAIL.fullmatch(each) or _OWNER.fullmatch(each) for each in value):
            message = "not owners, such as scoring@example.org or team:assessment"
            raise ValueError(message)
        return value

    @field_validator("smtp_url", "alert_slack_webhook")
    @classmethod
    def _is_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        schemes = {"https", "http"} if info.field_name == "alert_slack_webhook" else _MAIL_SCHEMES
        try:
            parts = urlsplit(value.get_secret_value())
            is_url = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_url = False
        if not is_url:
            message = f"not a URL that begins with {' or '.join(sorted(schemes))} and names a host"
            raise ValueError(message)
        return value

    @field_validator("alert_email_from")
    @classmethod
    def _is_email(cls, value: str | None) -> str | None:
        if value and not _EMAIL.fullmatch(value):
            message = "not an e-mail address"
            raise ValueError(message)
        return value or None

    @field_validator("alert_email_to")
    @classmethod
    def _can_be_mailed(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not all(map(_EMAIL.fullmatch, value)):
            message = "not e-mail addresses with commas between them"
            raise ValueError(message)
        missing = [
            f"{PREFIX}{name.upper()}"
            for name in ("smtp_url", "alert_email_from")
            if info.data.get(name) is None
        ]
        if value and missing:
            message = f"mail cannot be sent without {' and '.join(missing)}"
            raise ValueError(message)
        return value

    @field_validator("ui_addresses", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        given = value.split(",") if isinstance(value, str) and value else value or ()
        return tuple(map(_address, given)) if isinstance(given, list | tuple) else given

    @field_validator("celery_broker_url", "celery_result_backend")
    @classmethod
    def _celery_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        is_broker = info.field_name == "celery_broker_url"
        url = value.get_secret_value() if value else ""
        if url and not url.startswith((*_REDIS, *_AMQP) if is_broker else _REDIS):
            message = "not a URL such as redis://127.0.0.1:6379/0" + " or amqps://..." * is_broker
            raise ValueError(message)
        broker = info.data.get("celery_broker_url")
        if not url and not is_broker and broker and broker.get_secret_value().startswith(_AMQP):
            message = "with RabbitMQ as the broker, a Redis for the results has to be named"
            raise ValueError(message)
        return value if url else None

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, value: str) -> str:
        if value not in available_timezones():
            message = "not a time zone of the IANA database, such as Europe/Berlin"
            raise ValueError(message)
        return value

    @field_validator("schedule_time")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        hour, _, minute = value.partition(":")
        parts = [part for part in (hour, minute) if part.isascii() and part.isdigit()]
        valid = len(parts) == 2 and len(minute) == 2 and int(hour) < 24 and int(minute) < 60
        if not valid:
            message = "not a time of day, such as 02:00"
            raise ValueError(message)
        return value

    @property
    def ledger_url(self) -> str | None:
        """The database URL in plain text, for whoever opens the ledger and for nobody else."""
        return None if self.database_url is None else self.database_url.get_secret_value()

    @property
    def concurrent_runs(self) -> int:
        """How many runs are at work at once: on SQLite few, whose writers wait 5 s for a lock."""
        if self.max_concurrent_runs is not None:
            return self.max_concurrent_runs
        return 2 if self.database_url is None else 4

    @property
    def is_celery_amqp(self) -> bool:
        """Whether Celery's broker is RabbitMQ rather than Redis."""
        return _plain(self.celery_broker_url).startswith(_AMQP)

    @property
    def celery_urls(self) -> tuple[str | None, str | None]:
        """Celery's broker and result backend in plain text, for the app and for nobody else."""
        broker = _plain(self.celery_broker_url) or None
        return broker, _plain(self.celery_result_backend) or broker

    @property
    def cron_schedule(self) -> str:
        """The nightly schedule as cron writes it."""
        hour, _, minute = self.schedule_time.partition(":")
        return f"{int(minute)} {int(hour)} * * *"


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _address(text: object) -> str:
    """Return an address of the page as browsers name an origin; ValueError if it is none."""
    address = str(text).strip().lower()
    port = address.rstrip("/").rpartition(":")[2]
    if not _ADDRESS.fullmatch(address) or (port.isdigit() and int(port) > 65_535):
        message = "not addresses of the page, such as https://scores.example.org"
        raise ValueError(message)
    return address.rstrip("/")


def read_env_file(path: Path) -> None:
    """Put the settings of a `.env` file into the environment, where it does not have them.

    Other variables in it are left alone: they are not ours to set.
    """
    from dotenv import dotenv_values  # noqa: PLC0415 - most installations have no such file

    try:
        found = dotenv_values(path, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path.absolute()} cannot be read ({type(error).__name__}): it holds settings as "
            "NAME=value lines in UTF-8; mend it, or move it away"
        ) from None
    for name, value in found.items():
        if name.startswith(PREFIX) and value is not None:
            os.environ.setdefault(name, value)


def load_settings(**overrides: object) -> Settings:
    """Read the settings; what is given here goes before the environment."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic validates them
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{str(problem['loc'][0]).upper()}: {in_words(problem)}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        message = f"A setting cannot be used: {problems}."
        raise UsageError(message) from None
