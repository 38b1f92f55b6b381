"""The tables of signedin, by its own migrations up to number 4."""

import functools
from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from signedin.django.schema import bring_up_to


class Migration(migrations.Migration):
    initial = True
    operations: ClassVar[list[Operation]] = [
        migrations.RunPython(functools.partial(bring_up_to, number=4)),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.CharField(max_length=36, primary_key=True, serialize=False)),
                ("user_id", models.TextField(null=True, verbose_name="user")),
                ("last_used_at", models.BigIntegerField(verbose_name="last used")),
                ("ended_at", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "active sessions",
                "db_table": "signedin_sessions",
                "permissions": [("terminate_session", "Can terminate session")],
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
    ]
