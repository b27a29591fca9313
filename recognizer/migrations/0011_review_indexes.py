"""What the review queue and the undo of a verdict look up among a million drawings."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recognizer', '0010_one_verdict'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='reviewitem',
            name='review_item_reason',
        ),
        migrations.RemoveIndex(
            model_name='reviewitem',
            name='review_item_writer',
        ),
        migrations.AlterField(
            model_name='reviewitem',
            name='leased_to',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='held_items', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(models.F('reviewer'), models.OrderBy(models.F('created_at'), descending=True), name='review_of_reviewer_lately'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(models.F('state'), models.F('reason'), models.F('writer'), condition=models.Q(('state', 'waiting'), models.Q(('reason', ''), _negated=True)), name='review_item_wanted'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(models.F('leased_to'), condition=models.Q(('leased_to__isnull', False)), name='review_item_leased'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(models.F('writer'), models.F('day'), models.F('state'), models.OrderBy(models.F('worth'), descending=True), models.F('drawing'), name='review_item_of_a_day'),
        ),
    ]
