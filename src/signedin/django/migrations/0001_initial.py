"""The tables of signedin, by its own migrations up to number 3."""

import functools

from django.db import migrations, models

from signedin.django.schema import bring_up_to


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunPython(functools.partial(bring_up_to, number=3)),
    ]
