"""All addresses of the site."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, reverse
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

import accounts.views
from recognizer.api.unknown_fields import KnownParameters


@login_not_required
def admin_login(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Send to the site's own log-in: Django's log-in for the admin has no limit for wrong passwords."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


admin.site.login = admin_login  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Numeral"


class SchemaView(KnownParameters, SpectacularAPIView):
    """Refuses unknown parameters: the original class puts a requested version into the file name."""

    parameters = {"": {"format"}}


# Swagger UI writes style elements; its scripts come from files and need nothing more.
docs = csp_update({"style-src": [SELF, UNSAFE_INLINE]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema", http_method_names=["get", "head"])
)

urlpatterns = [
    path("", include("recognizer.urls")),
    path("accounts/", include("accounts.urls")),
    path("accounts/email/", accounts.views.change_email, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("recognizer.api.urls")),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", docs, name="docs"),
]
handler400 = "digitsite.errors.bad_request"
handler429 = "accounts.limits.too_many_requests"  # allauth's name for it
handler404 = "digitsite.errors.not_found"
handler500 = "digitsite.errors.server_error"
