"""The WSGI application. It imports neither TensorFlow nor LiteRT: workers read."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
application = get_wsgi_application()

from recognizer.checks import secret_is_real, static_files_are_there  # noqa: E402  (Django is set up now)

if errors := [*secret_is_real(), *static_files_are_there()]:
    raise ImproperlyConfigured(str(errors[0]))
# Import all views now: the first request would take half a second longer.
_ = get_resolver().url_patterns
