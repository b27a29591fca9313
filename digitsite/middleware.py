"""Django's middleware, where it needs another word."""

from functools import partial

from django.http import HttpResponsePermanentRedirect
from django.middleware import common


class CommonMiddleware(common.CommonMiddleware):
    """Appends a forgotten slash with 308: after a 301 most programs send a GET, and what they posted is gone."""

    response_redirect_class = partial(HttpResponsePermanentRedirect, preserve_request=True)  # type: ignore[assignment]
