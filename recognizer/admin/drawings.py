"""Drawings in the admin: staff see those that they may see, with all that was read and said, and decide."""

from __future__ import annotations

import base64
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString

from recognizer.admin.of_drawings import (
    CorrectedFilter,
    OfDrawings,
    ReadingFilter,
    VerdictFilter,
    large_picture,
    small_picture,
)
from recognizer.admin.read_only import link, linked, percent, table
from recognizer.models import Drawing, Review
from recognizer.models.drawing import in_one_line
from recognizer.services import predictions, review_queue, reviews
from recognizer.services.reviews import MOST, Decision

if TYPE_CHECKING:
    from accounts.requests import SignedInRequest

BY_CONFIDENCE = "review_item__confidence"
Decide = Callable[[Drawing], Decision | None]  # None: there is nothing to agree with


@admin.register(Drawing)
class DrawingAdmin(OfDrawings):
    path = ""
    list_display = ["looks", "read_as", "confidence", "correction", "verdict", "state", "user", "created_at"]
    sortable_by: ClassVar[Any] = ["confidence", "created_at"]  # what has an index
    list_filter = [CorrectedFilter, ReadingFilter, VerdictFilter, "state", "source", "created_at"]
    list_select_related = ["user"]
    ordering = ["-created_at", "-pk"]
    actions = ["agree_with_writer", "agree_with_reading", "no_number", "unreadable"]
    fields: ClassVar[Any] = [
        "large", "seen_by_network", "read_as", "confidence", "digits", "correction", "verdict", "verdicts",
        "state", "failure", "attempts", "source", linked("user"), "created_at", "readings",
    ]  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def rows(self) -> QuerySet[Drawing]:
        return Drawing.objects.with_predictions().with_verdicts().defer("image", "thumbnail")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drawing]:
        drawings: QuerySet[Drawing] = self.rows().shown_to_staff()  # type: ignore[attr-defined]
        # From the index over the confidence of review items; drawings without one have nothing to sort by.
        by_confidence = "2" in {key.lstrip("-") for key in request.GET.get("o", "").split(".")}
        return drawings.filter(review_item__isnull=False) if by_confidence else drawings

    # ---- What is shown

    @admin.display(description="drawing")
    def looks(self, drawing: Drawing) -> str | SafeString:
        return small_picture(drawing)

    @admin.display(description="drawing")
    def large(self, drawing: Drawing) -> str | SafeString:
        return large_picture(drawing)

    @admin.display(description="as the network saw it")
    def seen_by_network(self, drawing: Drawing) -> str | SafeString:
        item = getattr(drawing, "review_item", None)
        if item is None or not item.glyphs:
            return "-"
        png = base64.b64encode(bytes(item.glyphs)).decode()
        return format_html('<img class="glyphs" src="data:image/png;base64,{}" alt="glyphs of the digits">', png)

    @admin.display(description="read as")
    def read_as(self, drawing: Drawing) -> str:
        return drawing.latest.read if drawing.latest else "-"

    @admin.display(description="confidence", ordering=BY_CONFIDENCE)
    def confidence(self, drawing: Drawing) -> str:
        return percent(drawing.latest.confidence if drawing.latest else None)

    @admin.display(description="corrected to")
    def correction(self, drawing: Drawing) -> str:
        return in_one_line(str(drawing.correction)) if drawing.correction else "-"

    @admin.display(description="verdict")
    def verdict(self, drawing: Drawing) -> str | SafeString:
        """The verdict in force; beside it, unseen, what an action on this drawing says that its reviewer saw."""
        said = in_one_line(str(drawing.review)) if drawing.review else "-"
        return format_html('{}<input type="hidden" name="seen-{}" value="{}">', said, drawing.pk, drawing.seen)

    @admin.display(description="digits")
    def digits(self, drawing: Drawing) -> str | SafeString:
        digits = drawing.latest.digits.all() if drawing.latest else []
        return table(["digit", "confidence"], ((str(digit), percent(digit.confidence)) for digit in digits))

    @admin.display(description="readings")
    def readings(self, drawing: Drawing) -> str | SafeString:
        newest_first = sorted(drawing.predictions.all(), key=lambda prediction: -prediction.pk)
        rows = (
            (_on(p.created_at), link(drawing, p.model_version), p.read, percent(p.confidence))
            for p in newest_first
        )
        return table(["when", "version", "read as", "confidence"], rows)

    @admin.display(description="history")
    def verdicts(self, drawing: Drawing) -> str | SafeString:
        """Corrections and verdicts, the newest first."""
        corrections = drawing.corrections.select_related("user")
        said = [(c.created_at, "corrected", c, c.user, _end(c)) for c in corrections]
        given = [
            (r.created_at, _look(r), r, r.reviewer, _end(r)) for r in drawing.reviews.select_related("reviewer")
        ]
        rows = sorted([*said, *given], key=lambda row: row[0], reverse=True)
        return table(
            ["when", "what", "says", "who", "until"],
            ((_on(when), what, in_one_line(str(row)), str(who or "-"), end) for when, what, row, who, end in rows),
        )

    # ---- Verdicts

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("recognizer.add_review")

    @admin.action(description="Verdict: the writer is right", permissions=["review"])
    def agree_with_writer(self, request: SignedInRequest, queryset: QuerySet[Drawing]) -> None:
        def as_corrected(drawing: Drawing) -> Decision | None:
            return Decision.of(drawing.correction.text) if drawing.correction else None

        self._decide(request, queryset, as_corrected, "nobody has corrected them")

    @admin.action(description="Verdict: the reading is right", permissions=["review"])
    def agree_with_reading(self, request: SignedInRequest, queryset: QuerySet[Drawing]) -> None:
        def as_read(drawing: Drawing) -> Decision | None:
            return Decision.of(drawing.latest.text) if drawing.latest else None

        self._decide(request, queryset, as_read, "nothing has read them")

    @admin.action(description="Verdict: no number", permissions=["review"])
    def no_number(self, request: SignedInRequest, queryset: QuerySet[Drawing]) -> None:
        self._decide(request, queryset, lambda _: Decision.of(""))

    @admin.action(description="Verdict: unreadable", permissions=["review"])
    def unreadable(self, request: SignedInRequest, queryset: QuerySet[Drawing]) -> None:
        self._decide(request, queryset, lambda _: Decision(Review.Verdict.UNREADABLE))

    def _decide(
        self, request: SignedInRequest, drawings: QuerySet[Drawing], decide: Decide, why_not: str = ""
    ) -> None:
        """Decide on these drawings in one step, and say what became of them."""
        chosen = list(drawings.select_related("review_item"))
        # Staff see them: so they belong into the queue, even if no worker has come to them yet.
        review_queue.put_many(drawings=[d for d in chosen if not hasattr(d, "review_item")])
        seen: dict[Decision | None, dict[uuid.UUID, str]] = defaultdict(dict)
        for drawing in chosen:
            seen[decide(drawing)][drawing.pk] = request.POST.get(f"seen-{drawing.pk}", drawing.seen)
        left, step = seen.pop(None, {}), uuid.uuid4()
        decided = stale = 0
        for decision, tokens in seen.items():
            assert decision is not None
            try:
                outcome = reviews.decide_many(
                    reviewer=request.user, decision=decision, seen=tokens, step=step, shown_for="search"
                )
            except ValidationError as error:
                self.message_user(request, error.messages[0], messages.ERROR)
                continue
            decided, stale = decided + len(outcome.decided), stale + len(outcome.stale)
        if decided:
            self.message_user(request, f"{decided} decided.", messages.SUCCESS)
        if stale:
            changed = f"{stale} not decided: they have changed meanwhile. Look at them again."
            self.message_user(request, changed, messages.WARNING)
        if left:
            self.message_user(request, f"{len(left)} not decided: {why_not}.", messages.WARNING)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> HttpResponseBase | None:  # type: ignore[override]
        """Refuse an action on more drawings than one step may have: it would take longer than a page may."""
        if request.POST.get("select_across") == "1" and len(queryset.values("pk")[: MOST + 1]) > MOST:
            too_many = f"More than {MOST} match. Narrow the list down, or choose single ones."
            self.message_user(request, too_many, messages.ERROR)
            return None
        return super().response_action(request, queryset)

    # ---- Deletion

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recognizer.delete_drawing")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What belongs to a drawing is deleted with it, though it can't be deleted alone."""
        drawings = list(objs)
        return [str(drawing) for drawing in drawings], {"drawings": len(drawings)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Drawing) -> None:
        predictions.delete_drawing(drawing=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Drawing]) -> None:
        for drawing in queryset:
            predictions.delete_drawing(drawing=drawing)


def _on(when: Any) -> str:
    return f"{when:%Y-%m-%d %H:%M}"


def _look(review: Review) -> str:
    looks = {2: "second opinion", 3: "after a disagreement"}
    return looks.get(review.look, "verdict") + (", with others" if review.bulk else "")


def _end(row: Any) -> str:
    """When a correction or verdict was replaced or undone; "" for what is in force."""
    if getattr(row, "undone_at", None):
        return f"undone {_on(row.undone_at)}"
    return _on(row.replaced_at) if row.replaced_at else "in force"
