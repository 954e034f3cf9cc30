"""Where an outbound request may go: one parser of URLs, one rule for addresses. Only `outbound` sends."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

import idna

PORTS = frozenset({443, 8443})
MAX_URL = 500
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
# The last label of a host name is never a number: `127.1`, `0x7f.1` and `2130706433` are addresses to some parsers.
_NUMBER = re.compile(r"(\d+|0x[0-9a-f]*)\Z")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Cs", "Co", "Cn"})
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")

# `is_global` of Python 3.11 takes these for public; measured, with what hides behind each.
_REFUSED_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "192.0.0.0/24",  # protocol assignments
            "192.88.99.0/24",  # 6to4 relays
            "168.63.129.16/32",  # Azure's wire server: credentials of the machine
        ),
    )
)
# Of IPv6 only 2000::/3 is unicast on the Internet; outside it lie ::/96, NAT64, site-local, SRv6 and multicast.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them: embeds IPv4
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: embeds IPv4
            "3fff::/20",  # documentation
        ),
    )
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundError(Exception):
    """A request that was not made, or got no answer. `kind` goes to logs and pages; it holds nothing of the answer."""

    kind: ClassVar[str] = "outbound"


class UrlRefused(OutboundError):
    """The URL itself breaks a rule."""

    kind = "url_refused"


class AddressRefused(OutboundError):
    """The host has an address that is not public."""

    kind = "address_refused"


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URL. `host` is canonical ASCII; `lifted` means that the operator allowed exactly this host and port."""

    scheme: str
    host: str
    port: int
    path: str
    lifted: bool

    @property
    def place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, without the path, which can be a secret."""
        default = {"https": 443, "http": 80}[self.scheme]
        host = self.place if self.port != default else self.place.rsplit(":", 1)[0]
        return f"{self.scheme}://{host}"


def allowed(address: str) -> bool:
    """Whether an address is public unicast. IPv4 inside IPv6 is judged as IPv4 (mapped) or refused (all others)."""
    try:
        ip: Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return allowed(str(ip.ipv4_mapped))
        return ip.is_global and ip.scope_id is None and ip in _PUBLIC_V6 and not any(ip in net for net in _REFUSED_V6)
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _REFUSED_V4)


def parse_target(url: str, *, allow: Collection[str]) -> Target:
    """The one parser. Raises UrlRefused with a sentence that names the rule; `allow` lists places as host:port."""
    _refuse_characters(url)
    parts = _split(url)
    port = _port(parts)
    host, literal = _canonical_host(_host(parts))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, port, path, lifted=False)
    if target.place in {place.lower() for place in allow}:
        return Target(parts.scheme, host, port, path, lifted=True)
    _refuse_place(target, literal=literal)
    return target


def _refuse_characters(url: str) -> None:
    if not url or len(url) > MAX_URL:
        raise UrlRefused(f"The URL must have 1 to {MAX_URL} characters.")
    for character in url:
        if character == "\\" or unicodedata.category(character) in _REFUSED_CATEGORIES:
            raise UrlRefused(
                f"The URL contains the character U+{ord(character):04X}, which different programs read differently."
            )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UrlRefused("The URL cannot be parsed.") from None
    if parts.scheme not in ("https", "http"):
        raise UrlRefused("The URL must begin with https://.")
    if "@" in parts.netloc:
        raise UrlRefused("The URL must not contain a user name or password.")
    if parts.fragment or url.endswith("#"):
        raise UrlRefused("The URL must not contain a fragment (#).")
    if not (parts.path + parts.query).isascii():
        raise UrlRefused("The path of the URL must be ASCII; percent-encode other characters.")
    return parts


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.netloc.endswith(":") or port == 0:
        raise UrlRefused("The port of the URL is not a number from 1 to 65535.")
    return port or (443 if parts.scheme == "https" else 80)


def _host(parts: SplitResult) -> str:
    # Not `parts.hostname`: it lowers the case, by which U+212A would become a k before anybody looks at it.
    if parts.netloc.startswith("["):
        return parts.netloc[1:].partition("]")[0]
    return parts.netloc.partition(":")[0]


def _canonical_host(host: str) -> tuple[str, bool]:
    """The host in ASCII, and whether it is an IP literal."""
    try:
        return str(ipaddress.ip_address(host)), True
    except ValueError:
        pass
    if not host.isascii():
        host = _idna(host)
    labels = host.lower().split(".")
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise UrlRefused(f"{host!r} is not a host name in its plain form.")
    if _NUMBER.match(labels[-1]):
        raise UrlRefused(f"{host!r} is a number, not a host name.")
    return host.lower(), False


def _idna(host: str) -> str:
    try:
        # Ideographic and full-width dots separate labels for idna, and are no dots for others.
        if any(character in "\u3002\uff0e\uff61" for character in host):
            raise idna.IDNAError("a dot that is not a full stop")
        return idna.encode(host, strict=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise UrlRefused("The host name is not a valid international name (IDNA 2008).") from None


def _refuse_place(target: Target, *, literal: bool) -> None:
    if target.scheme != "https":
        raise UrlRefused(f"The URL must begin with https://; the operator can allow {_permit(target)}.")
    if target.port not in PORTS:
        raise UrlRefused(f"Port {target.port} is not 443 or 8443; the operator can allow {_permit(target)}.")
    if literal:
        raise UrlRefused(f"The host must be a name, not an address; the operator can allow {_permit(target)}.")
    if "." not in target.host or target.host.endswith(_LOCAL_SUFFIXES):
        raise UrlRefused(f"{target.host} is not a public name; the operator can allow {_permit(target)}.")


def _permit(target: Target) -> str:
    return f"it with OUTBOUND_ALLOW={target.place}"


def refuse_addresses(target: Target, addresses: Collection[str]) -> None:
    """One bad address refuses them all, so that a mixed answer cannot be played."""
    if target.lifted:
        return
    for address in addresses:
        if not allowed(address):
            raise AddressRefused(
                f"{target.host} has the address {address}, which is not a public address; the operator can allow"
                f" {_permit(target)}."
            )
