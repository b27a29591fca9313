"""An admin makes somebody a reviewer or a trainer with one box on the user's page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.test import Client

from accounts import services
from accounts.models import User
from accounts.roles import Role
from tests.conftest import signed_in

USERS = "/admin/accounts/user/"


def page_of(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def roles_of(user: User) -> set[str]:
    return set(User.objects.get(pk=user.pk).groups.values_list("name", flat=True))


def filled_in(client: Client, user: User) -> dict[str, Any]:
    """What a browser would send back of the user's page that nobody has touched."""
    form = client.get(page_of(user)).context["adminform"].form
    sent: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if name == "groups":
            sent[name] = [getattr(group, "pk", group) for group in value]
        elif hasattr(value, "isoformat"):
            sent |= {f"{name}_0": f"{value:%Y-%m-%d}", f"{name}_1": f"{value:%H:%M:%S}"}
        elif value not in (None, False, "", []):
            sent[name] = value
    return sent


def test_it_works(reviewer_client: Client, owner: User) -> None:
    sent = filled_in(reviewer_client, owner)
    assert reviewer_client.post(page_of(owner), sent | {"reviewer": "on"}).status_code == 302
    assert roles_of(owner) == {"reviewers"}
    assert User.objects.get(pk=owner.pk).has_perm("recognizer.add_review")
    assert reviewer_client.post(page_of(owner), sent | {"trainer": "on"}).status_code == 302
    assert roles_of(owner) == {"trainers"}
    assert reviewer_client.post(page_of(owner), sent).status_code == 302
    assert roles_of(owner) == set()


def test_saving_something_else_keeps_roles_and_groups(reviewer_client: Client, owner: User) -> None:
    other = Group.objects.create(name="friends of the house")
    services.set_roles(user=owner, reviewer=True, trainer=True)
    owner.groups.add(other)
    sent = filled_in(reviewer_client, owner)
    assert {sent["reviewer"], sent["trainer"]} == {True}
    reviewer_client.post(page_of(owner), sent | {"first_name": "Ada"})
    assert roles_of(owner) == {"reviewers", "trainers", "friends of the house"}


def test_the_boxes_come_before_the_permissions_and_say_what_each_may(reviewer_client: Client, owner: User) -> None:
    answer = reviewer_client.get(page_of(owner))
    page = answer.content.decode()
    assert all(role.may in page for role in Role)
    names = [name for name, _ in answer.context["adminform"].fieldsets]
    assert names[:2] == [None, "Roles"]
    assert "collapse" in answer.context["adminform"].fieldsets[-1][1]["classes"]
    groups = answer.context["adminform"].form.fields["groups"].queryset
    assert not groups.filter(name__in=list(Role)).exists()


def test_the_log_says_what_was_changed(reviewer_client: Client, owner: User) -> None:
    reviewer_client.post(page_of(owner), filled_in(reviewer_client, owner) | {"reviewer": "on"})
    history = reviewer_client.get(page_of(owner).replace("change", "history")).content.decode()
    assert re.search(r"Changed [^<]*Reviewer", history), re.findall(r"Changed [^<]*", history)


def test_a_new_user_gets_a_page_with_roles_next(reviewer_client: Client) -> None:
    new = {"username": "ada", "password1": "correct horse battery", "password2": "correct horse battery"}
    answer = reviewer_client.post(f"{USERS}add/", new | {"usable_password": "true"})
    assert answer["Location"] == page_of(User.objects.get(username="ada"))


def test_the_list_shows_roles_and_finds_users_by_them(
    reviewer_client: Client, owner: User, stranger: User, trainer: User, django_assert_max_num_queries
) -> None:
    services.set_roles(user=owner, reviewer=True, trainer=False)
    for role, found in [("reviewers", {owner}), ("trainers", {trainer}), ("nonsense", None)]:
        with django_assert_max_num_queries(7):
            listed = reviewer_client.get(f"{USERS}?role={role}").context["cl"].result_list
        assert set(listed) == (set(User.objects.all()) if found is None else found)
    without = reviewer_client.get(f"{USERS}?role=none").context["cl"].result_list
    assert {user.username for user in without} == {"stranger", "reviewer"}
    page = reviewer_client.get(f"{USERS}?role=reviewers").content.decode()
    assert 'field-reviewer"><img src="/static/admin/img/icon-yes.svg" alt="True">' in page
    assert 'field-trainer"><img src="/static/admin/img/icon-no.svg" alt="False">' in page


def test_who_may_only_look_at_users_sees_roles_and_gives_none(owner: User, stranger: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    owner.user_permissions.add(Permission.objects.get(codename="view_user"))
    client = signed_in(User.objects.get(pk=owner.pk))
    services.set_roles(user=stranger, reviewer=True, trainer=False)
    page = client.get(page_of(stranger)).content.decode()
    assert "field-reviewer" in page
    assert 'name="reviewer"' not in page
    assert client.post(page_of(stranger), {"trainer": "on"}).status_code == 403
    assert roles_of(stranger) == {"reviewers"}


def test_a_group_that_was_deleted_is_told(reviewer_client: Client, owner: User) -> None:
    Group.objects.filter(name="trainers").delete()
    sent = filled_in(reviewer_client, owner) | {"trainer": "on"}
    page = reviewer_client.post(page_of(owner), sent, follow=True).content.decode()
    assert "The group trainers was deleted." in page
    with pytest.raises(ValidationError):
        services.set_roles(user=owner, reviewer=False, trainer=True)
    services.set_roles(user=owner, reviewer=True, trainer=False)
    assert roles_of(owner) == {"reviewers"}
