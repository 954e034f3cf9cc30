"""Every URL and address of trust.md 3.4 and attacks A30-A36, and what is public."""

from __future__ import annotations

import pytest

from oversight.lib.ssrf import AddressRefused, UrlRefused, allowed, parse_target, refuse_addresses

ADDRESSES = """
    127.0.0.1 127.8.9.10 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200
    168.63.129.16 192.0.0.8 192.0.0.192 192.88.99.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1
    2002:7f00:1:: 2002:a9fe:a9fe:: 2001:0:53aa:64c::1 2001:db8::1 3fff::1 5f00::1 fec0::1 fe80::1 fe80::1%eth0
    fc00::1 fd00:ec2::254 ff02::1 ff0e::1 100::1 2001:10::1
"""
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001::64", "::ffff:1.1.1.1"]

HOSTS = """
    127.0.0.1 [::1] [::ffff:127.0.0.1] [fd00:ec2::254] 0.0.0.0 169.254.169.254 168.63.129.16 100.100.100.200
    1.1.1.1 localhost localhost. hooks.example.com. 127.1 0x7f.1 0x7f000001 2130706433 0177.0.0.1 0177.1
    ①②⑦.0.0.1 127。0。0。1 hooks。example。com １２７.0.0.1 metadata metadata.google.internal
    printer.local a..example.com .example.com -a.example.com a_b.example.com [fe80::1%25eth0] exa%6dple.com
    EXAMPLE hooks.example.com:22 hooks.example.com:25 hooks.example.com:80 hooks.example.com:5432
    hooks.example.com:6379 hooks.example.com:0 hooks.example.com:99999 hooks.example.com: hooks.example.com:x
    user@evil.example user:pw@evil.example user@evil@host.example @evil.example
"""
REFUSED = (
    "http://hooks.example.com/x",
    "gopher://hooks.example.com/x",
    "file:///etc/passwd",
    "ftp://hooks.example.com/",
    "//hooks.example.com/x",
    "hooks.example.com",
    "",
    "https://",
    "https:///path",
    "https://" + "a" * 500,
    *(f"https://{host}/x" for host in HOSTS.split()),
    "https://host.example\\@evil.example/x",
    "https://host.example/#@evil.example",
    "https://host.example#",
    "https://host.example/a b",
    "https://host.example/a\tb",
    "https://host.example/a\r\nX-Evil: 1",
    "https://host.example/\x00",
    "https://ho\u200bst.example/",
    "https://ho\u00adst.example/",
    "https://host.example/caf\u00e9",
    "https://FAKE\u212a.example/",
)


@pytest.mark.parametrize("address", ADDRESSES.split())
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not allowed(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert allowed(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.1", "1.1.1.1/32", "1.1.1.1 "])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert not allowed(text)


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_breaks_a_rule_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused):
        parse_target(url, allow=())


@pytest.mark.parametrize(
    ("url", "place", "path"),
    [
        ("https://hooks.example.com/a/b?c=d", "hooks.example.com:443", "/a/b?c=d"),
        ("https://Hooks.Example.COM", "hooks.example.com:443", "/"),
        ("https://hooks.example.com:8443/x", "hooks.example.com:8443", "/x"),
        ("https://bücher.example/x", "xn--bcher-kva.example:443", "/x"),
    ],
)
def test_a_plain_https_url_is_accepted(url: str, place: str, path: str) -> None:
    target = parse_target(url, allow=())
    assert (target.place, target.path, target.lifted) == (place, path, False)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:9000/x", "127.0.0.1:9000"),
        ("http://[::1]:9000/x", "[::1]:9000"),
        ("http://localhost:9000/x", "localhost:9000"),
        ("https://gpu-box.lan/x", "gpu-box.lan:443"),
        ("http://gpu-box.lan/x", "gpu-box.lan:80"),
    ],
)
def test_the_operator_lifts_scheme_port_and_address_for_one_place(url: str, place: str) -> None:
    assert parse_target(url, allow=[place]).lifted
    with pytest.raises(UrlRefused, match="OUTBOUND_ALLOW=" + place.replace("[", r"\[").replace("]", r"\]")):
        parse_target(url, allow=["127.0.0.1:9001"])


def test_an_allowed_place_keeps_the_rules_that_have_nothing_to_do_with_the_place() -> None:
    for url in ("http://u@127.0.0.1:9000/", "http://127.0.0.1:9000/#x", "http://127.0.0.1:9000/\\"):
        with pytest.raises(UrlRefused):
            parse_target(url, allow=["127.0.0.1:9000"])


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    target = parse_target("https://hooks.example.com/", allow=())
    refuse_addresses(target, ["1.1.1.1", "2606:4700:4700::1111"])
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.7, which is not a public address; the operator can allow it"):
        refuse_addresses(target, ["1.1.1.1", "10.0.0.7"])


def test_the_origin_leaves_out_path_and_default_port() -> None:
    assert parse_target("https://hooks.example.com/secret", allow=()).origin == "https://hooks.example.com"
    assert parse_target("https://hooks.example.com:8443/s", allow=()).origin == "https://hooks.example.com:8443"
    assert parse_target("http://[::1]:81/s", allow=["[::1]:81"]).origin == "http://[::1]:81"
