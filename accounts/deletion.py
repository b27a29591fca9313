"""Delete an account: what is erased, and what may stay under a pseudonym."""

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

# Tables whose rows may stay under a pseudonym; rows in all other tables are deleted with their user.
_STAYING = {"recognizer.Drawing", "recognizer.Correction", "admin.LogEntry"}


@dataclass(frozen=True)
class Outlook:
    """How many drawings an account has, and how many of them are confirmed and may train."""

    drawings: int
    confirmed: int

    @property
    def others(self) -> int:
        return self.drawings - self.confirmed


def outlook(user: User) -> Outlook:
    """What a deletion of the account would delete or could keep."""
    return Outlook(Drawing.objects.for_user(user).count(), len(_confirmed(user)))


def delete_account(*, user: User, keep_confirmed: bool = False) -> None:
    """Erase the user: drawings, corrections, addresses, tokens, sessions, second factors, and the name in the log.

    With `keep_confirmed`, confirmed drawings stay under a pseudonym if the user lets them train. If nothing stays,
    the row of the user is deleted too. Raises ValidationError for the only superuser.
    """
    sessions = _sessions_of(user)  # before the transaction, in which all other writes would wait
    with transaction.atomic():
        locked = User.objects.select_for_update().filter(pk=user.pk, erased_at=None).first()
        if locked is None:  # another request has deleted it
            return
        user = locked
        _check_other_superuser(user)
        address, name = user.email, user.username
        pseudonym = f"deleted-{secrets.token_hex(8)}"
        kept = _confirmed(user) if keep_confirmed else []
        delete_drawings_of(user=user, but=kept)
        Session.objects.filter(pk__in=sessions).delete()
        _forget_in_log(user, pseudonym)
        if kept or LogEntry.objects.filter(user=user).exists():
            _pseudonymize(user, pseudonym, may_train=bool(kept))
        else:
            user.delete()
        transaction.on_commit(lambda: _tell(address, name, kept=len(kept)))


def _confirmed(user: User) -> list[UUID]:
    """Drawings that training may use; none if the user has not allowed it."""
    return list(Review.objects.trainable().filter(drawing__user=user).values_list("drawing_id", flat=True))


def _check_other_superuser(user: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise ValidationError("This is the only superuser. Make somebody else one first.")


def _sessions_of(user: User) -> list[str]:
    """The keys of the user's sessions. All sessions are decoded, because the table does not name the user."""
    return [s.pk for s in Session.objects.iterator() if s.get_decoded().get("_auth_user_id") == str(user.pk)]


def _forget_in_log(user: User, pseudonym: str) -> None:
    """Replace the user's name in the admin's log. Their own entries stay, under the pseudonym."""
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(user.pk)).update(object_repr=pseudonym)


def _pseudonymize(user: User, pseudonym: str, *, may_train: bool) -> None:
    """Keep only the id of the row, and delete what refers to it in other tables."""
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
