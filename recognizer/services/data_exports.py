"""All that is kept of one user, as files: made by a worker some drawings at a time, streamed to the user."""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from ml.ink.image_format import media_type
from recognizer.models import Correction, DataExport, DataExportPart, Drawing, Prediction, Review

if TYPE_CHECKING:
    from accounts.models import User

MOST_DRAWINGS = 200  # of a part: a second of work at the most, in which live previews wait
MOST_BYTES = 4 * 2**20  # of what a part holds, about
BYTES_A_WORK = 1200  # twenty points of 60 characters

# What is said of the user in each table that names them. Secrets, and what only makes sense to the site, stay.
EXPORTED = {
    "account.EmailAddress": ["email", "verified", "primary"],
    "knox.AuthToken": ["token_key", "created", "expiry"],
    "mfa.Authenticator": ["type", "created_at", "last_used_at"],
    "usersessions.UserSession": ["created_at", "last_seen_at", "ip", "user_agent"],
    "admin.LogEntry": ["action_time", "object_repr", "action_flag"],
    "recognizer.Review": ["drawing_id", "verdict", "text", "created_at", "undone_at"],
    "recognizer.SkippedItem": ["item_id", "created_at"],
    "recognizer.TrainingRun": ["id", "created_at"],
    "recognizer.Promotion": ["version_id", "kind", "reason", "created_at"],
}
LEFT_OUT = {
    "recognizer.Drawing": "its own files",
    "recognizer.Correction": "beside its drawing",
    "recognizer.DataExport": "this file",
    "recognizer.ReviewItem": "the order in which reviewers look at drawings; made from what the files hold",
}
_README = """This is all that Numeral keeps of you.

account.json        your account: name, address, switches, tokens (never the tokens themselves), sessions
drawings/*.ndjson   your drawings, one JSON object a line: strokes, what each version read, what you said it is,
                    and what reviewers said
pictures/           the pictures that you uploaded, by the number of their drawing
"""


def start_export(*, user: User) -> DataExport:
    """A new export, that waits for a worker. Raises ValidationError within an hour of the last one."""
    with transaction.atomic():
        last = DataExport.objects.select_for_update().filter(user=user).first()
        if last and not last.may_be_renewed:
            raise ValidationError("You have asked for this within the last hour. Use that file, or come later.")
        if last:
            last.delete()
        return DataExport.objects.create(user=user, total=Drawing.objects.for_user(user).count())


def write_part(*, export_id: int) -> bool:
    """Add the next part; whether there is more to do.

    It is made outside of the transaction, which others' writes would wait for; of two workers at once one adds it.
    """
    export = DataExport.objects.select_related("user").filter(pk=export_id, ready_at=None).first()
    if export is None:
        return False
    drawings = _next_drawings(export)
    number = export.parts.count()
    files = _files_of(drawings, number)
    if number == 0:
        files = [("README.txt", _README.encode()), ("account.json", _json(account_of(export.user))), *files]
    content = _zipped(files) if files else b""
    now = timezone.now()
    with transaction.atomic():
        unchanged = DataExport.objects.filter(pk=export_id, ready_at=None, last_drawing=export.last_drawing)
        added = unchanged.update(
            done=export.done + len(drawings),
            last_drawing=drawings[-1].pk if drawings else export.last_drawing,
            touched_at=now,
            ready_at=None if drawings else now,
        )
        if added and content:
            DataExportPart.objects.create(export=export, number=number, content=content)
    return bool(drawings)


