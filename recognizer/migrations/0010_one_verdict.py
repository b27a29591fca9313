"""What holds of verdicts, once the old ones are rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recognizer', '0009_verdicts'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('drawing',), name='one_review_in_force'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(fields=('step', 'drawing'), name='one_review_a_step'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'number'), models.Q(('text', ''), _negated=True)), models.Q(('text', ''), ('verdict__in', ['no_number', 'unreadable', 'refused'])), _connector='OR'), name='review_verdict_known_and_number_has_text'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('look__range', (1, 3))), name='review_look_1_to_3'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('undone_at', None), ('replaced_at__isnull', False), _connector='OR'), name='review_undone_not_in_force'),
        ),
    ]
