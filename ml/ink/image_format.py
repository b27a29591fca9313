"""Format, size and cost of a picture file, checked by its bytes before anything is decoded.

The web process imports this module, so it needs neither Pillow nor NumPy. A file of 10 MB costs some milliseconds
whatever its bytes are. Sources: PNG (ISO/IEC 15948), JPEG (ITU-T T.81, annex B), ISO base media (ISO/IEC 14496-12)
with the brands of HEIF (23008-12) and AVIF.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from mmap import mmap

Data = bytes | bytearray | mmap

MAX_SIDE = 1600  # px of the longer side of a picture that is kept
FORMATS = "PNG, JPEG, WebP, HEIC, AVIF, GIF, TIFF or BMP"
_MEGA = 10**6
_MAX_CHUNKS = 10_000  # of a PNG; the smallest that encoders write have 4 kB, which makes 2,500 in 10 MB
_MAX_MARKERS = 2_000  # of a JPEG, without restarts; a progressive one with its tables has 50
_FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE_MARKERS = {0xC2, 0xC6, 0xCA, 0xCE}
_SCAN_MARKER, _END_MARKER = 0xDA, 0xD9
_MAX_CHANNELS = 4  # of a JPEG; one that is not progressive has at most one scan for each
# After the header of a scan, any marker but a restart ends its data. FF 00 is a byte of data; of several FF, all
# but the last are fill bytes. The pattern is not \xff+, which would scan a million fill bytes from each of them.
_NEXT_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}


class ImageError(ValueError):
    """The file is no picture that can be opened. The message says what to do and is safe to show."""


@dataclass(frozen=True)
class ImageLimits:
    """What opening a picture may cost."""

    bytes: int
    pixels: int  # of a picture that is decoded at full size
    jpeg_pixels: int  # of a baseline JPEG, which is decoded at 1/2, 1/4 or 1/8
    scanned: int  # pixels times scans of a JPEG with several; a camera's progressive one has ten
    seconds: float  # of processor time, and twice as many of wall time
    memory: int  # bytes


# A message to `ml.ink.image_server`: the fields of ImageLimits.
REQUEST = struct.Struct(">QQQQdQ")
# The head of its answer: 1 for success, width, height, length of the image or of a message, and of the thumbnail.
ANSWER = struct.Struct(">BIIII")

KEPT_LIMITS = ImageLimits(10 * 2**20, 25 * _MEGA, 200 * _MEGA, 500 * _MEGA, seconds=6.0, memory=700 * 2**20)
# Of live previews, which anybody may ask for without signing in: enough for a phone's photograph.
LIVE_LIMITS = ImageLimits(10 * 2**20, 16 * _MEGA, 50 * _MEGA, 200 * _MEGA, seconds=1.5, memory=300 * 2**20)


def check_file(data: Data, limits: ImageLimits = KEPT_LIMITS) -> str:
    """The format of a file, by Pillow's name for it, if its headers allow to open it. Raises ImageError."""
    if not len(data):
        raise ImageError("The file is empty. Choose a picture.")
    if len(data) > limits.bytes:
        raise ImageError(f"The file is too large. Send at most {limits.bytes // 2**20} MB.")
    name = format_of(data)
    if name is None:
        raise ImageError(f"The file is not a picture we can open. Send {FORMATS}.")
    if name == "PNG":
        _check_png(data, limits)
    elif name == "JPEG":
        _check_jpeg(data, limits)
    return name


def format_of(data: Data) -> str | None:
    """The format by the first bytes of a file, by Pillow's name for it; None if it is none that is opened."""
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
    if head[4:8] == b"ftyp":  # the first box of an ISO base media file, which lists its brands
        length = min(len(head), int.from_bytes(head[:4], "big"))
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))}
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIF_BRANDS:
            return "HEIF"
    return None


def media_type(data: Data) -> str:
    """The Content-Type of a picture that we have encoded ourselves."""
    return "image/jpeg" if format_of(data) == "JPEG" else "image/png"


def check_size(size: tuple[int, int], limits: ImageLimits) -> None:
    """Raise ImageError if a picture of `size` (width, height) must not be decoded at full size."""
    width, height = size
    if width * height > limits.pixels:
        raise _too_large(size, f"at most {limits.pixels // _MEGA} megapixels, or a JPEG")
    if min(width, height) < 1:
        raise ImageError("The picture has no pixels. Choose another one.")


def _too_large(size: tuple[int, int], instead: str) -> ImageError:
    width, height = size
    return ImageError(f"The picture is too large ({width} x {height} pixels). Send {instead}.")


def _check_png(data: Data, limits: ImageLimits) -> None:
    if len(data) >= 24 and data[12:16] == b"IHDR":
        check_size(struct.unpack(">II", data[16:24]), limits)
    position = 8
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data) or data[position + 4 : position + 8] == b"IEND":
            return
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    raise ImageError("The PNG is made of too many parts. Save it anew and send that.")


def _check_jpeg(data: Data, limits: ImageLimits) -> None:
    size, is_progressive, scans, position = (0, 0), False, 0, 2
    for _ in range(_MAX_MARKERS):
        match = _NEXT_MARKER.search(data, position)
        if match is None or match[1][0] == _END_MARKER:
            return
        marker, position = match[1][0], match.end()
        if marker in _FRAME_MARKERS and position + 7 <= len(data):
            height, width = struct.unpack(">HH", data[position + 3 : position + 7])
            size, is_progressive = (width, height), marker in _PROGRESSIVE_MARKERS
        if marker == _SCAN_MARKER:
            scans += 1
            _check_scans(size, scans, is_progressive, limits)
        position += int.from_bytes(data[position : position + 2], "big")
    raise ImageError("The JPEG is made of too many parts. Save it anew and send that.")


def _check_scans(size: tuple[int, int], scans: int, is_progressive: bool, limits: ImageLimits) -> None:
    """Raise ImageError for a JPEG of `size` (width, height) that has too many pixels or scans so far."""
    pixels = size[0] * size[1]
    if pixels > limits.jpeg_pixels:
        raise _too_large(size, f"at most {limits.jpeg_pixels // _MEGA} megapixels")
    if (is_progressive or scans > 1) and 2 * pixels > limits.scanned:
        raise _too_large(size, "it as a JPEG that is not progressive")
    if (pixels * scans > limits.scanned and scans > 1) or (not is_progressive and scans > _MAX_CHANNELS):
        raise ImageError(f"The JPEG has too many scans ({scans}). Save it without 'progressive' and send that.")
