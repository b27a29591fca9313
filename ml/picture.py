"""A picture file to grey pixels and back, safely.

The web process imports this module, so it needs Pillow and NumPy and nothing else.
"""

from __future__ import annotations

import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_BYTES = 10 * 2**20
# What is decoded is held in memory, four bytes a pixel and more than once: 9 megapixels, a large screen, take 100
# MB for a moment. A phone camera's JPEG may be larger, since it is decoded at a fraction of its size.
MAX_PIXELS = 9_000_000
MAX_SIDE = 1600
_ORIENTATION = 0x0112  # EXIF tag
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# All that Pillow was seen to raise for damaged or hostile files.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, MemoryError, OverflowError, IndexError, KeyError, TypeError,
    struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


class PictureError(ValueError):
    """The file is no picture that can be read. The message says what to do and is safe to show."""


def decode(data: bytes) -> NDArray[np.uint8]:
    """Grey pixels (h, w) of a PNG or JPEG file, 0 black .. 255 white, turned upright, at most MAX_SIDE long.

    Transparency is laid on white. Coloured ink stays visible: see `_grey`. Raises PictureError.
    """
    if not data:
        raise PictureError("The file is empty. Choose a PNG or JPEG picture.")
    if len(data) > MAX_BYTES:
        raise PictureError(f"The file is too large. Send at most {MAX_BYTES // 2**20} MB.")
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as picture:
            _draft(picture)
            _check_size(picture)
            return _pixels(picture)
    except PictureError:
        raise
    except _BROKEN as error:
        raise PictureError("The file is not a picture we can open. Send a PNG or JPEG.") from error


def encode(grey: NDArray[np.uint8]) -> bytes:
    """A grey PNG of (h, w) pixels that carries nothing but the pixels. Raises PictureError."""
    if grey.ndim != 2 or grey.dtype != np.uint8 or grey.size == 0:
        raise PictureError("Only grey pixels can be kept, as a table of bytes.")
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(grey)).save(file, format="PNG")
    return file.getvalue()


def _draft(picture: Image.Image) -> None:
    """Have a large JPEG decoded at 1/2, 1/4 or 1/8, never below MAX_SIDE: a phone photo takes 10 MB, not 75."""
    width, height = picture.size
    scale = max(1, max(width, height) // MAX_SIDE)
    picture.draft(None, (width // scale, height // scale))


def _check_size(picture: Image.Image) -> None:
    """Refuse by the header alone, before a pixel is decoded: a bomb is small until it is loaded."""
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureError(f"The picture is too large. Send a JPEG, or at most {MAX_PIXELS // 10**6} megapixels.")
    if min(width, height) < 1:
        raise PictureError("The picture has no pixels. Choose another one.")


def _pixels(picture: Image.Image) -> NDArray[np.uint8]:
    turn = _TURNS.get(_orientation(picture))
    picture.load()
    small = _shrink(_flatten(picture))
    return _grey(small if turn is None else small.transpose(turn))


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return 1  # damaged EXIF is no reason to refuse a sound picture


def _flatten(picture: Image.Image) -> Image.Image:
    """As mode L or RGB, without alpha."""
    if picture.mode.startswith("I"):  # 16 bits; Pillow's own conversion would clip at 255
        return Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        above = picture.convert("RGBA")
        white = Image.new("RGBA", above.size, "white")
        return Image.alpha_composite(white, above).convert("RGB")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _shrink(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    scale = MAX_SIDE / max(width, height)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Box averages all pixels; anything sharper drops thin lines, anything on two steps would blur them.
    return picture.resize(size, Image.Resampling.BOX)


def _grey(picture: Image.Image) -> NDArray[np.uint8]:
    """The darkest channel on a light page, the lightest on a dark one.

    A weighted mean would turn a red pen into light grey and blue chalk into dark; in one channel each is at
    full strength.
    """
    pixels = np.asarray(picture)
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    extreme = np.minimum if np.median(pixels[::4, ::4]) >= 128 else np.maximum
    grey: NDArray[np.uint8] = extreme(extreme(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    return grey
