"""What a picture file says of itself, and what is refused for it before a pixel is decoded."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image

from ml.ink.image_format import KEPT_LIMITS, LIVE_LIMITS, ImageError, check_file, format_of, media_type
from tests.hostile import BOMBS, KINDS, chunk, jpeg_head, number, png, saved, scan_bomb, sequential_scan_bomb


@pytest.mark.parametrize("kind", KINDS)
def test_all_formats_are_known_by_their_bytes(kind):
    assert check_file(saved(number(), kind)) == kind


@pytest.mark.parametrize("data", [b"<svg/>", b"%PDF-1.7", b"II*", b"BM and so on", b"\0\0\0\x18ftypqt  ", b"x"])
def test_what_is_none_of_them_names_those_that_are_read(data):
    assert format_of(data) is None
    with pytest.raises(ImageError, match="Send PNG, JPEG, WebP, HEIC, AVIF, GIF, TIFF or BMP"):
        check_file(data)


def test_a_scan_bomb_is_told_what_to_do():
    with pytest.raises(ImageError, match=r"too many scans .* without 'progressive'"):
        check_file(scan_bomb())


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"progressive": True, "quality": 100}])
def test_what_encoders_write_is_no_bomb(options):
    picture = Image.effect_noise((2400, 1800), 80).convert("RGB")
    assert check_file(saved(picture, "JPEG", **options), LIVE_LIMITS) == "JPEG"


def test_a_thumbnail_inside_and_a_picture_behind_are_not_counted():
    inner = saved(number(), "JPEG", progressive=True)
    exif = Image.Exif()
    exif[0x010E] = "\xff\xda" * 300
    data = saved(number(), "JPEG", exif=exif) + inner * 300
    assert check_file(data) == "JPEG"


def test_chunks_without_end_are_refused_and_many_are_not():
    with pytest.raises(ImageError, match="too many parts"):
        check_file(BOMBS["empty chunks"]())
    assert check_file(png(8, 8, bytes(16), before=chunk(b"tEXt", b"a\0b") * 3000)) == "PNG"


def test_pixels_are_counted_by_what_it_takes_to_decode_them():
    assert check_file(jpeg_head(16_320, 12_240)) == "JPEG"  # 200 megapixels
    with pytest.raises(ImageError, match=r"15000 x 15000 pixels\)\. Send at most 200 megapixels"):
        check_file(jpeg_head(15_000, 15_000))
    with pytest.raises(ImageError, match=r"30000 x 30000 pixels\)\. Send at most 25 megapixels, or a JPEG"):
        check_file(png(30_000, 30_000))


def test_who_is_not_signed_in_has_smaller_limits():
    with pytest.raises(ImageError, match="at most 16 megapixels"):
        check_file(png(5000, 5000), LIVE_LIMITS)
    assert check_file(png(5000, 5000)) == "PNG"


@pytest.mark.parametrize(("data", "words"), [(b"", "empty"), (bytes(KEPT_LIMITS.bytes + 1), "at most 10 MB")])
def test_nothing_and_too_much(data, words):
    with pytest.raises(ImageError, match=words):
        check_file(data)


def test_ten_megabytes_of_anything_are_judged_by_little_work():
    fillers = b"\xff", b"\xff\x00", b"\xff\xda\0\2", b"\xff\xd0", b"\xff\xe0\0\2", b"\xff\x01"
    files = [b"\xff\xd8\xff" + filler * (10 * 2**20 // len(filler) - 4) for filler in fillers]
    files.append(b"\x89PNG\r\n\x1a\n" + bytes(10 * 2**20 - 8))
    start = time.process_time()
    for data in files:
        try:
            check_file(data)
        except ImageError:
            continue
    assert time.process_time() - start < 10  # measured: 0.2; hours, were it not bounded


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_we_keep_is_served_as_what_it_is(kind):
    data = saved(number(), kind)
    assert media_type(data) == Image.open(io.BytesIO(data)).get_format_mimetype()


def test_a_jpeg_that_is_not_progressive_has_few_scans():
    with pytest.raises(ImageError, match="too many scans"):
        check_file(sequential_scan_bomb())
