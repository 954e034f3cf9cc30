"""The bad inputs of the catalogue, each by its number, through the real HTTP door."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import socket
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import httpx
import pytest
import zstandard
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.segment import segment
from oversight.accounts.models import Project, Scope, User
from oversight.embedded.cluster import Temporary
from oversight.transcripts import selectors
from oversight.transcripts.allowance import ALLOWANCE
from oversight.transcripts.exact_text import to_stored
from oversight.transcripts.models import Message, RejectedInput, Transcript
from tests import factories
from tests.browser.house import House, environment_for, free_port
from tests.oversight.transcripts.doors import URL, Post, poster, served, token

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> Iterator[None]:
    if "services" in request.fixturenames or "db" in request.fixturenames or "committed_db" in request.fixturenames:
        cache.clear()
    ALLOWANCE.reset()
    yield
    ALLOWANCE.reset()


@pytest.fixture
def post(db: None, client: Client, project: Project) -> Post:
    return poster(client, project)


def raw_of(client: Client, project: Project, id_: str) -> bytes:
    headers = {"Authorization": f"Bearer {token(project, Scope.READ_CONTENT)}"}
    return bytes(client.get(f"{URL}/{id_}/raw", headers=headers).content)


# --- A16: keys that mean something elsewhere

NAMES = ["__proto__", "constructor.prototype.x", "__class__", "__init__.__globals__", "prototype", "toString"]


@pytest.mark.parametrize("name", NAMES)
def test_A16_keys_are_stored_inert_wherever_they_stand(
    post: Post, client: Client, project: Project, dave: User, client_of: ClientOf, name: str
) -> None:
    value = {name: {name: {"polluted": True}}}
    record = factories.native(id=name, labels={name: value}, meta={name: value})
    record["messages"][1]["parts"].append({"type": "tool_call", "name": name, "text": json.dumps(value), name: value})
    answer = post({**record, name: value})
    assert answer.status_code == 201, answer.content
    id_ = answer.json()["id"]
    stored = Transcript.objects.get(pk=id_)
    assert stored.metadata.meta[name] == value
    assert stored.labels.get().name == name
    for tab in ("", "origin"):
        assert client_of(dave).get(f"/traces/{id_}/{tab}").status_code == 200
    assert not hasattr({}, "polluted")


# --- A17: text that templates could obey

FORMATS = ["{0.__class__}", "%s%n%(x)s", "{monitor.secret}", "{{ settings.SECRET_KEY }}", "{% debug %}", "${7*7}"]


@pytest.mark.parametrize("text", FORMATS)
def test_A17_template_text_is_literal_everywhere(
    post: Post, client: Client, project: Project, dave: User, client_of: ClientOf, text: str
) -> None:
    id_ = post(factories.native(id=text, model=text, prompt=text, reasoning=text, answer=text)).json()["id"]
    stored = Transcript.objects.get(pk=id_)
    assert (stored.external_id, stored.model_run.model) == (text, text)
    browser = client_of(dave)
    for page in (f"/traces/{id_}/", f"/traces/{id_}/origin", "/traces/"):
        shown = browser.get(page)
        assert shown.status_code == 200
        assert text in unescape(shown.content.decode())


# --- A18: bytes that are no text

BYTES = {
    "nul": b'{"prompt": "a\x00b"}',
    "escaped nul": b'{"prompt": "a\\u0000b"}',
    "lone high": b'{"prompt": "\\ud800"}',
    "lone low": b'{"prompt": "\\udc00x"}',
    "ff": b'{"prompt": "\xff"}',
    "overlong": b'{"prompt": "\xc0\xaf"}',
    "truncated": b'{"prompt": "\xe2\x82"}',
    "surrogate in utf-8": b'{"prompt": "\xed\xa0\x80"}',
    "cesu-8": b'{"prompt": "\xed\xa0\xbd\xed\xb8\x80"}',
    "beyond unicode": b'{"prompt": "\xf4\x90\x80\x80"}',
    "utf-16 le": '{"prompt": "q"}'.encode("utf-16"),
    "utf-16 be": b"\xfe\xff" + '{"prompt": "q"}'.encode("utf-16-be"),
    "utf-32": '{"prompt": "q"}'.encode("utf-32"),
    "bom": b'\xef\xbb\xbf{"prompt": "q"}',
    "noncharacters": '{"prompt": "\ufffe\uffff\U0001ffff"}'.encode(),
}


@pytest.mark.parametrize("name", sorted(BYTES))
def test_A18_odd_bytes_are_stored_exactly_or_refused_and_kept(
    post: Post, client: Client, project: Project, name: str
) -> None:
    raw = BYTES[name]
    answer = post(raw)
    assert answer.status_code in (201, 400, 422), answer.content
    if answer.status_code == 201:
        assert raw_of(client, project, answer.json()["id"]) == raw.removeprefix(b"\xef\xbb\xbf")
    else:
        from oversight.transcripts.rejections import raw_bytes

        assert raw_bytes(RejectedInput.objects.get()) == raw.removeprefix(b"\xef\xbb\xbf")


# --- A19: external ids that look the same

ALIKE = [
    ("caf\u00e9", "cafe\u0301"),
    ("run/A", "run/a"),
    ("run/1", "run/1\u200b"),
    ("run/1", "r\u00adun/1"),
    ("\uff52un/1", "run/1"),
    ("STRASSE", "stra\u00dfe"),
    ("\u212a", "k"),
    ("a\u202eb", "ab"),
]


@pytest.mark.parametrize("pair", ALIKE)
def test_A19_ids_that_look_the_same_stay_apart_and_are_warned_of(post: Post, pair: tuple[str, str]) -> None:
    for first, second in (pair, pair[::-1]):
        names = [f"{first}#{pair.index(first)}", f"{second}#{pair.index(first)}"]
        answers = [post(factories.native(id=name)) for name in names]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert "notes" not in answers[0].json()
        assert answers[1].json()["notes"][0].startswith("confusable_external_id")
        stored = Transcript.objects.filter(external_id__in=names)
        assert {row.external_id for row in stored} == set(names), "nothing was overwritten"
    again = post(factories.native(id=names[1]))
    assert again.status_code in (200, 409)


def test_A19_in_one_batch_as_well_and_never_across_projects(post: Post, client: Client, other_project: Project) -> None:
    results = post([factories.native(id="Same"), factories.native(id="same")]).json()["results"]
    assert [bool(result.get("notes")) for result in results] == [True, True]
    assert "notes" not in poster(client, other_project)(factories.native(id="same")).json()


@given(st.text(min_size=1, max_size=20).filter(lambda text: "\x00" not in text and text.isprintable()))
def test_A19_a_skeleton_is_its_own_and_knows_case_and_normal_forms(text: str) -> None:
    from oversight.transcripts.lookalikes import skeleton

    once = skeleton(text)
    assert skeleton(once) == once
    assert skeleton(unicodedata.normalize("NFD", text)) == skeleton(unicodedata.normalize("NFC", text))
    assert skeleton(text + "\u200b") == once


# --- A45: bodies on the wire, against a real web process


@pytest.fixture(scope="module")
def web(services: Temporary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    var, port = tmp_path_factory.mktemp("var"), free_port()
    addresses = services.clone("oversight_template", "hostile_web")
    base = {
        **os.environ,
        "DATABASE_URL": addresses.database_url,
        "DATABASE_OWNER_URL": addresses.database_owner_url,
        "REDIS_URL": addresses.redis_url,
    }
    (var / "static").mkdir()
    house = House(environment_for(base, var=var, port=port), var, port)
    try:
        house.manage("ensure_logins")
        house.start_web()
        yield house
    finally:
        house.close()
        services.drop("hostile_web")


def wire(web: House, *pieces: bytes, pause_s: float = 0, wait_s: float = 40) -> bytes:
    """The first line of the answer to these bytes."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=wait_s) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause_s)
        except OSError:
            pass  # it has answered and closed
        try:
            return connection.recv(65_536).partition(b"\r\n")[0]
        except OSError:
            return b"closed"


