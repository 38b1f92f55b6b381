"""The how-to page's diff, applied to a project as `startproject` makes it, and that project run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import DOCS, blocks

USE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
import django
django.setup()
from django.contrib.auth.models import User
from django.test import Client

User.objects.create_superuser("ada", password="correct horse")
PAGE = "/account/settings/account"
here, there = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
assert here.get(PAGE)["Location"].startswith("/admin/login/?next=")
for browser in (here, there):
    form = {"username": "ada", "password": "correct horse", "next": PAGE}
    assert browser.post("/admin/login/", form)["Location"] == PAGE
assert here.get(PAGE).content.count(b"data-session=") == 2
listed = here.get("/account/api/v1/sessions").json()["sessions"]
(other,) = [session["id"] for session in listed if not session["current"]]
ended = here.delete(f"/account/api/v1/sessions/{other}", headers={"Sec-Fetch-Site": "same-origin"})
assert ended.json()["ended"] == 1
assert there.get("/admin/").status_code == 302
assert here.get("/admin/").status_code == 200
print("seen")
"""


def run(folder: Path, *command: str | Path, given: str = "") -> str:
    python_path = os.pathsep.join([str(folder), *(path for path in sys.path if path)])
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": python_path},
        input=given,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_two_lines_besides_the_settings_bring_the_page_to_the_tutorials_project(
    tmp_path: Path,
) -> None:
    (block,) = blocks(DOCS / "frameworks/django.md", "diff")
    of_code = block.text.partition("+++ b/mysite/urls.py")[2]
    assert len(re.findall(r"^\+", of_code, re.M)) <= 5
    run(tmp_path, sys.executable, "-m", "django", "startproject", "mysite", ".")

    run(tmp_path, "git", "apply", "-", given=block.text)

    run(tmp_path, sys.executable, "manage.py", "migrate", "--verbosity=0")
    assert "no issues" in run(tmp_path, sys.executable, "manage.py", "check")
    assert run(tmp_path, sys.executable, "-c", USE) == "seen\n"
