"""Addresses that commands serve at: read, and found free, before anything is started."""

import ipaddress
import socket
from typing import TypeAlias

from assessment_pipeline.errors import UsageError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_of(host: str) -> Address:
    """Return the address of a host; UsageError if it is none."""
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise UsageError(
            f"{host!r} is no IP address; use 127.0.0.1 or ::1, or leave --host out."
        ) from None


def require_free(address: str, port: int) -> None:
    """Refuse a port that cannot be listened on."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            raise UsageError(
                f"Port {port} of {address} cannot be used ({error.strerror}); "
                "choose another with --port."
            ) from None
