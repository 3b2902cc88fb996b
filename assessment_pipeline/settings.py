"""Settings, read from the environment: every variable is named `ASSESSMENT_PIPELINE_<FIELD>`.

What an operator may set, and nothing else. Secrets are read here and handed on, never logged.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assessment_pipeline.errors import UsageError

PREFIX = "ASSESSMENT_PIPELINE_"

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
_OWNER = re.compile(r"team:[A-Za-z0-9_-]+")
_MAIL_SCHEMES = {"smtp", "smtps"}
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
