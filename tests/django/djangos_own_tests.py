"""Django's own tests of sessions, as they stand in its source, run against `signedin.django`.

A program of its own, since a process has one set of Django settings. Its arguments: the folder
of Django's tests, the database's URL, and who runs them: Django's test `runner`, in whose
transactions memory is not used, or a `server`, which has connections of its own.
"""

from __future__ import annotations

import sys
import unittest

from tests.django.project import configure, run_as_server, run_tests

FOLDER, URL, RUN_BY = sys.argv[1:]
configure(URL, extra_apps=["sessions_tests"], tests=FOLDER)

from django.test import SimpleTestCase, TestCase, override_settings  # noqa: E402
from sessions_tests import tests as theirs  # noqa: E402

from signedin.django import SessionStore  # noqa: E402

# Ends by looking into the table of Django's own engine.
NOT_OURS = "test_empty_session_saved"


def _cases() -> list[type[unittest.TestCase]]:
    if RUN_BY == "server":

        class OnOwnConnections(theirs.SessionTestsMixin, SimpleTestCase):  # type: ignore[misc]
            backend = SessionStore
            databases = {"default"}  # noqa: RUF012

        return [OnOwnConnections]

    class InATransaction(theirs.SessionTestsMixin, TestCase):  # type: ignore[misc]
        backend = SessionStore

    @override_settings(USE_TZ=False)
    class WithoutTimeZones(theirs.SessionTestsMixin, TestCase):  # type: ignore[misc]
        backend = SessionStore

    @override_settings(SESSION_ENGINE="signedin.django")
    class TheirMiddleware(theirs.SessionMiddlewareTests):  # type: ignore[misc]
        pass

    setattr(TheirMiddleware, NOT_OURS, None)
    return [InATransaction, WithoutTimeZones, TheirMiddleware]


if __name__ == "__main__":
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    found = unittest.TestSuite(load(case) for case in _cases())
    print("tests:", found.countTestCases())
    sys.exit(run_as_server(found) if RUN_BY == "server" else run_tests(found))
