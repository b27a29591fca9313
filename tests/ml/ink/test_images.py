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

from ml.ink.greyscale import to_grey
from ml.ink.image_format import KEPT_LIMITS, MAX_SIDE, ImageError
from ml.ink.images import decode_image, encode_png, keep_image
from tests import hostile


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
    grey = decode_image(saved(corner()))
    assert grey.shape == (40, 60)
    assert grey.dtype == np.uint8
    assert (grey[:10, :20] == 0).all()
    assert (grey[10:] == 255).all()


def test_what_is_encoded_comes_back():
    grey = np.arange(600, dtype=np.uint16).reshape(20, 30).astype(np.uint8)
    assert np.array_equal(decode_image(encode_png(grey)), grey)


def test_only_grey_bytes_are_encoded():
    for wrong in (np.zeros((3, 3)), np.zeros((3, 3, 3), np.uint8), np.zeros((0, 3), np.uint8)):
        with pytest.raises(ImageError):
            encode_png(wrong)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that undoes the turn
    lying = corner() if orientation == 1 else corner().transpose(Image.Transpose(back[orientation]))
    grey = decode_image(saved(lying, "JPEG", quality=95, exif=exif))
    assert grey.shape == (40, 60)
    assert grey[:9, :19].mean() < 20
    assert grey[20:].mean() > 235


KINDS_OF_COLOUR = ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF"]


def near(one, other, most=12.0):
    """Whether two pictures are the same but for what compression does to them."""
    assert one.shape[:2] == other.shape[:2]
    return np.abs(to_grey(one).astype(float) - to_grey(other)).mean() < most


@pytest.mark.parametrize("kind", KINDS_OF_COLOUR)
def test_all_formats_give_the_same_picture(kind):
    assert near(decode_image(hostile.saved(hostile.number(), kind)), np.asarray(hostile.number()))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_every_format_that_can_say_so_is_turned(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = hostile.number((120, 80)).transpose(Image.Transpose.ROTATE_90)
    assert near(decode_image(hostile.saved(lying, kind, exif=exif)), np.asarray(hostile.number((120, 80))))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_pictures_the_first_is_read(kind):
    first, second = hostile.number(), Image.new("RGB", (120, 80), "black")
    assert near(decode_image(hostile.saved(first, kind, save_all=True, append_images=[second])), np.asarray(first))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_as_light_as_what_it_was_made_of(kind):
    assert near(decode_image(hostile.saved(hostile.number(mode="CMYK"), kind)), np.asarray(hostile.number()))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_of_sixteen_bits_as_many_count_as_are_used(kind, bits):
    values = np.asarray(hostile.number(mode="L"), np.uint32) * (2**bits - 1) // 255
    assert near(
        decode_image(hostile.saved(Image.fromarray(values.astype(np.uint16)), kind)),
        np.asarray(hostile.number(mode="L")),
    )


def test_floating_point_pixels_are_scaled():
    values = np.asarray(hostile.number(mode="L"), np.float32) / 255
    assert near(decode_image(hostile.saved(Image.fromarray(values), "TIFF")), np.asarray(hostile.number(mode="L")))


def test_colours_are_kept_and_grey_stays_grey():
    note = Image.new("RGB", (50, 50), (250, 230, 90))
    assert tuple(decode_image(saved(note))[0, 0]) == (250, 230, 90)
    assert decode_image(saved(corner().convert("RGB"))).shape == (40, 60)


def ink_alone(colour, alpha=255) -> Image.Image:
    """A bar of ink on nothing."""
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    clear.paste((*colour, alpha), (18, 5, 22, 35))
    return clear


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (30, 30, 160), (255, 240, 90)])
def test_ink_on_a_transparent_ground_is_seen(colour):
    grey = to_grey(decode_image(saved(ink_alone(colour)))).astype(int)
    assert abs(grey[20, 20] - grey[0, 0]) > 120


def test_light_and_dark_ink_on_a_transparent_ground_are_both_seen():
    picture = ink_alone((10, 10, 30))
    picture.paste((255, 240, 90, 255), (28, 5, 32, 35))
    grey = to_grey(decode_image(saved(picture))).astype(int)
    assert abs(grey[20, 20] - grey[0, 0]) > 120
    assert abs(grey[20, 30] - grey[0, 0]) > 120


def test_a_shape_that_is_in_alpha_alone_is_seen():
    white = Image.new("RGBA", (40, 40), (255, 255, 255, 0))
    white.putalpha(ink_alone((0, 0, 0)).getchannel("A"))
    cut_out = Image.new("RGBA", (40, 40), (255, 255, 255, 255))
    cut_out.paste((255, 255, 255, 0), (18, 5, 22, 35))
    for picture in (white, cut_out):
        grey = decode_image(saved(picture)).astype(int)
        assert abs(grey[20, 20] - grey[0, 0]) > 120


@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_a_page_with_clear_corners_stays_a_page(mode):
    page = hostile.number(mode="RGBA")
    page.paste((0, 0, 0, 0), (0, 0, 10, 10))
    pixels = decode_image(saved(page.convert(mode), "TIFF" if mode == "PA" else "PNG"))
    assert to_grey(pixels)[0, 0] > 200


