"""The rules of what apps keep, of what stays open and of what is taken over from others, each
with the edit that takes it out.
"""

from __future__ import annotations

from tools.mutation import Mutation

SAVING = "src/signedin/saving.py"
DATA = "src/signedin/core/app_data.py"
KEEPER = "src/signedin/service/app_data.py"
REQUEST = "src/signedin/request.py"
MIDDLEWARE = "src/signedin/asgi/middleware.py"
STREAMS = "src/signedin/asgi/streams.py"
ADOPTION = "src/signedin/service/adoption.py"
FLASK = "src/signedin/flask/session.py"
QUERIES = "src/signedin/stores/queries.sql"
CHECK = "src/signedin/service/check.py"

OWNED = ("tests/test_whose_data.py",)
KEPT = ("tests/test_asgi_data.py",)
SOCKETS = ("tests/test_asgi_sockets.py",)
STREAMED = ("tests/test_asgi_streams.py",)
CALLED = ("tests/test_asgi_clients.py",)
ADOPTED = ("tests/service/test_adoption.py",)
SWITCHED = ("tests/test_old_cookies.py",)
IN_FLASK = ("tests/test_flask.py",)
STORED = ("tests/service/test_app_data.py",)

DATA_RULES = [
    Mutation(f"data: {what}", file, old, new, tests)
    for what, file, old, new, tests in (
        (
            "another person's stays behind at a log-in",
            SAVING,
            "is_own = owner is None or owner.user_id in (None, user_id)",
            "is_own = True",
            OWNED,
        ),
        (
            "a visitor's comes along",
            SAVING,
            "owner.user_id in (None, user_id)",
            "owner.user_id == user_id",
            OWNED,
        ),
        (
            "what was read before a log-out stays behind",
            SAVING,
            "_start(state, None, merged(None, change), settings)",
            "_start(state, None, data.as_json(), settings)",
            OWNED,
        ),
        (
            "the key and the function are one log-in",
            SAVING,
            " and (session is None or session.user_id != user_id):",
            ":",
            OWNED,
        ),
        (
            "a key that is taken out logs out",
            SAVING,
            " and _leaves_out(change, key):",
            " and False:",
            KEPT,
        ),
        (
            "a browser whose session was just replaced gets no visitor's cookie",
            SAVING,
            'if decision and (decision.reason, decision.cookie) == (EndedReason.REPLACED, "keep"):',
            "if False:",
            OWNED,
        ),
        (
            "a refusal takes the cookie back",
            SAVING,
            "    state.check()  # takes",
            "    # takes",
            KEPT,
        ),
        (
            "only keys that were changed are written",
            DATA,
            " if before.get(key) != _dumps(value)}",
            "}",
            ("tests/core/test_app_data.py",),
        ),
        (
            "what is too large is refused",
            DATA,
            "if len(made) > DATA_SIZE:",
            "if False:",
            KEPT,
        ),
        (
            "who is refused is told",
            KEEPER,
            "            raise SessionNotFoundError(session_id)\n",
            "            pass\n",
            ("tests/stores/test_conformance.py",),
        ),
        (
            "it goes with its session's end",
            QUERIES,
            ", data = NULL\n",
            "\n",
            ("tests/stores/test_conformance.py::TestKeepsData",),
        ),
        (
            "a bearer gets no cookie",
            REQUEST,
            "if not self.by_bearer:",
            "if True:",
            CALLED,
        ),
        (
            "a cookie and a bearer are not chosen from",
            REQUEST,
            "return bearer if token is None else DUPLICATE",
            "return bearer",
            CALLED,
        ),
        (
            "two bearers are not chosen from",
            MIDDLEWARE,
            'b", ".join(sent)',
            'b"".join(sent[-1:])',
            CALLED,
        ),
        (
            "a visitor is nobody",
            REQUEST,
            "return None if session is None or session.user_id is None else session",
            "return session",
            KEPT,
        ),
        (
            "what is set on every request makes no row",
            FLASK,
            'incidental = frozenset({_PERMANENT, "_fresh"})',
            "incidental = frozenset()",
            IN_FLASK,
        ),
        (
            "a replaced session's cookie is left only for a while",
            CHECK,
            " and now < end.at + GRACE",
            "",
            ("tests/service/test_no_random_log_out.py",),
        ),
    )
]

