"""What a picture file says of itself, judged before anything is decoded.

Pure bytes: the web process imports this module, and nothing here decodes a pixel. A file of 10 MB costs some
milliseconds whatever its bytes are. Sources: PNG (ISO/IEC 15948), JPEG (ITU-T T.81, annex B), ISO base media
(ISO/IEC 14496-12) with the brands of HEIF (23008-12) and AVIF.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from mmap import mmap

Data = bytes | bytearray | mmap

MAX_SIDE = 1600  # pixels of what is kept of a picture, the longer side
FORMATS = "PNG, JPEG, WebP, HEIC, AVIF, GIF, TIFF or BMP"
_MEGA = 10**6
_MOST_CHUNKS = 10_000  # of a PNG; the smallest that encoders write have 4 kB, which makes 2,500 in 10 MB
_MOST_MARKERS = 2_000  # of a JPEG, without restarts; a progressive one with its tables has 50
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
_COMPONENTS = 4  # of a JPEG that is not progressive: each has a scan of its own at the most
# Behind a scan's head, any marker but a restart ends its data; FF 00 is a byte of data, and all but the last FF of
# several fill. Not \xff+, which looks again at each of a million fill bytes to their end.
_NEXT_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}


class ImageError(ValueError):
    """The file is no picture that can be read. The message says what to do and is safe to show."""


@dataclass(frozen=True)
class ImageLimits:
    """What opening a picture may cost."""

    bytes: int
    pixels: int  # that are decoded whole
    jpeg_pixels: int  # of a baseline JPEG, which is decoded at 1/2, 1/4 or 1/8
    scanned: int  # pixels times scans of a JPEG with several; a camera's progressive one has ten
    seconds: float  # of processor time, and twice as many of wall time
    memory: int  # bytes


# What the web process and `ml.ink.image_server` say to each other: the fields of Limits, and the head of an answer:
# done or not, width, height, length of the image or of a message, length of the thumbnail.
REQUEST = struct.Struct(">QQQQdQ")
ANSWER = struct.Struct(">BIIII")

KEPT_LIMITS = ImageLimits(10 * 2**20, 25 * _MEGA, 200 * _MEGA, 500 * _MEGA, seconds=6.0, memory=700 * 2**20)
# While everybody may ask, whoever they are: a phone's photograph, and no more.
LIVE_LIMITS = ImageLimits(10 * 2**20, 16 * _MEGA, 50 * _MEGA, 200 * _MEGA, seconds=1.5, memory=300 * 2**20)


def check_file(data: Data, limits: ImageLimits = KEPT_LIMITS) -> str:
    """The format of a file, by Pillow's name for it, if it may be opened by all that it says of itself.

    Raises PictureError.
    """
    if not len(data):
        raise ImageError("The file is empty. Choose a picture.")
    if len(data) > limits.bytes:
        raise ImageError(f"The file is too large. Send at most {limits.bytes // 2**20} MB.")
    name = format_of(data)
    if name is None:
        raise ImageError(f"The file is not a picture we can open. Send {FORMATS}.")
    if name == "PNG":
        _check_png(data, limits)
    if name == "JPEG":
        _check_jpeg(data, limits)
    return name


def format_of(data: Data) -> str | None:
    """The format by the first bytes of a file, whatever its name; None if it is none that is read."""
    head = bytes(data[:64])
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "BMP"
    return _brand(head)


def media_type(data: Data) -> str:
    """The Content-Type of a picture that we have encoded ourselves."""
    return "image/jpeg" if format_of(data) == "JPEG" else "image/png"


def check_size(size: tuple[int, int], limits: ImageLimits) -> None:
    """Whether a picture of (width, height) may be decoded whole. Raises PictureError."""
    width, height = size
    if width * height > limits.pixels:
        raise too_large(size, f"at most {limits.pixels // _MEGA} megapixels, or a JPEG")
    if min(width, height) < 1:
        raise ImageError("The picture has no pixels. Choose another one.")


def too_large(size: tuple[int, int], instead: str) -> ImageError:
    width, height = size
    return ImageError(f"The picture is too large ({width} x {height} pixels). Send {instead}.")


def _brand(head: bytes) -> str | None:
    if head[4:8] != b"ftyp":
        return None
    length = min(len(head), int.from_bytes(head[:4], "big"))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))}
    if brands & _AVIF:
        return "AVIF"
    return "HEIF" if brands & _HEIF else None


def _check_png(data: Data, limits: ImageLimits) -> None:
    if len(data) >= 24 and data[12:16] == b"IHDR":
        check_size(struct.unpack(">II", data[16:24]), limits)
    at = 8
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data) or data[at + 4 : at + 8] == b"IEND":
            return
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    raise ImageError("The PNG is made of too many parts. Save it anew and send that.")


def _check_jpeg(data: Data, limits: ImageLimits) -> None:
    size, progressive, scans, at = (0, 0), False, 0, 2
    for _ in range(_MOST_MARKERS):
        found = _NEXT_MARKER.search(data, at)
        if found is None or found[1][0] == _END:
            return
        marker, at = found[1][0], found.end()
        if marker in _FRAMES and at + 7 <= len(data):
            height, width = struct.unpack(">HH", data[at + 3 : at + 7])
            size, progressive = (width, height), marker in _PROGRESSIVE
        if marker == _SCAN:
            scans += 1
            _check_scans(size, scans, progressive, limits)
        at += int.from_bytes(data[at : at + 2], "big")
    raise ImageError("The JPEG is made of too many parts. Save it anew and send that.")


def _check_scans(size: tuple[int, int], scans: int, progressive: bool, limits: ImageLimits) -> None:
    pixels = size[0] * size[1]
    if pixels > limits.jpeg_pixels:
        raise too_large(size, f"at most {limits.jpeg_pixels // _MEGA} megapixels")
    if (progressive or scans > 1) and 2 * pixels > limits.scanned:
        raise too_large(size, "it as a JPEG that is not progressive")
    if (pixels * scans > limits.scanned and scans > 1) or (not progressive and scans > _COMPONENTS):
        raise ImageError(f"The JPEG has too many scans ({scans}). Save it without 'progressive' and send that.")
