"""Files that are pictures, and the many that are not."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from ml.picture import MAX_SIDE, decode, encode
from ml.picture_file import KEPT, PictureError
from ml.tone import grey_of


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format=kind, **options)
    return file.getvalue()


def corner() -> Image.Image:
    """White, 60 wide and 40 high, black at the top left."""
    picture = Image.new("L", (60, 40), 255)
    picture.paste(0, (0, 0, 20, 10))
    return picture


def test_it_works():
    grey = decode(saved(corner()))
    assert grey.shape == (40, 60)
    assert grey.dtype == np.uint8
    assert (grey[:10, :20] == 0).all()
    assert (grey[10:] == 255).all()


def test_what_is_encoded_comes_back():
    grey = np.arange(600, dtype=np.uint16).reshape(20, 30).astype(np.uint8)
    assert np.array_equal(decode(encode(grey)), grey)


def test_only_grey_bytes_are_encoded():
    for wrong in (np.zeros((3, 3)), np.zeros((3, 3, 3), np.uint8), np.zeros((0, 3), np.uint8)):
        with pytest.raises(PictureError):
            encode(wrong)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that undoes the turn
    lying = corner() if orientation == 1 else corner().transpose(Image.Transpose(back[orientation]))
    grey = decode(saved(lying, "JPEG", quality=95, exif=exif))
    assert grey.shape == (40, 60)
    assert grey[:9, :19].mean() < 20
    assert grey[20:].mean() > 235


def test_transparent_is_white():
    clear = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (10, 10, 20, 20))
    grey = decode(saved(clear))
    assert grey[0, 0] == 255
    assert grey[15, 15] == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_all_kinds_of_png(mode):
    picture = Image.fromarray(np.asarray(corner(), np.uint16) * 257) if mode == "I;16" else corner().convert(mode)
    grey = decode(saved(picture))
    assert grey[5, 10] == 0
    assert grey[30, 40] == 255


@pytest.mark.parametrize("pen", [(220, 30, 30), (30, 30, 220), (20, 150, 40)])
def test_coloured_ink_does_not_vanish(pen):
    page = Image.new("RGB", (50, 50), "white")
    page.paste(pen, (20, 20, 30, 30))
    assert grey_of(decode(saved(page)))[25, 25] < 60


def test_coloured_chalk_does_not_vanish():
    board = Image.new("RGB", (50, 50), (20, 30, 25))
    board.paste((60, 60, 230), (20, 20, 30, 30))
    assert grey_of(decode(saved(board)))[25, 25] > 200


def test_large_pictures_are_shrunk():
    assert decode(saved(Image.new("L", (4000, 1000), 255), "JPEG")).shape == (MAX_SIDE // 4, MAX_SIDE)
    assert decode(saved(Image.new("L", (2000, 3), 255))).shape == (2, MAX_SIDE)


def test_metadata_does_not_survive():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    assert b"script" not in encode(decode(saved(corner(), pnginfo=info) + b"<script>"))


def png(width: int, height: int, body: bytes = b"", depth: int = 1, before: bytes = b"") -> bytes:
    """A PNG file by hand: headers as large as one likes, with hardly a byte of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    packed = zlib.compress(body)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [5_001, 13_000, 30_000, 2**31 - 1])
def test_bombs_are_refused_by_their_header(side):
    with pytest.raises(PictureError):
        decode(png(side, side, bytes(1000)))


def test_a_packed_comment_of_100_megabytes_is_refused():
    text = b"Comment\0\0" + zlib.compress(bytes(100 * 2**20), 1)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    with pytest.raises(PictureError):
        decode(png(8, 8, bytes(16), before=chunk))


def test_too_many_bytes():
    with pytest.raises(PictureError, match="too large"):
        decode(bytes(KEPT.bytes + 1))


@pytest.mark.parametrize("kind", ["PPM", "ICO", "PDF"])
def test_other_kinds_are_refused_and_those_that_are_read_are_named(kind):
    with pytest.raises(PictureError, match="Send PNG, JPEG, WebP, HEIC, AVIF, GIF, TIFF or BMP"):
        decode(saved(corner().convert("RGB"), kind))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"BM",
        b"<svg/>",
        b"%PDF-1.4",
        b"PK\x03\x04",
        b"%!PS-Adobe",
        b"\0" * 99,
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(PictureError):
        decode(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_half_a_picture_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    data = saved(Image.fromarray(noise), kind)
    for length in range(len(data) // 2, 0, -97):
        with pytest.raises(PictureError):
            decode(data[:length])


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow warns of damaged EXIF before it goes on
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["PNG", "JPEG"]), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6)
)
def test_damaged_pictures_are_read_or_refused(kind, changes):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = bytearray(saved(corner(), kind, exif=exif))
    for place, value in changes:
        data[place % len(data)] = value
    with contextlib.suppress(PictureError):
        assert decode(bytes(data)).ndim in (2, 3)