def stream(export: DataExport) -> Iterator[bytes]:
    """The zip of all parts, one of them in memory at a time."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        for number in export.parts.values_list("number", flat=True):
            content = export.parts.values_list("content", flat=True).get(number=number)
            with zipfile.ZipFile(io.BytesIO(bytes(content))) as part:
                for name in part.namelist():
                    out.writestr(name, part.read(name))
                    yield sink.taken()
    yield sink.taken()


def account_of(user: User) -> dict[str, Any]:
    """What is kept of somebody besides their drawings, in plain types."""
    names = ["username", "first_name", "last_name", "email", "date_joined", "last_login", "is_active", "is_staff",
             "is_superuser", "may_train", "adapts"]  # fmt: skip
    related = {}
    for relation in user._meta.related_objects:
        label = relation.related_model._meta.label
        if label in EXPORTED:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: user})
            related[label] = list(rows.values(*EXPORTED[label]))
    return {
        **{name: getattr(user, name) for name in names},
        "groups": list(user.groups.values_list("name", flat=True)),
        **related,
    }


class _Sink(io.RawIOBase):
    """Takes what a zip writes until it is sent. It can't be read or rewound, so the zip does not try."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        data = b"".join(self._written)
        self._written.clear()
        return data


def _next_drawings(export: DataExport) -> list[Drawing]:
    drawings = Drawing.objects.for_user(export.user).order_by("pk")
    if export.last_drawing:
        drawings = drawings.filter(pk__gt=export.last_drawing)
    size, ids = 0, []
    for pk, work, width, height in drawings.values_list("pk", "work", "width", "height")[:MOST_DRAWINGS]:
        ids.append(pk)
        size += work * BYTES_A_WORK + (width or 0) * (height or 0)  # a picture has at the most a byte a pixel
        if size > MOST_BYTES:
            break
    return list(Drawing.objects.filter(pk__in=ids).with_predictions().order_by("pk"))


def _files_of(drawings: Sequence[Drawing], number: int) -> list[tuple[str, bytes]]:
    if not drawings:
        return []
    corrections, reviews = _of_drawings(Correction, drawings), _of_drawings(Review, drawings)
    lines = [_json(_drawing(drawing, corrections[drawing.pk], reviews[drawing.pk])) for drawing in drawings]
    pictures = [
        (f"pictures/{drawing.pk}.{media_type(image).removeprefix('image/')}", image)
        for drawing in drawings
        if (image := bytes(drawing.image or b""))
    ]
    return [(f"drawings/{number:04}.ndjson", b"\n".join(lines) + b"\n"), *pictures]


def _of_drawings(
    model: type[Correction] | type[Review], drawings: Sequence[Drawing]
) -> defaultdict[UUID, list[Any]]:
    rows = defaultdict(list)
    for row in model._default_manager.filter(drawing__in=drawings).order_by("pk"):
        rows[row.drawing_id].append(row)
    return rows


def _drawing(drawing: Drawing, corrections: list[Correction], reviews: list[Review]) -> dict[str, Any]:
    return {
        "id": drawing.pk,
        "created_at": drawing.created_at,
        "source": drawing.source,
        "state": drawing.state,
        "failure": drawing.failure,
        "strokes": drawing.strokes,
        "size": drawing.size,
        "predictions": [_prediction(prediction) for prediction in drawing.predictions.all()],
        "corrections": [
            {"text": said.text, "created_at": said.created_at, "replaced_at": said.replaced_at}
            for said in corrections
        ],
        # Who decided is somebody else's.
        "reviews": [
            {
                "verdict": review.verdict,
                "text": review.text,
                "created_at": review.created_at,
                "replaced_at": review.replaced_at,
            }
            for review in reviews
        ],
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    digits = [
        {
            "label": digit.label,
            "confidence": digit.confidence,
            "probabilities": digit.probabilities,
            "box": [digit.x, digit.y, digit.width, digit.height],
            "line": digit.line,
        }
        for digit in prediction.digits.all()
    ]
    return {
        "model_version": str(prediction.model_version),
        "state": prediction.state,
        "text": prediction.text,
        "alternative": prediction.alternative,
        "confidence": prediction.confidence,
        "created_at": prediction.created_at,
        "digits": digits,
        "numbers": prediction.numbers_kept,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder).encode()


def _zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files:
            out.writestr(name, data)
    return file.getvalue()
