"""Picture files that are made to hurt, and damaged ones without end. Small to send, dear to open."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageDraw


def number(size: tuple[int, int] = (120, 80), mode: str = "RGB") -> Image.Image:
    """A dark 1 on a light page."""
    image = Image.new("RGB", size, (250, 245, 235))
    x, height = size[0] // 2, size[1]
    ImageDraw.Draw(image).line([(x, height // 6), (x, height - height // 6)], fill=(30, 30, 60), width=6)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    if kind == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, body: bytes = b"", before: bytes = b"", depth: int = 1, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    packed = zlib.compress(body, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def scan_bomb(side: int = 2999, scans: int = 1500) -> bytes:
    """A grey progressive JPEG whose last scan is repeated: each is decoded over the whole picture."""
    data = saved(Image.new("L", (side, side), 255), "JPEG", progressive=True, quality=60)
    last, end = data.rindex(b"\xff\xda"), len(data) - 2
    return data[:end] + data[last:end] * scans + data[end:]


def sequential_scan_bomb(side: int = 6500, scans: int = 1500) -> bytes:
    """A JPEG that is not progressive, and has a component's scan again and again."""
    data = saved(Image.new("L", (side, side), 255), "JPEG", quality=60)
    last, end = data.rindex(b"\xff\xda"), len(data) - 2
    return data[:end] + data[last : last + 14] * scans + data[end:]


def with_size(data: bytes, at: int, form: str, side: int) -> bytes:
    """The same file, that says it is a square of this side."""
    return data[:at] + struct.pack(form, side, side) + data[at + struct.calcsize(form) :]


def jpeg_head(width: int, height: int) -> bytes:
    """A small JPEG that says that it is large."""
    data = saved(number(), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def frames(kind: str, count: int = 1500) -> bytes:
    first, *rest = (Image.new("P", (40, 30), k % 250) for k in range(count))
    return saved(first, kind, save_all=True, append_images=rest, duration=20)


def tiff(width: int, height: int, strip: bytes = b"\0" * 64, length: int = 2**31) -> bytes:
    """A TIFF whose only strip says that it is longer than the file."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
               (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, length)]  # fmt: skip
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + ifd


def tiff_loop() -> bytes:
    """A TIFF whose list of pages has no end."""
    data = bytearray(tiff(8, 8, length=64))
    data[-4:] = struct.pack("<I", 8 + 64)
    return bytes(data)


BOMBS: dict[str, Callable[[], bytes]] = {
    "scans": scan_bomb,
    "sequential scans": sequential_scan_bomb,
    "empty chunks": lambda: png(8, 8, bytes(16), before=chunk(b"tEXt", b"") * 800_000),
    "packed text": lambda: png(
        8, 8, bytes(16), before=chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100 * 2**20), 1))
    ),
    "packed profile": lambda: png(
        8, 8, bytes(16), before=chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(100 * 2**20), 1))
    ),
    "30,000 x 30,000": lambda: png(30_000, 30_000, bytes(1000)),
    "packed pixels": lambda: png(4999, 4999, bytes(20_000) * 4999, depth=8, colour=6),
    "more pixels than said": lambda: png(8, 8, bytes(100 * 2**20)),
    "a JPEG that says it is large": lambda: jpeg_head(65_000, 65_000),
    "a JPEG without its rest": lambda: jpeg_head(14_000, 14_000),
    "frames of a GIF": lambda: frames("GIF"),
    "frames of a PNG": lambda: frames("PNG"),
    "frames of a WebP": lambda: frames("WEBP", 300),
    "a GIF that says it is large": lambda: with_size(saved(number(mode="P"), "GIF"), 6, "<HH", 65_000),
    "a strip beyond the end": lambda: tiff(4000, 4000),
    "a TIFF that says it is large": lambda: tiff(2**31, 2**31),
    "pages without end": tiff_loop,
    "a BMP that says it is large": lambda: with_size(saved(number(), "BMP"), 18, "<ii", 60_000),
    "a page of HTML behind a picture": lambda: saved(number(), "PNG") + b"<script>alert(1)</script>",
    "a zip behind a picture": lambda: saved(number(), "JPEG") + b"PK\x03\x04" + bytes(100),
    "a thin JPEG": lambda: saved(Image.new("L", (1, 3200), 255), "JPEG"),
    "a long JPEG": lambda: saved(Image.new("L", (10, 20_000), 255), "JPEG"),
}
KINDS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF")


def mutations(count: int, seed: int = 0) -> Iterator[bytes]:
    """Sound pictures of all formats, torn off, or with bytes changed, cut out or doubled."""
    rng = random.Random(seed)
    noise = Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 60, 3), dtype=np.uint8))
    sound = [saved(picture, kind) for kind in KINDS for picture in (number(), noise)]
    sound.append(saved(number(mode="L"), "JPEG", progressive=True))
    sound.append(saved(number(mode="RGBA"), "PNG"))
    for _ in range(count):
        data = bytearray(rng.choice(sound))
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        for _ in range(rng.randrange(8)):
            at = rng.randrange(len(data) + 1)
            part = data[at : at + rng.randrange(1, 40)]
            data[at : at + len(part)] = rng.choice([rng.randbytes(len(part)), b"", part * 3, b"\xff" * len(part)])
        yield bytes(data)
