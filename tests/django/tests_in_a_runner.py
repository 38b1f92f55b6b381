"""What a project's own tests do with sessions and with the page, run by Django's runner.

A program of its own; its argument is the database's URL.
"""

from __future__ import annotations

import sys
import threading
import unittest

from tests.django.project import configure, run_tests

configure(sys.argv[1], ROOT_URLCONF="tests.django.views", LOGIN_URL="/login", ALLOWED_HOSTS=["*"])

from django.contrib.auth.models import User  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test import AsyncClient, Client, TestCase  # noqa: E402

from signedin.core.permission import Actor  # noqa: E402
from signedin.django import sessions  # noqa: E402

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class InATestCase(TestCase):
    user: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = User.objects.create_user("alice", password="a long word")

    def test_force_login_starts_a_session(self) -> None:
        self.client.force_login(self.user)

        assert self.client.get("/who").content == b"alice"
        assert len(sessions().list(str(self.user.pk))) == 1

    def test_the_session_of_another_test_is_gone(self) -> None:
        assert sessions().list(str(self.user.pk)) == []

    def test_data_that_a_test_puts_there_is_there(self) -> None:
        session = self.client.session
        session["cart"] = "apples"
        session.save()

        assert self.client.get("/data").json() == {"cart": "apples"}

    def test_the_page_lists_what_the_test_has_started_and_ends_it(self) -> None:
        other = Client()
        self.client.force_login(self.user)
        other.force_login(self.user)
        page = self.client.get("/account/settings/account")
        listed = self.client.get("/account/api/v1/sessions").json()["sessions"]

        (there,) = [session["id"] for session in listed if not session["current"]]
        ended = self.client.delete(f"/account/api/v1/sessions/{there}", headers=SAME_ORIGIN)

        self.assertContains(page, "data-session=", 2)
        assert ended.json()["ended"] == 1
        assert other.get("/who").content == b"nobody"
        assert self.client.get("/who").content == b"alice"

    def test_an_end_is_pending_until_the_test_is_over(self) -> None:
        self.client.force_login(self.user)
        with self.captureOnCommitCallbacks(execute=True), transaction.atomic():
            receipt = sessions().terminate_all(str(self.user.pk), by=Actor.system())

        assert receipt.pending
        assert self.client.get("/who").content == b"nobody"

    async def test_the_async_side_sees_the_same(self) -> None:
        client = AsyncClient()
        await client.aforce_login(self.user)

        answer = await client.get("/who-async")

        assert answer.content == b"alice"

    def test_no_thread_was_started(self) -> None:
        self.client.force_login(self.user)
        self.client.get("/who")

        names = [thread.name for thread in threading.enumerate()]
        assert not [name for name in names if name.startswith("signedin")]


if __name__ == "__main__":
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    found = load(InATestCase)
    print("tests:", found.countTestCases())
    sys.exit(run_tests(found))
