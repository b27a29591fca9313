"""Pictures as they come in: a file of a multipart form, or base64 in JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ml.picture_file import KEPT, LIVE, PictureError
from recognizer import pictures, waiting_room
from recognizer.api.errors import PicturesBusy, TooLarge
from recognizer.api.throttles import sender_of

_TEXT = 256 * 1024  # characters of base64 that are decoded at a time
_HEAD = 100  # characters of `data:image/...;base64,`


@extend_schema_field({"type": "string", "format": "byte"})
class PictureField(serializers.Field[pictures.Opened, Any, str, Any]):
    """A picture, as a file of a multipart form or as base64 (a data: URL is understood) in JSON.

    Needs the request in its context: people who are not signed in have smaller limits.
    """

    def to_internal_value(self, data: Any) -> pictures.Opened:
        request = self.context["request"]
        sender = sender_of(request)
        limits = KEPT if request.user.is_authenticated else LIVE
        with waiting_room.seat(sender) as seated:
            if not seated:
                raise PicturesBusy
            try:
                return pictures.open_picture(self._parts(data), sender=sender, limits=limits)
            except PictureError as error:
                raise serializers.ValidationError(str(error)) from error
            except pictures.TooManyPictures as error:
                raise PicturesBusy from error
            finally:
                if type(request.data) is dict:  # of JSON; a form has its picture in a file
                    # DRF's requests are cycles that wait for the collector: not with 14 MB of text in them.
                    request.data.pop(self.field_name, None)

    def _parts(self, data: Any) -> Iterable[bytes]:
        if isinstance(data, str):
            if len(data) > KEPT.bytes * 4 // 3 * 1.03 + _HEAD:  # with its line breaks
                raise TooLarge(self._too_large())
            return _decoded(data)
        if not hasattr(data, "chunks"):
            raise serializers.ValidationError("Send the picture as a file, or as base64 text.")
        if data.size > KEPT.bytes:
            raise TooLarge(self._too_large())
        return data.chunks()  # type: ignore[no-any-return]

    def _too_large(self) -> str:
        return f"The picture is larger than {KEPT.bytes // 2**20} MB. Send a smaller one."

    def to_representation(self, value: Any) -> Any:
        raise TypeError("a picture only comes in")


def _decoded(text: str) -> Iterator[bytes]:
    """The bytes of base64 text, some at a time; most tools break it into lines. Raises ValidationError."""
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
