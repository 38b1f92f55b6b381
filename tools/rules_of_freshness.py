"""The rules of freshness.md, each with the edit that takes it out."""

from __future__ import annotations

from tools.mutation import FAST, Mutation

STORE = "src/signedin/stores/sqlite/store.py"
WORD = "src/signedin/stores/sqlite/change_word.py"
CONNECTIONS = "src/signedin/stores/sqlite/connections.py"
SCHEMA = "src/signedin/stores/migrations/sqlite/0001_pre_sessions.sql"
QUERIES = "src/signedin/stores/queries.sql"
SQLITE_QUERIES = "src/signedin/stores/sqlite/queries.sql"
CHECK = "src/signedin/service/check.py"
MEMORY = "src/signedin/service/memory.py"
SERVICE = "src/signedin/service/sessions.py"
PROCESS = "src/signedin/service/process.py"
START = "src/signedin/service/start.py"
WORK = "src/signedin/service/work.py"
WIRING = "src/signedin/wiring.py"

TRIGGERS = (
    "no_second_row",
    "same_session",
    "ended_is_final",
    "token_only_by_rotation",
    "former_only_of_its_own",
    "former_stays",
    "change_on_update",
    "change_on_delete",
    "change_stays",
    "change_as_it_was",
    "change_is_added",
)

