"""The client against a real receiver that behaves badly, and against resolvers that lie."""

from __future__ import annotations

import datetime
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from oversight.lib import outbound
from oversight.lib.outbound import ConnectFailed, DnsFailed, ProtocolFailed, TimedOut, TlsFailed, check_url, post
from oversight.lib.ssrf import AddressRefused, UrlRefused
from tests.receiver import (
    Behaviour,
    Receiver,
    answer,
    drip,
    endless_continue,
    endless_head,
    flood,
    not_http,
    reset,
)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with Receiver() as running:
        settings.OUTBOUND_ALLOW = (running.place,)
        yield running


def test_a_post_arrives_with_its_headers_and_body(receiver: Receiver) -> None:
    receiver.script = [answer(202, b"thanks", Retry_After="7")]
    got = post(receiver.url + "?q=1", b'{"a": 1}', {"Content-Type": "application/json", "webhook-id": "msg_1"})
    assert (got.status, got.head, got.retry_after, got.peer) == (202, b"thanks", "7", "127.0.0.1")
    (request,) = receiver.received
    assert (request.method, request.path, request.body) == ("POST", "/hook?q=1", b'{"a": 1}')
    assert request.headers["host"] == receiver.place
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["connection"] == "close"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver, status: int) -> None:
    with Receiver() as canary:
        receiver.script = [answer(status, Location=canary.url)]
        assert post(receiver.url, b"", {}).status == status
        assert canary.received == []
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [(drip, TimedOut), (endless_head, ProtocolFailed), (not_http, ProtocolFailed), (reset, ConnectFailed)],
)
def test_a_receiver_that_never_comes_to_an_answer_is_left(
    receiver: Receiver, behaviour: Behaviour, error: type[Exception]
) -> None:
    receiver.script = [behaviour]
    began = time.monotonic()
    with pytest.raises(error):
        post(receiver.url, b"", {}, total_s=0.6)
    assert time.monotonic() - began < 20


def test_interim_answers_without_end_are_cut_off(receiver: Receiver) -> None:
    receiver.script = [endless_continue]
    with pytest.raises((ProtocolFailed, TimedOut)):
        post(receiver.url, b"", {}, total_s=2)


def test_an_endless_body_is_cut_at_sixteen_kibibytes(receiver: Receiver) -> None:
    receiver.script = [flood]
    got = post(receiver.url, b"", {})
    assert (got.status, len(got.head)) == (200, outbound.MAX_BODY)


def test_a_compressed_body_is_not_unpacked(receiver: Receiver) -> None:
    receiver.script = [answer(200, b"\x1f\x8b\x08bomb", Content_Encoding="gzip")]
    assert post(receiver.url, b"", {}).head == b"\x1f\x8b\x08bomb"


def test_nobody_listening_is_a_failed_connection(settings: Settings) -> None:
    with Receiver() as gone:
        settings.OUTBOUND_ALLOW = (gone.place,)
    with pytest.raises(ConnectFailed):
        post(gone.url, b"", {})


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["1.1.1.1", "::1"], ["169.254.169.254"], ["64:ff9b::a9fe:a9fe"]],
)
def test_a_name_with_any_private_address_is_refused_before_connecting(settings: Settings, addresses: list[str]) -> None:
    with Receiver() as canary:
        settings.OUTBOUND_ALLOW = ()
        with pytest.raises(AddressRefused):
            post("https://hooks.example.com/x", b"", {}, resolver=lambda host, port: addresses)
        assert canary.received == []


def test_a_name_that_turns_private_after_it_was_saved_is_refused_at_connect(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ()
    answers = iter([["1.1.1.1"], ["10.0.0.5"]])

    def rebinding(host: str, port: int) -> list[str]:
        return next(answers)

    assert check_url("https://hooks.example.com/x", resolver=rebinding).host == "hooks.example.com"
    with pytest.raises(AddressRefused, match=r"OUTBOUND_ALLOW=hooks\.example\.com:443"):
        post("https://hooks.example.com/x", b"", {}, resolver=rebinding)


def test_a_name_without_an_address_is_a_dns_failure(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ()
    with pytest.raises(DnsFailed):
        check_url("https://hooks.example.com/x", resolver=lambda host, port: [])


def test_an_allowed_place_is_saved_without_asking_the_resolver(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ("hooks.lan:8000",)
    target = check_url("http://hooks.lan:8000/x", resolver=lambda host, port: pytest.fail("resolved"))
    assert target.lifted


def test_the_environment_names_no_proxy_that_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(receiver.url, b"", {}).status == 200


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "caf\u00e9"])
def test_a_header_that_could_split_the_request_never_reaches_the_wire(receiver: Receiver, value: str) -> None:
    with pytest.raises(UrlRefused):
        post(receiver.url, b"", {"webhook-id": value})
    assert receiver.received == []


def _certificate(folder: Path, name: str, *, days: int) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


def _tls_receiver(folder: Path, name: str, *, days: int = 30) -> tuple[Receiver, ssl.SSLContext]:
    cert_file, key_file = _certificate(folder, name, days=days)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert_file, key_file)
    return Receiver(tls=server), ssl.create_default_context(cafile=str(cert_file))


def test_tls_with_the_right_name_and_a_trusted_chain_goes_through(settings: Settings, tmp_path: Path) -> None:
    receiver, trust = _tls_receiver(tmp_path, "hooks.test")
    with receiver:
        port = receiver.place.rpartition(":")[2]
        settings.OUTBOUND_ALLOW = (f"hooks.test:{port}",)
        got = post(f"https://hooks.test:{port}/x", b"", {}, resolver=lambda host, port: ["127.0.0.1"], trust=trust)
    assert got.status == 200


@pytest.mark.parametrize(("name", "days"), [("other.test", 30), ("hooks.test", -1)])
def test_a_certificate_of_another_host_or_time_is_refused(
    settings: Settings, tmp_path: Path, name: str, days: int
) -> None:
    receiver, trust = _tls_receiver(tmp_path, name, days=days)
    with receiver:
        port = receiver.place.rpartition(":")[2]
        settings.OUTBOUND_ALLOW = (f"hooks.test:{port}",)
        with pytest.raises(TlsFailed, match="certificate"):
            post(f"https://hooks.test:{port}/x", b"", {}, resolver=lambda host, port: ["127.0.0.1"], trust=trust)
    assert receiver.received == []


def test_a_self_signed_certificate_is_refused(settings: Settings, tmp_path: Path) -> None:
    receiver, _ = _tls_receiver(tmp_path, "hooks.test")
    with receiver:
        port = receiver.place.rpartition(":")[2]
        settings.OUTBOUND_ALLOW = (f"hooks.test:{port}",)
        with pytest.raises(TlsFailed):
            post(f"https://hooks.test:{port}/x", b"", {}, resolver=lambda host, port: ["127.0.0.1"])