STREAM_RULES = [
    Mutation(f"streams: {what}", file, old, new, tests)
    for what, file, old, new, tests in (
        (
            "a page from elsewhere opens no socket",
            MIDDLEWARE,
            "if may_open_socket(",
            "if True or may_open_socket(",
            SOCKETS,
        ),
        (
            "an old cookie opens none either",
            MIDDLEWARE,
            "names.append(self._old_cookies.name)",
            "pass",
            SOCKETS,
        ),
        (
            "nothing is sent after the end",
            STREAMS,
            'raise StreamEndedError("The session has ended.")',
            "pass",
            STREAMED,
        ),
        (
            "nothing is received after the end",
            STREAMS,
            "if not self.has_ended:",
            "if message.done():",
            STREAMED,
        ),
        (
            "in doubt, refuse",
            STREAMS,
            "over, code = ids, TRY_AGAIN_LATER",
            "over, code = set(), TRY_AGAIN_LATER",
            STREAMED,
        ),
        (
            "an unexpected error is doubt, too",
            STREAMS,
            "except Exception as error:",
            "except StoreUnavailableError as error:",
            STREAMED,
        ),
        (
            "a thread of its own",
            STREAMS,
            "run_in_executor(thread, ",
            "run_in_executor(None, ",
            STREAMED,
        ),
        (
            "only those of ended sessions",
            STREAMS,
            "if stream.session_id in over:",
            "if over:",
            STREAMED,
        ),
        (
            "event streams as well",
            MIDDLEWARE,
            "stream = self._follow(state, send, is_socket=False)",
            "pass",
            STREAMED,
        ),
        (
            "an open one costs no look-up",
            CHECK,
            "min(entry.fixed_end, written + entry.idle_for)",
            "entry.sure_until",
            STORED,
        ),
        (
            "an idle one ends",
            CHECK,
            "min(entry.fixed_end, written + entry.idle_for)",
            "entry.fixed_end",
            STORED,
        ),
    )
]

ADOPTION_RULES = [
    Mutation(f"adoption: {what}", file, old, new, tests)
    for what, file, old, new, tests in (
        (
            "each cookie once",
            ADOPTION,
            "if not self._spend(work, old, until) or _ended_since(work, old):",
            "if _ended_since(work, old):",
            ADOPTED,
        ),
        (
            "no cookie from before an end of all",
            ADOPTION,
            "if not self._spend(work, old, until) or _ended_since(work, old):",
            "if not self._spend(work, old, until):",
            ADOPTED,
        ),
        (
            "no key of a database from before an end of all",
            ADOPTION,
            "if not _ended_since(work, old)]",
            "]",
            ADOPTED,
        ),
        (
            "no key of a database twice",
            ADOPTION,
            "if self._spend(work, old, until)]",
            "]",
            ADOPTED,
        ),
        (
            "however long the window is made",
            ADOPTION,
            "max(until, self._clock.now() + SPENT_KEPT)",
            "until",
            ADOPTED,
        ),
        (
            "not before all at a time, either",
            ADOPTION,
            "return any(limit is not None and old.used_at < limit for limit in limits)",
            "return False",
            ADOPTED,
        ),
        (
            "none after the window",
            ADOPTION,
            "if self._clock.now() >= until or (",
            "if (",
            ADOPTED,
        ),
        (
            "a copy ends the session",
            ADOPTION,
            "        work.end_for_reuse(found.session)\n",
            "",
            ADOPTED,
        ),
        (
            "a lost answer is made good",
            ADOPTION,
            "if unused is None:",
            "if True:",
            ADOPTED,
        ),
        (
            "but not at once, to requests beside it",
            ADOPTION,
            "since=now - GRACE",
            "since=now",
            ADOPTED,
        ),
        (
            "and never to a copy of what arrived",
            QUERIES,
            "WHERE s.id = {id} AND s.token_used IS NULL\n",
            "WHERE s.id = {id}\n",
            ADOPTED,
        ),
        (
            "no room, no change",
            ADOPTION,
            "            return None  # and nothing was changed\n",
            "            raise\n",
            ADOPTED,
        ),
        (
            "who joins an organization stays logged in",
            "src/signedin/service/work.py",
            "self.overtake_logins(user_id, old_cookies=False)",
            "self.overtake_logins(user_id)",
            ADOPTED,
        ),
        (
            "an answer that overtakes another leaves the cookie",
            REQUEST,
            "            if adopted.token is None:\n                self._old",
            "            if False:\n                self._old",
            SWITCHED,
        ),
        (
            "a log-out that overtakes the new cookie ends the session",
            REQUEST,
            "        receipt = self._leave_old()\n",
            "        receipt = None\n",
            SWITCHED,
        ),
        (
            "so does a log-in",
            REQUEST,
            "        self._leave_old()\n        self._hold",
            "        self._hold",
            SWITCHED,
        ),
        (
            "a WebSocket's answer carries the cookie",
            MIDDLEWARE,
            'if state.cookies is not None and message["type"] == "websocket.accept":',
            "if False:",
            SWITCHED,
        ),
    )
]

ADAPTERS = [*DATA_RULES, *STREAM_RULES, *ADOPTION_RULES]
