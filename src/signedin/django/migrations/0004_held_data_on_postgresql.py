"""The tables of signedin, by its own migrations up to number 6; now there is one for PostgreSQL."""

import functools
from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

from signedin.django.schema import bring_up_to


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("signedin", "0003_held_data")]
    operations: ClassVar[list[Operation]] = [
        migrations.RunPython(functools.partial(bring_up_to, number=6)),
    ]
