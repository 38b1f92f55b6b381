"""`manage.py signedin_adopt`: take over the sessions of the engine that was used before."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS

from signedin.django.former import take_over


class Command(BaseCommand):
    help = (
        "Takes over the live sessions of Django's db and cached_db engines and of "
        "django-user-sessions: all of them are in the lists then, and nobody is logged out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = "where the old tables are (default: %(default)s)"
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help=where)

    def handle(self, *, database: str, **options: Any) -> None:
        taken = take_over(database)
        self.stdout.write(f"{taken} sessions were taken over.")
