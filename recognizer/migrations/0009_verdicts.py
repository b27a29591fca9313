"""Verdicts on corrections become verdicts on drawings; corrected drawings come into the review queue; reviewers."""

import uuid

from django.db import migrations
from django.db.models import F, OuterRef, Subquery

ROWS = 1000  # of a statement
GROUP = "reviewers"
PERMISSIONS = {"add_review": "Can add review", "view_review": "Can view review"}


def rewrite_reviews(apps, schema_editor):
    """An accepted correction says what the drawing is. A refused one says only what it is not: that stays."""
    review = apps.get_model("recognizer", "Review")
    prediction = apps.get_model("recognizer", "Prediction")
    newest = prediction.objects.filter(drawing=OuterRef("drawing")).order_by("-pk").values("pk")[:1]
    correction = apps.get_model("recognizer", "Correction").objects.filter(pk=OuterRef("correction"))
    review.objects.update(
        replaced_at=Subquery(correction.values("replaced_at")[:1]), prediction=Subquery(newest), shown_for="corrected"
    )
    accepted = review.objects.filter(verdict="accepted")
    accepted.update(text=Subquery(correction.values("text")[:1]))
    accepted.filter(text="").update(verdict="no_number")
    accepted.exclude(text="").update(verdict="number")
    for ids in _parts(review.objects.values_list("pk", flat=True)):
        rows = [review(pk=pk, step=uuid.uuid4()) for pk in ids]
        review.objects.bulk_update(rows, ["step"])


def restore_reviews(apps, schema_editor):
    """What the old form can't say is lost: verdicts on drawings without a correction, third texts, undone ones."""
    review = apps.get_model("recognizer", "Review")
    review.objects.exclude(undone_at=None).delete()
    review.objects.filter(correction=None).delete()
    review.objects.filter(verdict="unreadable").update(verdict="refused")
    labels = review.objects.filter(verdict__in=["number", "no_number"])
    labels.exclude(text=F("correction__text")).update(verdict="refused")
    review.objects.filter(verdict__in=["number", "no_number"]).update(verdict="accepted")
    newest = review.objects.filter(correction=OuterRef("correction")).order_by("-pk").values("pk")[:1]
    review.objects.exclude(pk=Subquery(newest)).delete()


def queue_corrected(apps, schema_editor):
    """Items of corrected drawings. Those of other drawings are made by a worker, a few at a time."""
    correction = apps.get_model("recognizer", "Correction")
    item = apps.get_model("recognizer", "ReviewItem")
    review = apps.get_model("recognizer", "Review")
    prediction = apps.get_model("recognizer", "Prediction")
    in_force = correction.objects.filter(replaced_at=None).order_by("pk")
    for ids in _parts(in_force.values_list("pk", flat=True)):
        rows = list(correction.objects.filter(pk__in=ids).select_related("drawing").defer("drawing__strokes",
                    "drawing__image", "drawing__thumbnail"))
        drawings = [row.drawing_id for row in rows]
        decided = {*review.objects.filter(replaced_at=None, drawing__in=drawings).values_list("drawing_id", flat=True)}
        read = {p.drawing_id: p for p in prediction.objects.filter(drawing__in=drawings).order_by("pk")}
        item.objects.bulk_create(_item(item, row, read.get(row.drawing_id), row.drawing_id in decided) for row in rows)


def _item(item, correction, prediction, decided):
    drawing = correction.drawing
    text = prediction.text if prediction else ""
    return item(
        drawing_id=drawing.pk,
        prediction=prediction,
        writer_id=drawing.user_id,
        day=drawing.created_at.date(),
        read_as=text[:100],
        confidence=prediction.confidence if prediction else 0.0,
        reason="corrected",
        worth=0.02 if text == correction.text else 0.9,  # a worker soon says it exactly
        state="decided" if decided else "waiting",
    )


def _parts(ids):
    ids = list(ids)
    return [ids[start : start + ROWS] for start in range(0, len(ids), ROWS)]


def make_group(apps, schema_editor):
    # Permissions are made after all migrations, too late for this one; made now, they are found then.
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="recognizer", model="review"
    )
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    for codename, title in PERMISSIONS.items():
        found, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=kind, codename=codename, defaults={"name": title}
        )
        group.permissions.add(found)


def remove_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name=GROUP).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("recognizer", "0008_review_items"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(rewrite_reviews, restore_reviews),
        migrations.RunPython(queue_corrected, migrations.RunPython.noop),
        migrations.RunPython(make_group, remove_group),
    ]
