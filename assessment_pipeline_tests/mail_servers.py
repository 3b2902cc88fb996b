"""Servers of the tests that take mail and Slack messages, and keep them to be looked at."""

import base64
import http.server
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Received:
    """What a server was given."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


class _Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to log in and hand over a mail."""

    received: Received
    answer: str
    tls: ssl.SSLContext | None
    starttls: ssl.SSLContext | None
    is_encrypted = False

    def setup(self) -> None:
        if self.tls is not None:
            self.request = self.tls.wrap_socket(self.request, server_side=True)
            self.is_encrypted = True
        super().setup()

    def finish(self) -> None:
        super().finish()
        # Wrapped in TLS it is another socket than the one that the server closes.
        self.request.close()

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            if verb == "QUIT":
                self.say("221 bye")
                return
            getattr(self, f"take_{verb.lower()}", self.take_any)(rest)

    def take_any(self, _: str) -> None:
        self.say("250 ok")

    def take_ehlo(self, _: str) -> None:
        offers = self.starttls is not None and not self.is_encrypted
        self.say("250-here", "250 STARTTLS" if offers else "250 AUTH PLAIN")

    def take_starttls(self, _: str) -> None:
        assert self.starttls is not None
        self.say("220 go on")
        self.request = self.starttls.wrap_socket(self.request, server_side=True)
        self.is_encrypted = True
        super().setup()

    def take_auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.received.logins.append((user, password))
        self.say("235 welcome")

    def take_rcpt(self, rest: str) -> None:
        self.received.receivers.append(rest.partition("<")[2].rstrip(">"))
        self.say("250 ok")

    def take_data(self, _: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        mail = message_from_bytes(b"".join(lines), EmailMessage, policy=default)
        self.received.encrypted.append(self.is_encrypted)
        self.received.mails.append(mail)
        self.say(self.answer)


@contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None,
    *,
    starttls: ssl.SSLContext | None = None,
    answer: str = "250 ok",
) -> Iterator[Received]:
    """Take mails on a free port, encrypted from the start, after STARTTLS, or not at all.

    `answer` is what it says to a mail.
    """
    received = Received(0)
    told = {"received": received, "answer": answer, "tls": tls, "starttls": starttls}
    conversation = type("Conversation", (_Conversation,), told)
    with _served(_QuietServer(("127.0.0.1", 0), conversation), received):
        yield received


class _QuietServer(socketserver.ThreadingTCPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that hangs up because it does not trust this server."""


@contextmanager
def web_hook(status: int = 200) -> Iterator[Received]:
    """Take POST requests on a free port, and answer with a status."""
    received = Received(0)

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"secret-of-the-server")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _served(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer), received):
        yield received


@contextmanager
def _served(server: socketserver.TCPServer, received: Received) -> Iterator[None]:
    received.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return how a server on this machine and a client that trusts it speak TLS."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    encoding = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(encoding)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))
