"""The wiring: settings, URLs, the Celery application. No models, no business code."""

from digitsite.celery import app as celery_app

__all__ = ["celery_app"]
