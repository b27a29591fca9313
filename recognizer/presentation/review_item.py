"""A review item as the desk and the API show it, with the reason why somebody should look, in words."""

from __future__ import annotations

import base64
from typing import Any

from django.urls import reverse

from recognizer.models import Drawing, Review, ReviewItem
from recognizer.models.drawing import in_one_line
from recognizer.presentation import doubts

Reason = ReviewItem.Reason

_WHY = {
    Reason.DOUBTFUL: "Its label is doubtful: known digits that look like it are labelled otherwise.",
    Reason.CANDIDATE: "A version that waits to be promoted reads it otherwise.",
    Reason.UNUSUAL: "It is unlike anything that the reader knows.",
}


def why(item: ReviewItem) -> str:
    """Why somebody should look, in a sentence."""
    if item.state == ReviewItem.State.SECOND:
        return "Somebody has decided already. Say what you see, for comparison."
    if item.state == ReviewItem.State.THIRD:
        return "Two reviewers disagree. What do you see?"
    if item.reason == Reason.CORRECTED:
        return _why_corrected(item.drawing)
    if item.reason == Reason.UNSURE:
        return _why_unsure(item.drawing)
    if item.reason == Reason.NONE:
        drawn = "Drawn by lot, to see how often the reader is right."
        return drawn if item.sampled_at else "Nothing points to a mistake."
    return _WHY[Reason(item.reason)]


def _why_corrected(drawing: Drawing) -> str:
    correction, read = drawing.correction, drawing.latest
    if correction is None:
        return "Its writer has corrected it."
    if read is not None and read.text == correction.text:
        return "Its writer says that it is read rightly."
    says = in_one_line(correction.text) if correction.text else "no number"
    return f"Its writer says {says}; it was read as {read.read}." if read else f"Its writer says {says}."


def _why_unsure(drawing: Drawing) -> str:
    read = drawing.latest
    if read is None:
        return "The reader is unsure."
    if not read.text:
        return "The reader sees no number in it."
    how_sure = doubts.in_short(read) if doubts.has_several(read) else f"{read.percent} %"
    return f"The reader is unsure: {how_sure}."


def item_as_json(item: ReviewItem) -> dict[str, Any]:
    """Plain types. The item needs `ReviewItem.objects.with_drawings`.

    Who gives a second opinion does not see the first: `verdict` is None then.
    """
    drawing = item.drawing
    read, correction = drawing.latest, drawing.correction
    outline = drawing.outline
    return {
        "id": str(drawing.pk),
        "url": reverse("api:review-item", args=[drawing.pk]),
        "seen": drawing.seen,
        "state": item.state,
        "look": item.look,
        "reason": item.shown_for,
        "why": why(item),
        "reading": read
        and {
            "state": read.state,
            "text": read.text,
            "alternative": read.alternative or None,
            "confidence": read.confidence,
            "model_version": str(read.model_version),
        },
        "correction": correction and {"text": correction.text, "created_at": correction.created_at},
        "verdict": review_as_json(drawing.review) if drawing.review and item.look == 1 else None,
        "digits": [
            {"label": d.label, "confidence": d.confidence, "box": [d.x, d.y, d.width, d.height], "line": d.line}
            for d in (read.digits.all() if read else [])
        ],
        "ink": outline and {"view_box": outline.view_box, "path": outline.path, "pen": outline.pen},
        "strokes": drawing.strokes,
        "image": None if outline else reverse("recognizer:drawing_image", args=[drawing.pk]),
        "size": drawing.size,
        "glyphs": _data_url(bytes(item.glyphs)) if item.glyphs else None,
        "alike": getattr(item, "alike", 0),
        "writer": item.writer_id,
        "created_at": drawing.created_at,
    }


def review_as_json(review: Review) -> dict[str, Any]:
    """A verdict in plain types."""
    return {
        "id": review.pk,
        "verdict": review.verdict,
        "text": review.text,
        "reviewer": review.reviewer.username if review.reviewer else None,
        "created_at": review.created_at,
        "bulk": review.bulk,
    }


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
