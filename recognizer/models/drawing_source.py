"""Where a drawing comes from: drawn on a canvas, or uploaded as a picture."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DrawingSource(models.TextChoices):
    CANVAS = "canvas", _("canvas")
    UPLOAD = "upload", _("upload")
