"""A file of public content is taken in under a watch that two people started."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_KINDS = ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream', 'backlog']
_OF_A_KIND = ('sampledtext', 'screenedcount', 'watch', 'watchsample')


def _is_a_term(model):
    return models.CheckConstraint(condition=models.Q(('kind__in', _KINDS)), name=f'records_{model}_kind_is_a_term')


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0033_locators_of_erased_requests'),
    ]

    operations = [
        OperationsTogether([
            *(migrations.RemoveConstraint(model_name=model, name=f'records_{model}_kind_is_a_term')
              for model in _OF_A_KIND),
            *(migrations.AlterField(model_name=model, name='kind', field=models.CharField(
                choices=[(kind, kind) for kind in _KINDS], max_length=20)) for model in _OF_A_KIND),
            *(migrations.AddConstraint(model_name=model, constraint=_is_a_term(model)) for model in _OF_A_KIND),
            migrations.AddField(
                model_name='backlog',
                name='watch',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='backlogs', to='records.watch'),
            ),
        ]),
        # Files from before were taken in without one.
        AddConstraintNotValid(
            model_name='backlog',
            constraint=models.CheckConstraint(condition=models.Q(('watch__isnull', False)), name='records_backlog_names_its_watch'),
        ),
    ]
