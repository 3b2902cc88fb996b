"""Settings, read from the environment: every variable is named `ASSESSMENT_PIPELINE_<FIELD>`.

What an operator may set, and nothing else. Secrets are read here and handed on, never logged.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assessment_pipeline.errors import UsageError

PREFIX = "ASSESSMENT_PIPELINE_"

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

    @field_validator("database_url", "delivery_source", "delivery_database_url")
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
    def cron_schedule(self) -> str:
        """The nightly schedule as cron writes it."""
        hour, _, minute = self.schedule_time.partition(":")
        return f"{int(minute)} {int(hour)} * * *"


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
