"""The group of staff who may start a training and decide about its outcome."""

from django.db import migrations

GROUP = "trainers"
PERMISSIONS = {
    "trainingrun": {
        "start_trainingrun": "Can start a training run",
        "view_trainingrun": "Can view training run",
    },
    "modelversion": {
        "promote_modelversion": "Can promote a model version, and go back",
        "view_modelversion": "Can view model version",
    },
    "drawing": {"view_drawing": "Can view drawing"},
}


def make_group(apps, schema_editor):
    # Permissions are made after all migrations, too late for this one; made now, they are found then.
    content_type = apps.get_model("contenttypes", "ContentType")
    permission = apps.get_model("auth", "Permission")
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    for name, permissions in PERMISSIONS.items():
        kind, _ = content_type.objects.get_or_create(app_label="recognizer", model=name)
        for codename, title in permissions.items():
            found, _ = permission.objects.get_or_create(
                content_type=kind, codename=codename, defaults={"name": title}
            )
            group.permissions.add(found)


def remove_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name=GROUP).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("recognizer", "0002_training_runs"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_group, remove_group)]
