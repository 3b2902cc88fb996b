"""Sending alerts: whoever is configured is told, secrets stay where they are."""

import json
import smtplib
import ssl
import sys
from pathlib import Path

import pytest

from assessment_pipeline.errors import AlertError
from assessment_pipeline.services.alerts import sending
from assessment_pipeline.services.alerts.messages import Alert
from assessment_pipeline.services.alerts.sending import is_configured, send
from assessment_pipeline.settings import Settings, load_settings
from assessment_pipeline_tests.mail_servers import certified, mail_server, web_hook

ALERT = Alert("Scoring failed: 2026-11-20", "Why: the disk is full – look at it.\n")
CANARY = "s3cret-canary"


def settings(url: str, to: str = "night@example.org, day@example.org") -> Settings:
    return load_settings(smtp_url=url, alert_email_from="scoring@example.org", alert_email_to=to)


def test_nothing_is_configured_and_nothing_sent_by_default() -> None:
    assert not is_configured(load_settings())
    send(load_settings(), ALERT)


def test_a_mail_reaches_everybody_with_its_text() -> None:
    with mail_server() as server:
        send(settings(f"smtp://127.0.0.1:{server.port}"), ALERT)
    (mail,) = server.mails
    assert mail["Subject"] == ALERT.subject
    assert mail["From"] == "scoring@example.org"
    assert mail.get_content().replace("\r\n", "\n") == ALERT.text
    assert mail["Auto-Submitted"] == "auto-generated"
    assert server.receivers == ["night@example.org", "day@example.org"]
    assert server.logins == []


def test_smtps_is_encrypted_and_logs_in_with_what_the_url_says(tmp_path: Path) -> None:
    server_tls, client_tls = certified(tmp_path)
    with mail_server(server_tls) as server:
        url = f"smtps://scoring%40example.org:p%3Ass@localhost:{server.port}"
        send(settings(url), ALERT, tls=client_tls)
    assert server.logins == [("scoring@example.org", "p:ss")]
    assert server.encrypted == [True]


def test_starttls_comes_before_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_is_this_machine", lambda _: False)
    server_tls, client_tls = certified(tmp_path)
    with mail_server(starttls=server_tls) as server:
        url = f"smtp://scoring:secret@localhost:{server.port}"
        send(settings(url), ALERT, tls=client_tls)
    assert (server.logins, server.encrypted) == ([("scoring", "secret")], [True])


def test_a_server_that_nobody_vouches_for_gets_no_password(tmp_path: Path) -> None:
    server_tls, _ = certified(tmp_path)
    with mail_server(server_tls) as server:
        url = f"smtps://scoring:{CANARY}@localhost:{server.port}"
        with pytest.raises(AlertError, match=r"SSLCertVerificationError") as refused:
            send(settings(url), ALERT, tls=ssl.create_default_context())
    assert server.logins == []
    assert CANARY not in str(refused.value)


def test_a_password_never_crosses_the_network_without_starttls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # This machine's server, which offers no STARTTLS, taken for one elsewhere.
    monkeypatch.setattr(sending, "_is_this_machine", lambda _: False)
    with mail_server() as server:
        url = f"smtp://scoring:{CANARY}@127.0.0.1:{server.port}"
        with pytest.raises(AlertError, match="SMTPNotSupportedError"):
            send(settings(url), ALERT)
    assert server.logins == []


@pytest.mark.parametrize(
    ("host", "is_this"),
    [("localhost", True), ("127.0.0.2", True), ("::1", True), ("mail.example.org", False)],
)
def test_this_machine_is_known_by_its_addresses(host: str, is_this: bool) -> None:
    assert sending._is_this_machine(host) is is_this


def test_a_mail_that_is_refused_is_an_error_that_repeats_nothing() -> None:
    with mail_server(answer="554 no mail from s3cret-canary") as server:
        url = f"smtp://127.0.0.1:{server.port}"
        with pytest.raises(AlertError, match=r"SMTPDataError 554.*SMTP_URL") as refused:
            send(settings(url), ALERT)
    assert CANARY not in str(refused.value)
    assert not isinstance(refused.value.__context__, smtplib.SMTPException)


def test_slack_gets_the_same_text() -> None:
    with web_hook() as hook:
        send(load_settings(alert_slack_webhook=f"http://127.0.0.1:{hook.port}/{CANARY}"), ALERT)
    (body,) = hook.bodies
    text = json.loads(body)["text"]
    assert ALERT.subject in text
    assert ALERT.text in text


def test_one_way_that_fails_does_not_keep_the_other_from_being_used() -> None:
    with mail_server() as server, web_hook(status=404) as hook:
        chosen = settings(f"smtp://127.0.0.1:{server.port}").model_dump()
        hook_url = f"http://127.0.0.1:{hook.port}/{CANARY}"
        both = load_settings(**chosen | {"alert_slack_webhook": hook_url})
        with pytest.raises(AlertError, match="status 404") as refused:
            send(both, ALERT)
    assert len(server.mails) == 1
    assert CANARY not in str(refused.value)
    assert "secret-of-the-server" not in str(refused.value)


def test_slack_that_cannot_be_reached_is_an_error_without_its_address() -> None:
    with web_hook() as hook:
        url = f"http://127.0.0.1:{hook.port}/{CANARY}"
    with pytest.raises(AlertError, match=r"Slack did not take an alert \(URLError\)") as refused:
        send(load_settings(alert_slack_webhook=url), ALERT)
    assert CANARY not in str(refused.value)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "slack_sdk.webhook", None)
    with pytest.raises(AlertError, match=r"pip install '\.\[slack\]'"):
        send(load_settings(alert_slack_webhook="https://hooks.example.org/x"), ALERT)
