"""A time-stamp authority of the tests' own: a throw-away root, and a server on loopback.

Needs the program `openssl`, which makes the certificates and the time stamps.
"""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

_CONFIG = """\
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[stamps]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class TimestampAuthority:
    """Signs time stamps by a certificate under a root of its own."""

    def __init__(self, folder: Path, *, is_expired: bool = False) -> None:
        """Make the certificates in a folder; skip where there is no openssl."""
        program = shutil.which("openssl")
        if program is None:
            pytest.skip("there is no openssl (Debian: openssl)")
        self._program = program
        self._folder = folder
        self.root = folder / "root.pem"
        folder.mkdir(parents=True)
        (folder / "openssl.cnf").write_text(_CONFIG)
        (folder / "serial").write_text("01")
        self._run(
            *("req", "-x509", *_KEY, "-keyout", "root.key", "-out", "root.pem"),
            *("-subj", "/CN=Root of tests", "-days", "30", "-config", "openssl.cnf"),
            *("-extensions", "root"),
        )
        self._run(
            *("req", "-new", *_KEY, "-keyout", "stamps.key", "-out", "stamps.csr"),
            *("-subj", "/CN=Signer of tests", "-config", "openssl.cnf"),
        )
        self._run(
            *("x509", "-req", "-in", "stamps.csr", "-CA", "root.pem", "-CAkey", "root.key"),
            *("-CAcreateserial", "-out", "stamps.pem", "-days", "30"),
            *("-extfile", "openssl.cnf", "-extensions", "stamps"),
        )
        if is_expired:
            self._expire()

    def _expire(self) -> None:
        """Make the signer's certificate one of last year, which openssl 3.0 cannot write."""
        key = load_pem_private_key((self._folder / "root.key").read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        path = self._folder / "stamps.pem"
        signer = x509.load_pem_x509_certificate(path.read_bytes())
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(signer.subject)
            .issuer_name(signer.issuer)
            .public_key(signer.public_key())
            .serial_number(signer.serial_number)
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now - timedelta(days=30))
        )
        for extension in signer.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        path.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))

    def answer(self, query: bytes) -> bytes:
        """Return the time stamp that a query asks for."""
        (self._folder / "query").write_bytes(query)
        self._run(
            *("ts", "-reply", "-queryfile", "query", "-out", "answer", "-section", "tsa"),
            *("-signer", "stamps.pem", "-inkey", "stamps.key", "-config", "openssl.cnf"),
        )
        return (self._folder / "answer").read_bytes()

    def says_yes_to(self, content: Path, stamp: Path) -> bool:
        """Whether openssl, which is not of ours, takes a stamp for one of a file."""
        command = ("ts", "-verify", "-data", content, "-in", stamp, "-CAfile", self.root)
        found = subprocess.run([self._program, *command], capture_output=True, check=False)
        return found.returncode == 0

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [self._program, *arguments], cwd=self._folder, capture_output=True, check=True
        )


@contextmanager
def served(answer: Callable[[bytes], bytes], status: int = 200) -> Iterator[str]:
    """Answer every POST on loopback; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            content = answer(query)
            self.send_response(status)
            if status in {301, 302, 307}:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
