"""Pictures through the API: every format, as a file and as base64, kept in colour, or a 400 that says why."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import User
from recognizer.models import Drawing
from recognizer.serving import image_opening
from tests.conftest import FakeReader
from tests.hostile import BOMBS, KINDS, number, png, saved

URL, LIVE = "/api/v1/predictions/", "/api/v1/live/"


def file(client: Client, data: bytes, url: str = URL) -> Any:
    return client.post(url, {"image": SimpleUploadedFile("any.name", data)})


def text(client: Client, data: str, url: str = URL) -> Any:
    return client.post(url, {"image": data}, content_type="application/json")


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_read(api: Client, worker: FakeReader, kind: str) -> None:
    data = saved(number(), kind)
    assert file(api, data).status_code == 201
    assert text(api, base64.b64encode(data).decode()).status_code == 201
    assert file(api, data, LIVE).json()["size"] == [120, 80]


def test_it_is_kept_in_colour_with_a_thumbnail(api: Client, owner_client: Client, worker: FakeReader) -> None:
    page = Image.new("RGB", (900, 600), (250, 230, 90))
    page.paste((30, 60, 200), (400, 100, 440, 500))
    drawing = Drawing.objects.get(pk=file(api, saved(page, "PNG")).json()["id"])
    for name, size in (("picture", (900, 600)), ("thumbnail", (320, 213))):
        answer = owner_client.get(f"{drawing.get_absolute_url()}{name}/")
        shown = Image.open(io.BytesIO(answer.content))
        assert shown.size == size
        assert shown.get_format_mimetype() == answer["Content-Type"]
        assert shown.convert("RGB").getpixel((5, 5)) == pytest.approx((250, 230, 90), abs=3)


def test_a_grey_upload_from_before_is_its_own_thumbnail(owner_client: Client, upload: Drawing) -> None:
    Drawing.objects.update(thumbnail=None)
    answer = owner_client.get(f"{upload.get_absolute_url()}thumbnail/")
    assert answer.content == bytes(upload.image)


@pytest.mark.parametrize("step", [3, 4, 1000])
def test_base64_in_lines_or_as_a_data_url(api: Client, worker: FakeReader, step: int) -> None:
    plain = base64.b64encode(saved(number(), "PNG")).decode()
    lines = "\r\n".join(plain[at : at + step] for at in range(0, len(plain), step))
    assert text(api, lines).status_code == text(api, f"data:image/png;base64,{plain}").status_code == 201


@pytest.mark.parametrize("data", ["", "====", "A", "AAAA!", "data:image/png;base64,", "é"])
def test_what_is_no_base64_or_nothing(api: Client, worker: FakeReader, data: str) -> None:
    answer = text(api, data)
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("name", ["scans", "empty chunks", "packed pixels", "a TIFF that says it is large"])
def test_a_bomb_is_a_400_for_its_sender(api: Client, client: Client, worker: FakeReader, name: str) -> None:
    for asked in (file(api, BOMBS[name]()), file(client, BOMBS[name](), LIVE)):
        assert asked.status_code in {201, 400}
    assert file(api, saved(number(), "PNG")).status_code == 201


def test_a_refusal_is_true_and_says_what_to_do(api: Client, worker: FakeReader) -> None:
    assert "Send PNG, JPEG, WebP, HEIC" in file(api, b"<svg/>").json()["detail"]
    assert "30000 x 30000" in file(api, png(30_000, 30_000)).json()["detail"]


def test_who_is_not_signed_in_has_smaller_limits(api: Client, client: Client, worker: FakeReader) -> None:
    data = png(4500, 4500, bytes(563 * 4500 + 4500))
    assert file(client, data, LIVE).status_code == 400
    assert file(api, data, LIVE).status_code == 200


def test_too_many_at_once_are_told_to_come_again(
    api: Client, owner: User, worker: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_opening, "QUEUE_SECONDS", 0.01)
    with image_opening._turns.of("one"), image_opening._turns.of("another"):
        answer = file(api, saved(number(), "PNG"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert not Drawing.objects.exists()


@pytest.mark.parametrize("url", [URL, LIVE])
def test_base64_in_a_form_is_read_like_a_file(api: Client, worker: FakeReader, url: str) -> None:
    data = base64.b64encode(saved(number(), "PNG")).decode()
    assert api.post(url, {"image": data}).status_code in {200, 201}
    assert api.post(url, {"image": "no base64"}).status_code == 400
