"""The admin lists the newest drawings first: without an index it would sort all of them for each page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recognizer", "0010_one_verdict")]

    operations = [
        migrations.AddIndex(
            model_name="drawing",
            index=models.Index(fields=["-created_at", "-id"], name="drawing_newest"),
        ),
    ]
