"""Picture files decoded to upright pixels, and pixels encoded to the files that are kept.

Files of users are decoded in a process of its own (`ml.ink.image_server`), by the functions of this module.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from ml.ink.image_format import FORMATS, KEPT_LIMITS, MAX_SIDE, ImageError, ImageLimits, check_file, check_size

Pixels = NDArray[np.uint8]  # (h, w) grey, 0 black .. 255 white, or (h, w, 3) red, green, blue

THUMBNAIL_SIDE = 320
_FEW_COLOURS = 1024  # of a sample of the pixels; a photograph has more, a picture drawn by a program has not
_QUALITY = 90  # of a JPEG that is kept
_THUMBNAIL_QUALITY = 80  # of its thumbnail, if that is a JPEG
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
_PERCENTILES = (1, 10, 50, 90, 99)  # of the opaque pixels; a tenth of them are no edges, but an ink
_DARK, _LIGHT = 80, 175  # of 255; on no ground are inks beyond both seen
# All that Pillow and libheif were seen to raise for damaged or hostile files.
_DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, KeyError, TypeError, ZeroDivisionError,
    AttributeError, RuntimeError, struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
# Pillow's own limit is a warning at 89 megapixels, whatever the format and the scans; ImageLimits is stricter.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class KeptImage:
    """An uploaded picture, encoded anew as PNG or JPEG without metadata, and its (width, height) in pixels."""

    image: bytes
    thumbnail: bytes
    size: tuple[int, int]


def keep_image(data: bytes, limits: ImageLimits = KEPT_LIMITS) -> KeptImage:
    """What is kept of a file that a user sent. Raises ImageError."""
    pixels = decode_image(data, limits)
    height, width = pixels.shape[:2]
    picture = Image.fromarray(pixels)
    is_photograph = False  # grey pixels are kept without loss
    if pixels.ndim == 3:
        colours = pixels[::4, ::4].astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
        is_photograph = len(np.unique(colours)) > _FEW_COLOURS  # its JPEG is a tenth of its PNG
    image = _jpeg(picture, _QUALITY) if is_photograph else _png(picture)
    small = _shrink(picture, THUMBNAIL_SIDE)
    return KeptImage(image, min(_png(small), _jpeg(small, _THUMBNAIL_QUALITY), key=len), (width, height))


def decode_image(data: bytes, limits: ImageLimits = KEPT_LIMITS) -> Pixels:
    """The first picture of a file, upright, in colour if it has any, at most MAX_SIDE long.

    Transparency is laid on a ground on which the ink can be seen: see `_flatten`. Colour profiles are not applied.
    Raises ImageError.
    """
    name = check_file(data, limits)
    try:
        if name == "HEIF":
            from pillow_heif import register_heif_opener

            register_heif_opener(thumbnails=False)
        with Image.open(io.BytesIO(data), formats=[name]) as picture:
            # Decode a large JPEG at 1/2, 1/4 or 1/8, not below MAX_SIDE: a phone's photo takes 10 MB, not 75.
            shrink = max(1, max(picture.size) // MAX_SIDE)
            picture.draft(None, (max(1, picture.width // shrink), max(1, picture.height // shrink)))
            check_size(picture.size, limits)
            return _pixels(picture)
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError("The picture takes too much memory to open. Send a smaller one.") from error
    except _DECODING_ERRORS as error:
        raise ImageError(f"The file is damaged, or not a picture we can open. Send {FORMATS}.") from error


def encode_png(grey: Pixels) -> bytes:
    """A grey PNG of pixels (h, w), without metadata. Raises ImageError for other arrays."""
    if grey.ndim != 2 or grey.dtype != np.uint8 or grey.size == 0:
        raise ImageError("Only grey pixels can be kept, as a table of bytes.")
    return _png(Image.fromarray(np.ascontiguousarray(grey)))


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    """Without subsampling of the colours, by which thin coloured lines would fade."""
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def _pixels(picture: Image.Image) -> Pixels:
    """Upright pixels at most MAX_SIDE long; (h, w) where all are grey."""
    picture.load()  # before the tag is read: it turns TIFF and HEIF and resets the tag
    try:
        turn = _TURNS.get(int(picture.getexif().get(_ORIENTATION, 1)))
    except _DECODING_ERRORS:
        turn = None  # a sound picture with damaged EXIF is accepted
    if picture.mode.startswith(("I", "F")):
        picture = _scaled(picture)
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
    else:
        picture = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    small = _flatten(_shrink(picture, MAX_SIDE))
    pixels = np.asarray(small if turn is None else small.transpose(turn))
    if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
        pixels = pixels[..., 0]
    return np.ascontiguousarray(pixels)


def _scaled(picture: Image.Image) -> Image.Image:
    """The picture with 8 bits instead of 16 or more, scaled by its largest value.

    Scanners leave the upper bits of 16 unused.
    """
    values = np.asarray(picture).astype(np.float32)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low = min(0.0, float(values.min()))
    whole = float(values.max()) - low
    if picture.mode.startswith("I"):
        whole = 2.0 ** max(8, int(np.ceil(np.log2(whole + 1)))) - 1 if whole > 0 else 255.0
    grey = Image.fromarray(((values - low) * (255 / (whole or 1.0))).round().clip(0, 255).astype(np.uint8))
    transparent = picture.info.get("transparency")
    if not isinstance(transparent, int):
        return grey
    alpha = Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))
    return Image.merge("LA", (grey, alpha)).convert("RGBA")


def _flatten(picture: Image.Image) -> Image.Image:
    """The picture in mode L or RGB: transparent pixels become white or black, so that the ink can be seen.

    Opaque pixels are either a page with ink on it, which gets a ground of the page's own lightness, or the ink
    alone, light or dark (or a page from which the ink is cut out), which gets a ground of the opposite lightness.
    Where some of the ink is light and some is dark, what is opaque is the ink, whatever its colour.
    """
    if picture.mode != "RGBA":
        return picture
    light = np.asarray(picture.convert("RGB").convert("L"))
    alpha = np.asarray(picture.getchannel("A"))
    opaque = light[alpha >= 128] if (alpha >= 128).any() else light[alpha > 0]
    if opaque.size == 0:
        return Image.new("L", picture.size, 255)
    low, dark, middle, light_ink, high = np.percentile(opaque, _PERCENTILES)
    is_page = opaque.size > alpha.size / 2 and high - low > 40
    if not is_page and dark < _DARK and light_ink > _LIGHT:
        return ImageChops.invert(picture.getchannel("A"))
    ground = 255 if (middle >= 128) == is_page else 0
    return Image.alpha_composite(Image.new("RGBA", picture.size, (ground,) * 3), picture).convert("RGB")


def _shrink(picture: Image.Image, side: int) -> Image.Image:
    """The picture with a longer side of at most `side` pixels."""
    width, height = picture.size
    scale = side / max(width, height)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # The box filter averages all pixels: a sharper filter drops thin lines, two steps would blur them.
    return picture.resize(size, Image.Resampling.BOX)
