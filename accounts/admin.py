from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from accounts.forms import StaffPasswordForm
from accounts.models import User


@admin.register(User)
class OurUserAdmin(UserAdmin):  # type: ignore[type-arg]
    """What a user has chosen for themselves is shown here; nobody else consents in their name."""

    list_display = ("username", "email", "first_name", "last_name", "is_staff", "may_train")
    list_filter = (*UserAdmin.list_filter, "may_train")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("The reader", {"fields": ("may_train", "adapts")}))
    readonly_fields = ("may_train", "adapts")
    change_password_form = StaffPasswordForm
