"""Retraining every night. Made here and not in the settings, so that what is changed in the admin stays."""

from django.db import migrations

NAME = "retrain"


def plan_retraining(apps, schema_editor):
    crontab = apps.get_model("django_celery_beat", "CrontabSchedule")
    night, _ = crontab.objects.get_or_create(
        minute="10", hour="3", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        name=NAME,
        defaults={
            "task": "recognizer.tasks.retrain_on_schedule",
            "crontab": night,
            "queue": "training",
            "expire_seconds": 3600,
            "enabled": True,
            "description": "Trains a new version if enough drawings were reviewed; skips the run otherwise.",
        },
    )


def forget_retraining(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("recognizer", "0003_trainers"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(plan_retraining, forget_retraining)]
