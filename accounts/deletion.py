"""The end of an account: what is erased, what stays, and without whom."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import CASCADE
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from recognizer.models import Drawing, Review
from recognizer.services.predictions import delete_drawings_of

# Of the tables that a user takes along, those in which a pseudonym may stay.
_STAYING = {"recognizer.Drawing", "recognizer.Correction", "admin.LogEntry"}


@dataclass(frozen=True)
class Outlook:
    """How many drawings an account has, and how many of them a reviewer confirmed that the user lets train."""

    drawings: int
    confirmed: int

    @property
    def others(self) -> int:
        return self.drawings - self.confirmed


def outlook(user: User) -> Outlook:
    return Outlook(Drawing.objects.for_user(user).count(), len(_confirmed(user)))


def delete_account(*, user: User, keep_confirmed: bool = False) -> None:
    """Erase the user: drawings, claims, addresses, tokens, sessions, second factors, and the name in the log.

    With `keep_confirmed`, drawings that a reviewer confirmed stay under a pseudonym if the user lets them train.
    Where nothing stays the row goes as well. Raises ValidationError for the only superuser.
    """
    sessions = _sessions_of(user)  # before others' writes have to wait for this one
    with transaction.atomic():
        there = User.objects.select_for_update().filter(pk=user.pk, erased_at=None).first()
        if there is None:  # somebody was faster
            return
        user = there
        _check_that_somebody_stays(user)
        address, name = user.email, user.username
        pseudonym = f"deleted-{secrets.token_hex(8)}"
        kept = _confirmed(user) if keep_confirmed else []
        delete_drawings_of(user=user, but=kept)
        Session.objects.filter(pk__in=sessions).delete()
        _forget_in_log(user, pseudonym)
        if kept or LogEntry.objects.filter(user=user).exists():
            _become(user, pseudonym, may_train=bool(kept))
        else:
            user.delete()
        transaction.on_commit(lambda: _tell(address, name, kept=len(kept)))


def _confirmed(user: User) -> list[UUID]:
    """Drawings from which training learns; none unless the user lets it."""
    return list(Review.objects.trainable().filter(drawing__user=user).values_list("drawing_id", flat=True))


def _check_that_somebody_stays(user: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise ValidationError("This is the only superuser. Make somebody else one first.")


def _sessions_of(user: User) -> list[str]:
    """Sessions name their user only inside."""
    return [s.pk for s in Session.objects.iterator() if s.get_decoded().get("_auth_user_id") == str(user.pk)]


def _forget_in_log(user: User, pseudonym: str) -> None:
    """What the admin's log calls them; what they did there stays, by their pseudonym."""
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(user.pk)).update(object_repr=pseudonym)


def _become(user: User, pseudonym: str, *, may_train: bool) -> None:
    """Leave of the row nothing but its number."""
    for relation in user._meta.related_objects:
        if relation.on_delete is CASCADE and relation.related_model._meta.label not in _STAYING:
            relation.related_model._base_manager.filter(**{relation.field.name: user}).delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.username, user.email, user.first_name, user.last_name = pseudonym, "", "", ""
    user.is_active = user.is_staff = user.is_superuser = user.adapts = False
    user.may_train, user.last_login = may_train, None
    user.erased_at = user.date_joined = timezone.now()
    user.set_unusable_password()
    user.save()


def _tell(address: str, name: str, *, kept: int) -> None:
    if address:
        text = render_to_string("accounts/email/deleted_message.txt", {"name": name, "kept": kept})
        send_mail("[Numeral] Your account is deleted", text, None, [address], fail_silently=True)
