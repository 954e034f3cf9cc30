"""The one outbound HTTP client: a checked and pinned address, one request, no redirects, bounded time and bytes."""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.conf import settings

from oversight.lib.ssrf import AddressRefused, OutboundError, Target, UrlRefused, parse_target, refuse_addresses

DNS_S, CONNECT_S, TLS_S, TOTAL_S = 3.0, 5.0, 5.0, 15.0
MAX_BODY = 16 * 1024
MAX_ANSWER = 64 * 1024

Resolver = Callable[[str, int], Sequence[str]]


class DnsFailed(OutboundError):
    """The host name has no address, or its answer took too long."""

    kind = "dns"


class ConnectFailed(OutboundError):
    """No connection, or it broke before a status came."""

    kind = "connect"


class TlsFailed(OutboundError):
    """The certificate or the handshake was refused."""

    kind = "tls"


class TimedOut(OutboundError):
    """The time of the request as a whole was used up."""

    kind = "timeout"


class ProtocolFailed(OutboundError):
    """What came back is not HTTP, or its head does not end."""

    kind = "protocol"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `head` is at most 16 KiB of the body as bytes: never decompressed, never to be rendered."""

    status: int
    peer: str
    retry_after: str
    head: bytes


@dataclass(frozen=True, slots=True)
class Deadline:
    """The wall-clock end of one request."""

    end: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    def left(self, at_most: float = TOTAL_S) -> float:
        """Raises TimedOut when nothing is left."""
        left = min(self.end - time.monotonic(), at_most)
        if left <= 0:
            raise TimedOut("The receiver took too long to answer.")
        return left


class _Answering(io.RawIOBase):
    """A socket's bytes under a deadline and a budget: one byte a second does not hold us, nor does an endless head."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.sock, self.deadline, self.budget = sock, deadline, MAX_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.budget <= 0:
            raise ProtocolFailed("The head of the answer does not end.")
        self.sock.settimeout(self.deadline.left())
        n_bytes = self.sock.recv_into(buffer, min(len(buffer), self.budget))
        self.budget -= n_bytes
        return n_bytes


class _Wire:
    """As much of a socket as http.client uses."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.sock, self.deadline = sock, deadline

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(self.deadline.left())
        self.sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Answering(self.sock, self.deadline), buffer_size=4096)

    def close(self) -> None:
        self.sock.close()


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Every address of a host, in the system's order. getaddrinfo cannot be interrupted, so it runs beside us."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            answers.put(list(dict.fromkeys(str(row[4][0]) for row in found)))
        except OSError as error:
            answers.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=DNS_S)
    except queue.Empty:
        raise DnsFailed(f"{host} could not be resolved within {DNS_S:.0f} s.") from None
    if isinstance(answer, OSError):
        raise DnsFailed(f"{host} could not be resolved: check the name.") from None
    return answer


def check_url(url: str, *, resolver: Resolver = system_resolver) -> Target:
    """What a form does before it saves a URL: everything that `post` does before it connects."""
    target = parse_target(url, allow=settings.OUTBOUND_ALLOW)
    if not target.lifted:
        _addresses(target, resolver)
    return target


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    resolver: Resolver = system_resolver,
    total_s: float = TOTAL_S,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """Send one POST. Raises an OutboundError of the class of what went wrong; any status is an answer."""
    deadline = Deadline.after(total_s)
    _refuse_headers(headers)
    target = parse_target(url, allow=settings.OUTBOUND_ALLOW)
    sock = _connect(target, _addresses(target, resolver), deadline)
    try:
        peer = str(sock.getpeername()[0])
        if target.scheme == "https":
            sock = _encrypt(sock, target, trust or _system_trust(), deadline)
        return _exchange(sock, target, body, headers, deadline, peer)
    finally:
        sock.close()


def _addresses(target: Target, resolver: Resolver) -> Sequence[str]:
    addresses = resolver(target.host, target.port)
    if not addresses:
        raise DnsFailed(f"{target.host} has no address.")
    refuse_addresses(target, addresses)
    return addresses


def _connect(target: Target, addresses: Sequence[str], deadline: Deadline) -> socket.socket:
    """The first address that answers; each was checked, and the peer is compared with what was asked for."""
    patience = Deadline.after(min(CONNECT_S, deadline.left()))
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(patience.left())
            sock.connect((address, target.port))
            _refuse_peer(sock, target, address)
        except (OutboundError, OSError) as error:
            sock.close()
            if isinstance(error, AddressRefused):
                raise
            if isinstance(error, TimedOut):
                break
        else:
            return sock
    raise ConnectFailed(f"No connection to {target.place}.")


def _refuse_peer(sock: socket.socket, target: Target, pinned: str) -> None:
    peer, own = str(sock.getpeername()[0]), str(sock.getsockname()[0])
    if ipaddress.ip_address(peer) != ipaddress.ip_address(pinned):
        raise AddressRefused(f"{target.host}: connected to another address than the one that was checked.")
    refuse_addresses(target, [peer])
    # Whoever reaches us from our own public address sits behind our own firewall.
    if peer == own and not target.lifted:
        raise AddressRefused(f"{target.host} is this machine's own address.")


@cache
def _system_trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _encrypt(sock: socket.socket, target: Target, trust: ssl.SSLContext, deadline: Deadline) -> ssl.SSLSocket:
    sock.settimeout(deadline.left(TLS_S))
    try:
        return trust.wrap_socket(sock, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        raise TlsFailed(f"The certificate of {target.host} was refused: {error.verify_message}.") from None
    except TimeoutError:
        raise TimedOut(f"{target.host} took too long over the TLS handshake.") from None
    except OSError:
        raise TlsFailed(f"The TLS handshake with {target.host} failed.") from None


def _exchange(
    sock: socket.socket, target: Target, body: bytes, headers: Mapping[str, str], deadline: Deadline, peer: str
) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = cast("socket.socket", _Wire(sock, deadline))
    try:
        connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**_own_headers(target, body), **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, peer, response.headers.get("Retry-After", ""), _head(response))
    except TimeoutError:
        raise TimedOut(f"{target.host} took too long to answer.") from None
    except http.client.RemoteDisconnected:
        raise ConnectFailed(f"{target.host} closed the connection without an answer.") from None
    except http.client.HTTPException:
        raise ProtocolFailed(f"{target.host} did not answer in HTTP.") from None
    except OSError:
        raise ConnectFailed(f"The connection to {target.host} broke.") from None


def _own_headers(target: Target, body: bytes) -> dict[str, str]:
    return {
        "Host": target.origin.partition("://")[2],
        "User-Agent": "Oversight-Webhook/1",
        "Accept-Encoding": "identity",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }


def _refuse_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not (name + value).isascii() or not (name + value).isprintable():
            raise UrlRefused("A header may hold printable ASCII only.")


def _head(response: http.client.HTTPResponse) -> bytes:
    """What can be had of the body. The status has come, so a body that stops, breaks or never ends changes nothing."""
    head = bytearray()
    try:
        while len(head) < MAX_BODY and (chunk := response.read1(MAX_BODY - len(head))):
            head += chunk
    except (OSError, http.client.HTTPException, OutboundError):
        return bytes(head)
    return bytes(head)
