"""The tables of signedin, by its own migrations up to number 7."""

import functools
from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

from signedin.django.models import SessionId
from signedin.django.schema import bring_up_to


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("signedin", "0004_held_data_on_postgresql"),
    ]
    operations: ClassVar[list[Operation]] = [
        migrations.RunPython(functools.partial(bring_up_to, number=7)),
        migrations.AlterField("session", "id", SessionId(primary_key=True, serialize=False)),
    ]
