"""Users in the admin, and the roles that an admin gives them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.deletion import delete_account
from accounts.forms import StaffPasswordForm, StaffUserForm
from accounts.models import User
from accounts.roles import Role, groups_of_roles, has_role


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((role.value, role.value) for role in Role), ("none", "no role")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() == "none":
            return queryset.exclude(groups__in=groups_of_roles())
        return queryset.filter(groups__name=self.value()) if self.value() in set(Role) else queryset


@admin.register(User)
class OurUserAdmin(UserAdmin):  # type: ignore[type-arg]
    """Roles are given here. The switches of a user are shown and can't be changed: only the user may consent."""

    form = StaffUserForm
    change_password_form = StaffPasswordForm
    list_display = ("username", "email", "reviewer", "trainer", "is_staff", "may_train")
    list_filter = (RoleFilter, "is_staff", "is_superuser", "is_active", "may_train")
    readonly_fields = ("may_train", "adapts", "erased_at")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (
            "Roles",
            {
                "fields": ("reviewer", "trainer"),
                "description": "What this user may do besides drawing. None of it takes the admin: whoever is to "
                "use the admin, too, needs “Staff status” below.",
            },
        ),
        ("Personal info", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("The reader", {"fields": ("may_train", "adapts", "erased_at")}),
        ("Important dates", {"fields": ("last_login", "date_joined")}),
        ("Permissions one by one", {"fields": ("groups", "user_permissions"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(boolean=True)
    def reviewer(self, user: User) -> bool:
        return has_role(user, Role.REVIEWER)

    @admin.display(boolean=True)
    def trainer(self, user: User) -> bool:
        return has_role(user, Role.TRAINER)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Groups are saved first, without those of the roles; then the roles."""
        super().save_related(request, form, formsets, change)
        if not isinstance(form, StaffUserForm):  # a new user, who gets a page with roles next
            return
        try:
            services.set_roles(
                user=form.instance,
                reviewer=form.cleaned_data["reviewer"],
                trainer=form.cleaned_data["trainer"],
            )
        except ValidationError as error:
            self.message_user(request, error.message, messages.ERROR)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Whoever may delete users may delete their rows in other tables too, though those are read-only here.

        The rows are counted and not named: staff may not see all of them.
        """
        _, counts, _, protected = super().get_deleted_objects(objs, request)
        return [str(user) for user in objs], counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self.delete_queryset(request, User.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            try:
                delete_account(user=user)
            except ValidationError as error:
                self.message_user(request, f"{user}: {error.message}", messages.ERROR)