def test_a_picture_without_a_visible_pixel_is_blank():
    assert decode_image(saved(Image.new("RGBA", (9, 9), (0, 0, 0, 0)))).min() == 255


@pytest.mark.parametrize(("paper", "pen"), [
    ((255, 235, 110), (40, 70, 200)), ((255, 255, 255), (255, 235, 60)), ((250, 200, 200), (200, 30, 30)),
    ((30, 90, 50), (240, 240, 230)), ((120, 160, 220), (60, 60, 120)),
])  # fmt: skip
def test_ink_differs_from_coloured_paper(paper, pen):
    page = Image.new("RGB", (90, 90), paper)
    page.paste(pen, (42, 10, 48, 80))
    grey = to_grey(decode_image(saved(page))).astype(int)
    assert abs(grey[45, 45] - grey[5, 5]) > 80


def test_what_is_kept_is_ours_in_colour_and_small(rng):
    photo = Image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)).resize((1800, 1350))
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    for picture, kind in ((photo, "JPEG"), (hostile.number(), "PNG")):
        kept = keep_image(saved(picture, pnginfo=info))
        image, small = (Image.open(io.BytesIO(data)) for data in (kept.image, kept.thumbnail))
        assert image.format == kind
        assert image.size == kept.size
        assert max(image.size) <= MAX_SIDE
        assert max(small.size) <= 320
        assert image.mode == small.mode == "RGB"
        assert b"script" not in kept.image + kept.thumbnail


@pytest.mark.parametrize("size", [(1, 3200), (10, 20_000), (3200, 1), (1, 1)])
def test_thin_pictures_are_opened(size):
    assert decode_image(saved(Image.new("L", size, 255), "JPEG")).max() == 255


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_damaged_pictures_of_all_formats_are_read_or_refused():
    for data in hostile.mutations(400):
        with contextlib.suppress(ImageError):
            assert decode_image(data).size


def test_transparent_is_white():
    clear = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (10, 10, 20, 20))
    grey = decode_image(saved(clear))
    assert grey[0, 0] == 255
    assert grey[15, 15] == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_all_kinds_of_png(mode):
    picture = Image.fromarray(np.asarray(corner(), np.uint16) * 257) if mode == "I;16" else corner().convert(mode)
    grey = decode_image(saved(picture))
    assert grey[5, 10] == 0
    assert grey[30, 40] == 255


@pytest.mark.parametrize("pen", [(220, 30, 30), (30, 30, 220), (20, 150, 40)])
def test_coloured_ink_does_not_vanish(pen):
    page = Image.new("RGB", (50, 50), "white")
    page.paste(pen, (20, 20, 30, 30))
    assert to_grey(decode_image(saved(page)))[25, 25] < 60


def test_coloured_chalk_does_not_vanish():
    board = Image.new("RGB", (50, 50), (20, 30, 25))
    board.paste((60, 60, 230), (20, 20, 30, 30))
    assert to_grey(decode_image(saved(board)))[25, 25] > 200


def test_large_pictures_are_shrunk():
    assert decode_image(saved(Image.new("L", (4000, 1000), 255), "JPEG")).shape == (MAX_SIDE // 4, MAX_SIDE)
    assert decode_image(saved(Image.new("L", (2000, 3), 255))).shape == (2, MAX_SIDE)


def test_metadata_does_not_survive():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    assert b"script" not in encode_png(decode_image(saved(corner(), pnginfo=info) + b"<script>"))


def png(width: int, height: int, body: bytes = b"", depth: int = 1, before: bytes = b"") -> bytes:
    """A PNG file by hand: headers as large as one likes, with hardly a byte of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    packed = zlib.compress(body)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [5_001, 13_000, 30_000, 2**31 - 1])
def test_bombs_are_refused_by_their_header(side):
    with pytest.raises(ImageError):
        decode_image(png(side, side, bytes(1000)))


def test_a_packed_comment_of_100_megabytes_is_refused():
    text = b"Comment\0\0" + zlib.compress(bytes(100 * 2**20), 1)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    with pytest.raises(ImageError):
        decode_image(png(8, 8, bytes(16), before=chunk))


def test_too_many_bytes():
    with pytest.raises(ImageError, match="too large"):
        decode_image(bytes(KEPT_LIMITS.bytes + 1))


@pytest.mark.parametrize("kind", ["PPM", "ICO", "PDF"])
def test_other_kinds_are_refused_and_those_that_are_read_are_named(kind):
    with pytest.raises(ImageError, match="Send PNG, JPEG, WebP, HEIC, AVIF, GIF, TIFF or BMP"):
        decode_image(saved(corner().convert("RGB"), kind))


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
    with pytest.raises(ImageError):
        decode_image(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_half_a_picture_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    data = saved(Image.fromarray(noise), kind)
    for length in range(len(data) // 2, 0, -97):
        with pytest.raises(ImageError):
            decode_image(data[:length])


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
    with contextlib.suppress(ImageError):
        assert decode_image(bytes(data)).ndim in (2, 3)
