"""The field for uploaded pictures: a file of a multipart form, or base64 in JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ml.ink.image_format import KEPT_LIMITS, LIVE_LIMITS, ImageError
from recognizer.api.errors import PicturesBusy, TooLarge
from recognizer.api.throttles import sender_of
from recognizer.serving import image_opening, waiting_room

_TEXT = 256 * 1024  # characters of base64 that are decoded at a time
_HEAD = 100  # characters in which `data:image/...;base64,` must end


@extend_schema_field({"type": "string", "format": "byte"})
class PictureField(serializers.Field[image_opening.OpenedImage, Any, str, Any]):
    """A picture, as a file of a multipart form or as base64 in JSON (also as a data: URL).

    It needs the request in its context, because limits are smaller for users who are not signed in.
    """

    def to_internal_value(self, data: Any) -> image_opening.OpenedImage:
        request = self.context["request"]
        sender = sender_of(request)
        limits = KEPT_LIMITS if request.user.is_authenticated else LIVE_LIMITS
        with waiting_room.seat(sender) as seated:
            if not seated:
                raise PicturesBusy
            try:
                return image_opening.open_image(self._parts(data), sender=sender, limits=limits)
            except ImageError as error:
                raise serializers.ValidationError(str(error)) from error
            except image_opening.TooManyImages as error:
                raise PicturesBusy from error
            finally:
                if type(request.data) is dict:  # JSON; the picture of a form is in a file
                    # DRF's requests are reference cycles: the 14 MB of text must not wait for the collector.
                    request.data.pop(self.field_name, None)

    def _parts(self, data: Any) -> Iterable[bytes]:
        if isinstance(data, str):
            if len(data) > KEPT_LIMITS.bytes * 4 // 3 * 1.03 + _HEAD:  # with its line breaks
                raise TooLarge(self._too_large())
            return _decoded(data)
        if not hasattr(data, "chunks"):
            raise serializers.ValidationError("Send the picture as a file, or as base64 text.")
        if data.size > KEPT_LIMITS.bytes:
            raise TooLarge(self._too_large())
        return data.chunks()  # type: ignore[no-any-return]

    def _too_large(self) -> str:
        return f"The picture is larger than {KEPT_LIMITS.bytes // 2**20} MB. Send a smaller one."

    def to_representation(self, value: Any) -> Any:
        raise TypeError("a picture only comes in")


def _decoded(text: str) -> Iterator[bytes]:
    """The bytes of base64 text, which may be broken into lines, part by part. Raises ValidationError."""
    at, rest = text.find("base64,", 0, _HEAD), ""
    at = 0 if at < 0 else at + len("base64,")
    try:
        while at < len(text):
            part = rest + "".join(text[at : at + _TEXT].split())
            at += _TEXT
            whole = len(part) - len(part) % 4
            yield base64.b64decode(part[:whole], validate=True)
            rest = part[whole:]
        yield base64.b64decode(rest, validate=True)
    except (binascii.Error, ValueError) as error:
        raise serializers.ValidationError("The picture is not valid base64 text.") from error
