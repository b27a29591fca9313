"""A real Redis and a real worker: from the API to the row and back."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.site import Site

pytestmark = pytest.mark.redis


def call(site: Site, path: str, body: object | None = None, token: str = "", **headers: str) -> tuple[int, dict]:
    request = urllib.request.Request(
        f"{site.url}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            **({"Authorization": f"Token {token}"} if token else {}),
            **headers,
        },
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, json.load(answer)


ONE = {"strokes": [[[50, 10], [50, 60], [50, 110]]]}


def test_a_posted_drawing_is_read_by_the_worker(site: Site) -> None:
    token = site.manage("create_api_token", "program", "--create").strip()
    status, made = call(site, "/api/v1/predictions/", ONE, token)
    assert status == 201
    assert made["text"] == "1"
    assert call(site, made["url"].removeprefix(site.url), token=token)[1] == made


def test_who_does_not_wait_finds_it_read_later(site: Site) -> None:
    token = site.manage("create_api_token", "program", "--create").strip()
    status, made = call(site, "/api/v1/predictions/", ONE, token, Prefer="respond-async")
    assert (status, made["state"]) == (202, "waiting")
    for _ in range(100):
        _, made = call(site, made["url"].removeprefix(site.url), token=token)
        if made["state"] != "waiting":
            break
    assert made["text"] == "1"


def test_a_live_reading_leaves_no_row(site: Site) -> None:
    status, read = call(site, "/api/v1/live/", ONE)
    assert (status, read["text"]) == (200, "1")


def test_the_worker_is_no_prefork_pool_and_loads_no_tensorflow(site: Site) -> None:
    [worker] = site.pids(r"celery.*--queues reading")
    with open(f"/proc/{worker}/maps") as maps:
        loaded = maps.read()
    assert "ai_edge_litert" in loaded
    assert "tensorflow/" not in loaded


def test_the_web_process_loads_neither_reader_nor_tensorflow(site: Site) -> None:
    processes = site.pids(r"granian")
    assert len(processes) >= 3
    for process in processes:
        with open(f"/proc/{process}/maps") as maps:
            loaded = maps.read()
        assert "ai_edge_litert" not in loaded
        assert "tensorflow" not in loaded
        assert "cv2" not in loaded
