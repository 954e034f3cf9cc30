"""A large page goes packed to a browser that reads zstd, and unchanged to every other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import zstandard
from django.test import Client

from oversight.accounts.models import Project, User
from tests import factories
from tests.factories_native import native

pytestmark = pytest.mark.django_db
LONG = "Then the reasoning goes on, one step after the other. " * 3000


@pytest.fixture
def reviewer(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def trace(project: Project) -> str:
    return f"/traces/{factories.make_transcript(project, payload=native(reasoning=LONG)).pk}/"


@pytest.mark.parametrize("accepted", ["zstd", "gzip, deflate, br, zstd", "gzip;q=0.5, zstd;q=0.4"])
def test_a_large_page_is_packed_for_who_reads_zstd(reviewer: Client, trace: str, accepted: str) -> None:
    answer = reviewer.get(trace, headers={"accept-encoding": accepted})

    assert answer["Content-Encoding"] == "zstd"
    assert "Accept-Encoding" in answer["Vary"]
    assert int(answer["Content-Length"]) == len(answer.content) < len(LONG) / 4
    unpacked = zstandard.ZstdDecompressor().decompress(answer.content).decode()
    assert unpacked.count("Then the reasoning goes on, one step after the other.") >= 3000


@pytest.mark.parametrize("accepted", ["", "gzip, deflate, br", "zstd;q=0", "zstd; q=0.0, gzip", "zstdx"])
def test_nobody_else_gets_it_packed(reviewer: Client, trace: str, accepted: str) -> None:
    answer = reviewer.get(trace, headers={"accept-encoding": accepted})

    assert not answer.has_header("Content-Encoding")
    assert LONG[:54] in answer.content.decode()
    assert "Accept-Encoding" in answer["Vary"]


def test_a_small_page_stays_as_it_is(reviewer: Client, trace: str) -> None:
    answer = reviewer.get("/traces/", headers={"accept-encoding": "zstd"})

    assert answer.status_code == 200
    assert not answer.has_header("Content-Encoding")
