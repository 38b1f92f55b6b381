"""A whole small Django project whose sessions are kept by signedin: ``python serve.py``.

Makes the database and one person, ada with the password "correct horse", and serves with two
workers of four threads. Further arguments are gunicorn's own, such as ``--preload``.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

FOLDER = Path(__file__).parent
SERVER = ["gunicorn", "--workers", "2", "--threads", "4", "--chdir", str(FOLDER)]


def prepare() -> None:
    from django.contrib.auth import get_user_model

    call_command("migrate", verbosity=0)
    people = get_user_model().objects
    if not people.filter(username="ada").exists():
        people.create_user("ada", "ada@example.org", "correct horse", first_name="Ada")


if __name__ == "__main__":
    os.chdir(FOLDER)
    sys.path.insert(0, str(FOLDER))
    os.environ["DJANGO_SETTINGS_MODULE"] = "notes.settings"
    django.setup()
    prepare()
    command = [sys.executable, "-m", *SERVER, *sys.argv[1:], "notes.wsgi"]
    os.execv(sys.executable, command)  # noqa: S606 - it needs no shell
