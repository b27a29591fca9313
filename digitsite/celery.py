"""The Celery application; its settings stand with the others, prefixed CELERY_."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")

app = Celery("digitsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
# The Django fixup closes the database connection around every task, 3 ms each on PostgreSQL, unless it may be
# used again; tasks.py closes one that has broken.
app.conf.CELERY_DB_REUSE_MAX = 10**9
app.autodiscover_tasks()
