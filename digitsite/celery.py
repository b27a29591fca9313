"""The Celery application. Its settings are in `digitsite.settings`, with the prefix CELERY_."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")

app = Celery("digitsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
# The Django fixup would close the database connection around every task, which costs 3 ms on PostgreSQL.
# `recognizer.tasks` closes a connection that has broken.
app.conf.CELERY_DB_REUSE_MAX = 10**9
app.autodiscover_tasks()