def head(web: House, *headers: str) -> bytes:
    key = web.logins["ingest_key"]
    lines = ["POST /api/v1/transcripts HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}", *headers]
    return "\r\n".join([*lines, "Content-Type: application/json", "", ""]).encode()


def rss_mib(web: House) -> int:
    status = Path(f"/proc/{web.processes['web'].pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def test_A45_a_body_over_the_limit_is_413_whatever_its_length_says(web: House) -> None:
    assert b" 413 " in wire(web, head(web, "Content-Length: 70000000"))
    chunk = b"100000\r\n" + b" " * 2**20 + b"\r\n"
    assert wire(web, head(web, "Transfer-Encoding: chunked"), *([chunk] * 70)).partition(b" ")[2][:3] in (b"413", b"")
    assert rss_mib(web) < 256


def test_A45_wrong_lengths_are_refused(web: House) -> None:
    body = json.dumps(factories.native()).encode()
    assert b" 400 " in wire(web, head(web, f"Content-Length: {len(body) - 5}"), body)
    for length in ("x", "-1", "1e3", "", "5, 6", "0x10"):
        assert b" 400 " in wire(web, head(web, f"Content-Length: {length}"), body), length
    both = head(web, "Content-Length: 5", "Transfer-Encoding: chunked")
    assert wire(web, both, b"5\r\n12345\r\n0\r\n\r\n").partition(b" ")[2][:3] in (b"400", b"422")


def test_A45_a_body_that_crawls_is_cut_off(web: House) -> None:
    drops = [b"x"] * 12
    started = time.monotonic()
    answer = wire(web, head(web, "Content-Length: 1000"), *drops, pause_s=2.0)
    assert b" 408 " in answer
    assert time.monotonic() - started < 40


def test_A45_a_thousand_headers_are_refused_or_served_and_never_kill(web: House) -> None:
    many = head(web, "Content-Length: 2", *(f"X-Same: {i}" for i in range(1000)))
    assert wire(web, many, b"{}").partition(b" ")[2][:3] in (b"400", b"422", b"431")
    long = wire(web, head(web, "Content-Length: 2", f"X-Long: {'x' * 200_000}"), b"{}")
    assert long.partition(b" ")[2][:3] in (b"400", b"422", b"431")
    assert httpx.get(f"{web.url}/healthz").status_code == 200


# --- A46: compression

NESTED = gzip.compress(gzip.compress(b'{"prompt": "q"}'))
BOMBS = {
    "gzip 1000:1": ("gzip", gzip.compress(b"[" + b" " * 2**26 + b"]"), 413),
    "nested gzip": ("gzip", NESTED, 400),
    "zstd bomb": ("zstd", zstandard.compress(b" " * 2**26), 413),
    # A frame that asks for a window of 2 GiB: magic, descriptor, window descriptor, one raw block.
    "zstd 2 GiB window": ("zstd", b"\x28\xb5\x2f\xfd\x00\xa8\x09\x00\x00x", 413),
    "gzip cut off": ("gzip", gzip.compress(b'{"prompt": "q"}')[:-6], 400),
    "zstd cut off": ("zstd", zstandard.compress(b'{"prompt": "q"}')[:-2], 400),
    "gzip garbage": ("gzip", gzip.compress(b'{"prompt": "q"}') + b"x", 400),
    "zstd garbage": ("zstd", zstandard.compress(b'{"prompt": "q"}') + b"x", 400),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
@pytest.mark.parametrize("path", [URL, "/api/v1/files", "/v1/traces"])
def test_A46_compression_is_bounded_at_every_door(post: Post, path: str, name: str) -> None:
    encoding, body, status = BOMBS[name]
    answer = post(body, url=path, **{"Content-Encoding": encoding})
    # To the door of files what is nested is a file in gzip.
    expected = {status, 200} if (path, name) == ("/api/v1/files", "nested gzip") else {status}
    assert answer.status_code in expected, answer.content


# --- A47: JSON

JSON = {
    "depth": b'{"prompt": "q", "m": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "depth of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a key twice": b'{"prompt": "q", "prompt": "q"}',
    "a key twice, escaped": b'{"prompt": "q", "\\u0070rompt": "q"}',
    "nan": b'{"prompt": "q", "m": NaN}',
    "infinity": b'{"prompt": "q", "m": -Infinity}',
    "exponent": b'{"prompt": "q", "m": 1e100000}',
    "digits": b'{"prompt": "q", "m": ' + b"9" * 5000 + b"}",
    "cut off": b'{"prompt": "q',
}


@pytest.mark.parametrize("name", sorted(JSON))
def test_A47_json_over_the_limits_is_400_with_its_place(post: Post, name: str) -> None:
    answer = post(JSON[name])
    assert answer.status_code == 400, answer.content
    assert answer.json()["place"]
    assert answer.json()["detail"]


def test_A47_a_million_keys_are_stored_or_refused_in_time(post: Post) -> None:
    body = b'{"prompt": "q", "meta": {' + b",".join(b'"%d":1' % i for i in range(700_000)) + b"}}"
    assert len(body) <= 8 * 2**20
    assert post(body).status_code in (201, 413)


# --- A48: shapes that cost


def test_A48_many_tiny_steps_one_long_one_and_none(post: Post) -> None:
    tiny = post({"prompt": "q", "reasoning": "a.\n\n" * 250_000, "answer": "x"})
    assert tiny.status_code == 201
    assert Transcript.objects.get(pk=tiny.json()["id"]).n_steps > 0
    assert post({"prompt": "q", "reasoning": "x" * (8 * 2**20 - 100)}).status_code == 201
    assert post({"messages": []}).status_code == 422
    empty = factories.native(reasoning="", answer="x")
    assert post(empty).status_code in (201, 422)
    colliding = {str(2**61 - 1 + i * (2**61 - 1)): i for i in range(5000)}
    assert post({**factories.native(), "meta": colliding}).status_code == 201


# --- A49: the same at the same time


def test_A49_a_hundred_at_once_leave_one_row(committed_db: str) -> None:
    project = factories.make_project("alpha")
    key = token(project)
    same, other = (json.dumps(factories.native(id="one", model=model)).encode() for model in ("a", "b"))
    order = [same, other] * 50
    random.Random(7).shuffle(order)
    with served() as url, httpx.Client(timeout=60, limits=httpx.Limits(max_connections=16)) as sender:
        barrier = threading.Barrier(16)

        def send(number: int) -> int:
            if number < 16:
                barrier.wait()
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            while (answer := sender.post(url + URL, content=order[number], headers=headers)).status_code == 503:
                time.sleep(0.05)
            return answer.status_code

        with ThreadPoolExecutor(16) as pool:
            codes = Counter(pool.map(send, range(100)))
    assert Transcript.objects.count() == 1
    assert codes == {201: 1, 200: 49, 409: 50}
    assert RejectedInput.objects.get().code == 409


# --- A50: names that are paths

PATHS = [
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "%2e%2e%2fetc%2fpasswd",
    "/etc/passwd",
    "file:///etc/passwd",
    "\\\\host\\share",
    "C:\\x",
    "con",
    "~root/.ssh/id",
]


@pytest.mark.parametrize("name", PATHS)
def test_A50_names_are_text_and_nothing_is_read_or_written_by_them(
    post: Post, client: Client, project: Project, name: str
) -> None:
    from urllib.parse import quote

    id_ = post(factories.native(id=name)).json()["id"]
    headers = {"Authorization": f"Bearer {token(project, Scope.READ_CONTENT)}"}
    answer = client.get(f"{URL}/{id_}/raw", headers=headers)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{id_}.json"'
    body = json.dumps(factories.native()).encode() + b"\n{broken"
    files = post(body, url=f"/api/v1/files?name={quote(name)}", content_type="application/octet-stream")
    assert files.status_code == 207
    assert RejectedInput.objects.get().source == name
    assert "root:" not in files.content.decode()


def test_A50_members_of_archives_lead_nowhere(post: Post, tmp_path: Path) -> None:
    import io
    import tarfile
    import zipfile

    record = json.dumps(factories.native()).encode()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name in ("../../outside.jsonl", "/absolute.jsonl", "good.jsonl"):
            archive.writestr(name, record)
    answer = post(zipped.getvalue(), url="/api/v1/files", content_type="application/zip")
    assert Counter(r["code"] for r in answer.json()["results"]) == {400: 2, 201: 1}
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        link = tarfile.TarInfo("link.jsonl")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        plain = tarfile.TarInfo("plain.jsonl")
        plain.size = len(record)
        archive.addfile(plain, io.BytesIO(record))
    answer = post(tarred.getvalue(), url="/api/v1/files", content_type="application/x-tar")
    assert "root:" not in answer.content.decode()
    assert answer.json()["results"][-1]["code"] in (200, 201)


# --- bytes in = bytes out, for any text in any field

# All code points, lone surrogates among them: JSON can say them, UTF-8 cannot.
ANY = st.text(st.characters(exclude_categories=()), max_size=60)
NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    id_=NAME, model=NAME, name=NAME, texts=st.tuples(ANY, ANY, ANY), meta=st.dictionaries(ANY, ANY, max_size=3),
    as_ascii=st.booleans(),
)  # fmt: skip
def test_any_text_in_any_field_comes_back_exactly(
    post: Post,
    client: Client,
    project: Project,
    id_: str,
    model: str,
    name: str,
    texts: tuple[str, str, str],
    meta: dict[str, str],
    as_ascii: bool,
) -> None:
    prompt, reasoning, answer = texts
    record = {
        "id": id_,
        "model": model,
        "meta": meta,
        "messages": [
            {"role": "user", "name": name, "parts": [{"type": "text", "text": prompt}]},
            {
                "role": "assistant",
                "parts": [{"type": "reasoning", "text": reasoning}, {"type": "text", "text": answer + "."}],
            },
        ],
    }
    has_surrogates = any(to_stored(text)[0] != text for text in (*texts, *meta, *meta.values()))
    raw = json.dumps(record, ensure_ascii=as_ascii or has_surrogates).encode()
    told = post(raw)
    assert told.status_code in (200, 201, 409), told.content
    if told.status_code == 409:
        return  # Hypothesis chose a name again
    stored = Transcript.objects.get(pk=told.json()["id"])
    assert raw_of(client, project, str(stored.pk)) == raw
    assert bytes(stored.payload_sha256).hex() == hashlib.sha256(raw).hexdigest()
    assert (stored.external_id, stored.model_run.model) == (id_, model)
    loaded = selectors.load([stored.pk])[stored.pk]
    assert [part.text for part in loaded.parts] == [prompt, reasoning, answer + "."]
    shown = loaded.parts[1]
    assert tuple(shown.steps or ()) == tuple(segment(reasoning))
    assert Message.objects.filter(transcript=stored).count() == 2
