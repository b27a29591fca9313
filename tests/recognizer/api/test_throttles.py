"""Throttles count requests and the work that they ask for, in one round trip."""

from __future__ import annotations

import pytest
import redis
from django.test import Client

from recognizer.serving import doorbell
from tests.conftest import ONE, FakeReader

URL, LIVE = "/api/v1/predictions/", "/api/v1/live/"
pytestmark = pytest.mark.redis


def post(client: Client, strokes: int, url: str = URL) -> int:
    return client.post(url, {"strokes": ONE * strokes}, content_type="application/json").status_code


def test_work_counts_beside_requests(counting: redis.Redis, api: Client, worker: FakeReader, rates) -> None:
    rates["user_work"] = "100/hour"
    assert [post(api, 50), post(api, 50), post(api, 1)] == [201, 201, 429]
    assert api.get(URL).status_code == 429


def test_a_picture_is_work(counting: redis.Redis, client: Client, worker: FakeReader, rates) -> None:
    rates["anonymous_work"] = "100/hour"
    answer = client.post(LIVE, {"image": "no picture"}, content_type="application/json")
    assert answer.status_code == 429


def test_the_work_of_one_is_not_that_of_another(
    counting: redis.Redis, owner_client: Client, stranger_client: Client, worker: FakeReader, rates
) -> None:
    rates["user_work"] = "100/hour"
    assert [post(owner_client, 101, LIVE), post(stranger_client, 1, LIVE)] == [429, 200]


def test_all_counters_of_a_request_are_one_round_trip(
    counting: redis.Redis, api: Client, worker: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    tallies: list[int] = []
    tally = doorbell.tally
    monkeypatch.setattr(doorbell, "tally", lambda counters: (tallies.append(len(counters)), tally(counters))[1])
    assert post(api, 1) == 201
    assert tallies == [2]


def test_counters_are_forgotten(counting: redis.Redis, api: Client, worker: FakeReader) -> None:
    post(api, 1)
    keys = counting.keys("throttle:*")
    assert len(keys) == 2
    assert all(0 < counting.ttl(key) <= 60 for key in keys)


def test_nobody_is_refused_while_nothing_can_be_counted(api: Client, worker: FakeReader, rates) -> None:
    rates["user"] = "1/hour"
    assert [post(api, 1), post(api, 1)] == [201, 201]
