"""The user model, our own from the first migration on, so that fields can be added."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Somebody who draws, reviews or calls the API."""

    may_train = models.BooleanField(
        _("may train"),
        default=False,
        help_text=_("Drawings of this user may train the reader, once somebody has reviewed them."),
    )
    adapts = models.BooleanField(
        _("adapts"),
        default=True,
        help_text=_("The reader learns this user's hand at once from what they correct, for them alone."),
    )
    erased_at = models.DateTimeField(
        _("erased at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The account was deleted; what stays under a pseudonym may not be linked to anybody."),
    )
