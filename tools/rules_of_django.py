"""The rules of Django's adapter, each with the edit that takes it out."""

from __future__ import annotations

from tools.mutation import Mutation

CONNECTION = "src/signedin/django/connection.py"
STORE = "src/signedin/django/store.py"
ENGINE = "src/signedin/django/engine.py"
MIDDLEWARE = "src/signedin/django/middleware.py"
SIGNALS = "src/signedin/django/signals.py"
FORMER = "src/signedin/django/former.py"

IN_TRANSACTIONS = ("tests/django/test_transactions.py",)
IN_VIEWS = ("tests/django/test_engine.py",)
ADOPTED = ("tests/django/test_adoption.py",)

DJANGO = [
    Mutation(f"Django: {rule}", file, old, new, tests)
    for rule, file, old, new, tests in (
        (
            "inside a transaction nothing goes over connections of our own",
            STORE,
            "return None if is_in_transaction(connection) else self._own_for(connection)",
            "return self._own_for(connection)",
            IN_TRANSACTIONS,
        ),
        (
            "the word is raised before Django commits",
            CONNECTION,
            "            self._announce(connection)\n",
            "",
            IN_TRANSACTIONS,
        ),
        (
            "an end that another process holds is waited for when the block has committed",
            CONNECTION,
            "transaction.on_commit(self._committed, using=self._alias)",
            "pass",
            IN_TRANSACTIONS,
        ),
        (
            "a receipt is pending until then",
            CONNECTION,
            "ours.heard = Heard(pending=is_part)",
            "ours.heard = Heard()",
            IN_TRANSACTIONS,
        ),
        (
            "nothing is ended where nobody tells of the commit",
            CONNECTION,
            "if not is_part and commits_by_hand(connection):",
            "if False:",
            IN_TRANSACTIONS,
        ),
        (
            "the session is checked before the view's transaction begins",
            MIDDLEWARE,
            "        session.arrive(state)\n",
            "        session.visit = state\n",
            IN_VIEWS,
        ),
        (
            "a save after the end revives nothing",
            ENGINE,
            "            raise UpdateError from None",
            "            self._start(values, replaces=None)",
            IN_VIEWS,
        ),
        (
            "a key that is not the present one is not handed out",
            MIDDLEWARE,
            "or not sessions().is_current(key):",
            "or False:",
            IN_VIEWS,
        ),
        (
            "a new key is handed out with an error too",
            MIDDLEWARE,
            "not (is_new and response.status_code >= ERRORS)",
            "True",
            IN_VIEWS,
        ),
        (
            "two cookies of the name are left where they are",
            MIDDLEWARE,
            "if session.keeps_cookie and session.is_empty():",
            "if False:",
            IN_VIEWS,
        ),
        (
            "a login that was refused leaves nobody logged in",
            ENGINE,
            "                self.pop(key, None)\n",
            "                pass\n",
            IN_VIEWS,
        ),
        (
            "the session in which the password was changed stays",
            SIGNALS,
            "keep, by = session.id, Actor.user(session.id)",
            "keep, by = None, Actor.user(session.id)",
            IN_VIEWS,
        ),
        (
            "what was taken over is gone from the old table",
            FORMER,
            "                _delete(alias, source, [row[0] for row in batch])\n",
            "                break\n",
            ADOPTED,
        ),
    )
]
