"""Users in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.deletion import delete_account
from accounts.forms import StaffPasswordForm
from accounts.models import User


@admin.register(User)
class OurUserAdmin(UserAdmin):  # type: ignore[type-arg]
    """The switches of a user are shown here and can't be changed: only the user may consent."""

    list_display = ("username", "email", "first_name", "last_name", "is_staff", "may_train")
    list_filter = (*UserAdmin.list_filter, "may_train")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("The reader", {"fields": ("may_train", "adapts", "erased_at")}))
    readonly_fields = ("may_train", "adapts", "erased_at")
    change_password_form = StaffPasswordForm

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Whoever may delete users may delete their rows in other tables too, though those are read-only here."""
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self.delete_queryset(request, User.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            try:
                delete_account(user=user)
            except ValidationError as error:
                self.message_user(request, f"{user}: {error.message}", messages.ERROR)
