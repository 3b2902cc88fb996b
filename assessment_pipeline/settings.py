"""Settings, read from the environment: every variable is named `ASSESSMENT_PIPELINE_<FIELD>`.

What an operator may set, and nothing else. Secrets are read here and handed on, never logged.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assessment_pipeline.errors import UsageError

PREFIX = "ASSESSMENT_PIPELINE_"

# The beginnings of URLs. As a result backend the others keep pickles, or tell only who sent a task.
_REDIS = ("redis://", "rediss://", "redis+socket://", "sentinel://")
_AMQP = ("amqp://", "amqps://", "pyamqp://")

_ADDRESS = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?/?")


class Settings(BaseSettings):
    """What an installation can be told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
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
        description="A Postgres database for the ledger, instead of the home's SQLite file.",
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
    celery_longest_run_seconds: int = Field(
        default=14_400,
        ge=60,
        description="What a task may take at most; a worker that takes longer is killed.",
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

    @field_validator("database_url")
    @classmethod
    def _empty_is_none(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value and value.get_secret_value() else None

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


def load_settings(**overrides: object) -> Settings:
    """Read the settings; what is given here goes before the environment."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic validates them
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        message = f"A setting cannot be used: {problems}."
        raise UsageError(message) from None
