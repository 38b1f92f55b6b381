"""Django's own tests of sessions, as they stand in its source, run against `signedin.django`.

A program of its own, since a process has one set of Django settings. The folder with the tests
of Django's source is its first argument, the database's URL the second.
"""

from __future__ import annotations

import sys
import unittest

from tests.django.project import configure, run_tests

configure(sys.argv[2], extra_apps=["sessions_tests"], tests=sys.argv[1])

from django.test import TestCase, TransactionTestCase, override_settings  # noqa: E402
from sessions_tests import tests as theirs  # noqa: E402

from signedin.django import SessionStore  # noqa: E402


class InATransaction(theirs.SessionTestsMixin, TestCase):  # type: ignore[misc]
    backend = SessionStore


class OutsideTransactions(theirs.SessionTestsMixin, TransactionTestCase):  # type: ignore[misc]
    backend = SessionStore


@override_settings(USE_TZ=False)
class WithoutTimeZones(theirs.SessionTestsMixin, TestCase):  # type: ignore[misc]
    backend = SessionStore


@override_settings(SESSION_ENGINE="signedin.django")
class TheirMiddleware(theirs.SessionMiddlewareTests):  # type: ignore[misc]
    # Ends by looking into the table of Django's own engine.
    test_empty_session_saved = None


if __name__ == "__main__":
    found = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    sys.exit(run_tests(found))
