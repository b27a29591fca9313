"""The WSGI application. It imports neither TensorFlow nor LiteRT: workers read."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
application = get_wsgi_application()

from recognizer.checks import secret_is_real, static_files_are_there  # noqa: E402  (only now is Django set up)

if errors := [*secret_is_real(), *static_files_are_there()]:
    raise ImproperlyConfigured(str(errors[0]))
# Left to the first request, importing all views would cost it half a second.
_ = get_resolver().url_patterns
