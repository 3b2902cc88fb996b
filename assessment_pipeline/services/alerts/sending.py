"""Sending alerts: to every channel that the settings name, whether or not the other one works.

Mail goes by SMTP: `smtps://` is encrypted from the start, `smtp://` by STARTTLS, which only a
server on this machine does without. Slack gets the same text through an incoming webhook and needs
the extra `slack`. Errors name the channel and what to look at, never an address, a secret or what
a server answered.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from assessment_pipeline.errors import AlertError, how_to_install
from assessment_pipeline.services.alerts.messages import Alert
from assessment_pipeline.settings import Settings

TIMEOUT_SECONDS: Final = 20
_SMTPS_PORT: Final = 465
_SUBMISSION_PORT: Final = 587


def is_configured(settings: Settings) -> bool:
    """Whether there is anybody to be told."""
    return bool(settings.alert_email_to) or settings.alert_slack_webhook is not None


def send(settings: Settings, alert: Alert, *, tls: ssl.SSLContext | None = None) -> None:
    """Send an alert to whoever is configured.

    Args:
        settings: the channels.
        alert: what to tell.
        tls: whom to trust; by default who this machine trusts.

    Raises:
        AlertError: a channel did not take it; the others were tried.
    """
    problems = []
    if settings.alert_email_to and settings.smtp_url and settings.alert_email_from:
        mail = _mail(alert, settings.alert_email_from, settings.alert_email_to)
        try:
            send_mail(mail, settings.smtp_url.get_secret_value(), tls)
        except (OSError, smtplib.SMTPException) as error:
            problems.append(
                f"The mail server did not take an alert ({_kind(error)}): look at "
                "ASSESSMENT_PIPELINE_SMTP_URL, and whether the server can be reached."
            )
    if settings.alert_slack_webhook is not None:
        problem = _slack_problem(alert, settings.alert_slack_webhook.get_secret_value())
        problems += [problem] if problem else []
    if problems:
        raise AlertError(" ".join(problems))


def _mail(alert: Alert, sender: str, receivers: tuple[str, ...]) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = alert.subject
    mail["From"] = sender
    mail["To"] = ", ".join(receivers)
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    # No answer from a machine to a machine.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(alert.text)
    return mail


def send_mail(mail: EmailMessage, url: str, tls: ssl.SSLContext | None = None) -> None:
    """Hand a mail to the server of a URL; OSError or SMTPException if it does not take it."""
    parts = urlsplit(url)
    host, user, password = (
        unquote(part or "") for part in (parts.hostname, parts.username, parts.password)
    )
    context = tls or ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, parts.port or _SMTPS_PORT, timeout=TIMEOUT_SECONDS, context=context)
        if parts.scheme == "smtps"
        else smtplib.SMTP(host, parts.port or _SUBMISSION_PORT, timeout=TIMEOUT_SECONDS)
    ) as server:
        if parts.scheme == "smtp" and not _is_this_machine(host):
            server.starttls(context=context)
        if user:
            server.login(user, password)
        server.send_message(mail)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _slack_problem(alert: Alert, webhook: str) -> str | None:
    """Post an alert to Slack; return what went wrong, if anything did."""
    try:
        from slack_sdk.webhook import WebhookClient  # noqa: PLC0415 - an extra, which few have
    except ImportError:
        return (
            f"Slack cannot be told: the extra `slack` is not installed; {how_to_install('slack')}."
        )
    try:
        answer = WebhookClient(webhook, timeout=TIMEOUT_SECONDS).send(
            text=f"*{alert.subject}*\n```\n{alert.text}```"
        )
    except Exception as error:  # noqa: BLE001 - whatever the library raises, its text may hold the URL
        kind = _kind(error)
    else:
        if answer.status_code == 200:
            return None
        kind = f"status {answer.status_code}"
    return f"Slack did not take an alert ({kind}): look at ASSESSMENT_PIPELINE_ALERT_SLACK_WEBHOOK."


def _kind(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
