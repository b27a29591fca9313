"""JSON costs what its bytes are worth, however many values they hold."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from django.test import Client

from ml.ink import strokes
from tests.conftest import ONE, FakeReader

LIVE, KEPT = "/api/v1/live/", "/api/v1/predictions/"
LARGEST = [[[float(x), 1.5, 1234567890123.5] for x in range(20)]] * 500  # 10,000 points in 500 strokes


def post(client: Client, body: bytes, url: str = LIVE) -> tuple[int, str]:
    answer = client.post(url, body, content_type="application/json")
    return answer.status_code, answer.json().get("detail", "")


def peak(body: bytes, client: Client) -> int:
    """Bytes that a request holds at most, besides its body."""
    tracemalloc.start()
    try:
        post(client, body)
        return tracemalloc.get_traced_memory()[1] - 2 * len(body)  # what the client sends, and what is read
    finally:
        tracemalloc.stop()


def test_the_largest_drawing_there_may_be_is_read(api: Client, worker: FakeReader) -> None:
    assert len(LARGEST) == strokes.MAX_STROKES
    status, _ = post(api, json.dumps({"strokes": LARGEST}, indent=1).encode(), KEPT)
    assert status == 201


@pytest.mark.parametrize(
    "body",
    [
        b'{"strokes": [' + b"[]," * 4_000_000 + b"[]]}",
        b'{"strokes": [' + b"[]," * 300_000 + b"[]]}",
        b'{"strokes": ' + b"[" * 900_000,
        b'{"image": [' + b"{}," * 4_000_000 + b"{}]}",
        b'{"strokes": [[' + b"1," * 4_000_000 + b"1]]}",
        b'{"image": "", "strokes": [' + b'"",' * 4_000_000 + b'""]}',
        b"[" + b"0," * 500_000 + b"0]",
    ],
    ids=["empty strokes", "1 MB of them", "nested", "objects", "numbers", "texts", "a list"],
)
def test_a_body_of_many_values_is_refused_before_it_is_parsed(
    db: None, client: Client, worker: FakeReader, body: bytes
) -> None:
    status, detail = post(client, body)
    assert status in {400, 413}
    assert detail
    assert peak(body, client) < 10 * 2**20


def test_a_large_body_without_a_picture_is_refused(db: None, client: Client, worker: FakeReader) -> None:
    status, detail = post(client, json.dumps({"strokes": ONE, "note": "x" * 2**20}).encode())
    assert (status, detail) == (413, "JSON without a picture may have 1 MB. Send less at a time.")


@pytest.mark.parametrize(
    "body", [b'{"strokes": NaN}', b'{"strokes": ', b"\xff\xfe", b'{"strokes": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_json_is_a_400_with_a_sentence(
    db: None, client: Client, worker: FakeReader, body: bytes
) -> None:
    status, detail = post(client, body)
    assert status == 400
    assert detail


def test_a_body_that_cannot_be_parsed_counts_as_a_request(counting, client: Client, db: None, rates) -> None:
    rates["anonymous_live"] = "2/hour"
    assert [post(client, b"{")[0] for _ in range(3)] == [400, 400, 429]
