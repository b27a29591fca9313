"""Indexes for the orders and filters of the wall."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recognizer', '0010_one_verdict'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='review',
            index=models.Index(models.F('text'), models.F('verdict'), models.F('drawing'), condition=models.Q(('replaced_at', None)), name='review_text_in_force'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(models.F('read_as'), models.F('day'), models.F('drawing'), name='review_item_wall_newest'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(models.F('reason'), models.F('confidence'), models.F('drawing'), name='review_item_wall_reason'),
        ),
    ]
