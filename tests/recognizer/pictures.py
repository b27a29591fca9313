"""Small pictures for tests."""

import io

from PIL import Image, ImageDraw


def picture(kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    """A white picture with a dark vertical stroke."""
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).line([(size[0] / 2, 5), (size[0] / 2, size[1] - 5)], fill=0, width=4)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


PNG, JPEG = picture("PNG"), picture("JPEG")