FRESHNESS = [
    *(
        Mutation(
            f"both 1: the trigger {name}",
            SCHEMA,
            f"CREATE TRIGGER signedin_{name}",
            f"CREATE TEMP TRIGGER signedin_{name}",
        )
        for name in TRIGGERS
    ),
    Mutation(
        "both 2: freshness reads on a connection of its own",
        STORE,
        "with self._fresh.use() as connection, snapshot(connection):\n            yield",
        "with self._durable.use() as connection, snapshot(connection):\n            yield",
    ),
    Mutation(
        "both 2: no snapshot outlives the read that took it",
        CONNECTIONS,
        "if self._connection is not None and self._connection.in_transaction:",
        "if False:",
    ),
    Mutation(
        "both 3: a put is dropped when a change was applied since it began",
        MEMORY,
        "if self.changes != noted:",
        "if False:",
    ),
    Mutation(
        "both 3: the change generation is noted before the row is read",
        CHECK,
        "self._memory.put(digest, entry, noted=noted)",
        "self._memory.put(digest, entry, noted=self._memory.changes)",
    ),
    Mutation(
        "both 3: nothing is kept that was read while memory was not fresh",
        CHECK,
        "        if fresh:\n            self._memory.put",
        "        if True:\n            self._memory.put",
    ),
    Mutation(
        "both 3: a local forget counts as an applied change",
        MEMORY,
        "            self.changes += 1\n",
        "            self.changes += subjects is None\n",
    ),
    Mutation(
        "both 7: a forked child starts with empty memory and its own connections",
        PROCESS,
        "os.register_at_fork(after_in_child=_forked)",
        "pass",
    ),
    Mutation(
        "SQLite: nothing is open while a process forks",
        PROCESS,
        "os.register_at_fork(before=_before_fork, after_in_parent=_after_fork)",
        "pass",
    ),
    Mutation(
        "SQLite: a child that was forked in the middle of a use refuses",
        STORE,
        "                self._standstill.refuse_torn()\n",
        "",
    ),
    Mutation(
        "SQLite: after a fork the watch begins anew",
        STORE,
        "        self._data_version = None  # each connection counts for itself\n",
        "",
    ),
    *(
        Mutation(f"both 7: a forked child has {what}", SERVICE, f"        {old}\n", "")
        for what, old in (
            ("a memory of its own", "self._memory.forked()"),
            ("none of the parent's uses to write", "self._activity.forked()"),
            ("connections of its own", "self._store.forked()"),
            ("a maintenance thread of its own", "self._upkeep.forked()"),
        )
    ),
    Mutation(
        "both 7: what the child inherits is kept referenced",
        STORE,
        "        self._abandoned += [self._fresh, self._durable, self._reading, self._flushing, "
        "self._word]\n",
        "",
    ),
    Mutation(
        "both 8: an end of all raises the generation",
        WORK,
        "self.transaction.raise_generation(user_scope(user_id), at=at)",
        "pass",
    ),
    Mutation(
        "both 8: a login is refused if its scope was ended since it began",
        START,
        "> login.generation for",
        "> login.generation + 10**9 for",
    ),
    Mutation(
        "both 9: a use close to the idle limit is written before its response",
        CHECK,
        "if entry.used >= entry.sure_until:",
        "if False:",
    ),
    Mutation(
        "both 10: only the current token is rotated",
        WORK,
        "found is None or found.former is not None or",
        "found is None or",
    ),
    Mutation(
        "both 10: the grace runs from the first use of the new token",
        CHECK,
        "if found.first_use_pending:",
        "if False:",
    ),
    Mutation(
        "both 10: a former token has nothing of the stepped-up authentication",
        CHECK,
        "before = replace(session, authenticated_at=former.authenticated_at, "
        "methods=former.methods)",
        "before = session",
    ),
    Mutation(
        "both 10: nor does it act with it",
        WORK,
        "if by.authenticated_at is not None:",
        "if False:",
        ("tests/web/test_confirm.py",),
    ),
    Mutation(
        "both 10: a former token used after its grace ends the session",
        CHECK,
        "if now >= former.grace_ends_at:",
        "if False:",
    ),
    Mutation(
        "both 10: the grace is ten minutes at most",
        WORK,
        "former = FormerToken(now, now + LONGEST_GRACE,",
        "former = FormerToken(now, now + 9 * LONGEST_GRACE,",
    ),
    Mutation(
        "both 10: an end drops the former tokens, too",
        CHECK,
        "if session.ended is not None:",
        "if session.ended is not None and found.former is None:",
    ),
    Mutation(
        "both 11: a database that is busy is told as nothing ended",
        CONNECTIONS,
        "isinstance(error, (sqlite3.Error, OSError)) and",
        "isinstance(error, OSError) and",
    ),
    Mutation(
        "both 11: a commit whose outcome is unknown is told so",
        CONNECTIONS,
        '        try:\n            connection.execute("COMMIT")\n'
        "        except sqlite3.Error as error:\n"
        "            raise _failed_commit(connection, error) from error",
        '        connection.execute("COMMIT")',
    ),
    Mutation(
        "SQLite 1: a writer holds the write lock from its first statement on",
        CONNECTIONS,
        'connection.execute("BEGIN IMMEDIATE")',
        'connection.execute("BEGIN")',
        (*FAST, "tests/race/test_terminate_races.py"),
    ),
    Mutation(
        "SQLite 1: the word is raised before the commit",
        STORE,
        "        with self._durable.use() as connection, writing(connection):\n"
        "            self.announce(connection)\n"
        "            yield SqlTransaction(functools.partial(execute, connection))\n",
        "        with self._durable.use() as connection:\n"
        "            with writing(connection):\n"
        "                yield SqlTransaction(functools.partial(execute, connection))\n",
    ),
    Mutation(
        "SQLite 1: a commit is on the disk when it returns",
        STORE,
        'self._durable = Connection(self._file, synchronous="FULL")',
        'self._durable = Connection(self._file, synchronous="NORMAL")',
    ),
    Mutation(
        "SQLite 1: the word is raised at all",
        STORE,
        "            self.announce(connection)\n\n    def announce",
        "\n    def announce",
    ),
    Mutation(
        "SQLite 1: a migration raises the word as well",
        STORE,
        "            self.announce(connection)\n        self._opened = True",
        "            self._open_word(connection)\n        self._opened = True",
    ),
    Mutation(
        "SQLite 1: a writer does not touch the position it has read",
        STORE,
        "        word.set(newest)\n\n    def announcing_data",
        "        word.set(newest)\n        self._position = newest\n\n    def announcing_data",
    ),
    Mutation(
        "SQLite 2: memory is used only if the word equals the position read",
        STORE,
        "return self._cells[0] == self._position",
        "return self._position >= 0",
    ),
    Mutation(
        "SQLite 3: the position is remembered last",
        STORE,
        "        if not known:\n            self._forget(None)",
        "        self._position = newest\n        if not known:\n            self._forget(None)",
    ),
    Mutation(
        "SQLite 4: a word that stays ahead is repaired",
        STORE,
        "if behind or self._looks_ahead >= REPAIRED_AFTER:",
        "if behind:",
    ),
    Mutation(
        "SQLite 4: a word that is behind is repaired at once",
        STORE,
        "if behind or self._looks_ahead >= REPAIRED_AFTER:",
        "if self._looks_ahead >= REPAIRED_AFTER:",
    ),
    Mutation(
        "SQLite 5: the newest position survives a trim",
        SQLITE_QUERIES,
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'signedin_changes'), 0)",
        "coalesce((SELECT max(position) FROM signedin_changes), 0)",
    ),
    Mutation(
        "SQLite 5: trimming raises the floor",
        STORE,
        '            transaction.run("raise_floor", floor=newest - CHANGES_KEPT)\n',
        "",
    ),
    Mutation(
        "SQLite 5: a position below the floor empties the memory",
        STORE,
        "known = read == floor or (read > floor and rows[:1] == [self._newest_read])",
        "known = read <= floor or rows[:1] == [self._newest_read]",
    ),
    Mutation(
        "SQLite 5: a position at which there is another change by now empties the memory",
        STORE,
        "known = read == floor or (read > floor and rows[:1] == [self._newest_read])",
        "known = floor <= read <= newest",
    ),
    Mutation(
        "SQLite 5: no position that others may have read is given again",
        STORE,
        "if newest < word.position < newest + _AHEAD_AT_MOST:",
        "if False:",
    ),
    Mutation(
        "SQLite: what is ended in a file that took the place of ours is not missed",
        STORE,
        "        self._refuse_other_file()\n        if self._shared",
        "        if self._shared",
    ),
    Mutation(
        "SQLite: an end in a file that others do not find is none",
        STORE,
        "        self._refuse_other_file()\n        word = self._word",
        "        word = self._word",
    ),
    Mutation(
        "SQLite: a file in the place of ours is not opened",
        CONNECTIONS,
        "        self._file.refuse_other()\n",
        "",
    ),
    Mutation(
        "SQLite 5: a word that makes no sense is made anew",
        STORE,
        "if newest < word.position < newest + _AHEAD_AT_MOST:",
        "if newest < word.position:",
    ),
    Mutation(
        "SQLite 6: writers that do not know the word are noticed",
        STORE,
        "if version != self._data_version or not self.is_fresh():",
        "if not self.is_fresh():",
    ),
    Mutation(
        "SQLite 7: a file of another boot is made anew",
        WORD,
        "pack(_HEADER, _VERSION, identity, boot_id())",
        "pack(_HEADER, _VERSION, identity, bytes(16))",
    ),
    Mutation(
        "SQLite 7: a file of another database is made anew",
        WORD,
        "pack(_HEADER, _VERSION, identity, boot_id())",
        "pack(_HEADER, _VERSION, bytes(16), boot_id())",
    ),
    Mutation(
        "SQLite 7: the file is never truncated",
        WORD,
        "os.O_RDWR | os.O_CREAT",
        "os.O_RDWR | os.O_CREAT | os.O_TRUNC",
    ),
    Mutation(
        "SQLite 7: a file in the place of one taken over is not trusted either",
        STORE,
        "if word is None or self._shared_with_another_machine:",
        "if word is None:",
    ),
    Mutation(
        "SQLite 7: all names of a database lead to one file",
        WIRING,
        "Path(database.removeprefix(_SQLITE)).resolve()",
        "Path(database.removeprefix(_SQLITE)).absolute()",
    ),
    Mutation(
        "SQLite 7: a file taken over by another machine is not trusted",
        STORE,
        "        if not word.is_ours():",
        "        if False:",
    ),
    Mutation(
        "SQLite 7: a file deleted in use is noticed by the writer",
        STORE,
        "return word if word is not None and word.is_in_place() else",
        "return word if word is not None else",
    ),
]
