"""The rules by which data of sessions is held in memory (0012 and 0013), each with its edit."""

from __future__ import annotations

from tools.mutation import Mutation

STORE = "src/signedin/stores/sqlite/store.py"
NUMBERS = "src/signedin/stores/sqlite/data_numbers.py"
WORD = "src/signedin/stores/sqlite/change_word.py"
KEEPER = "src/signedin/service/app_data.py"
SCHEMA = "src/signedin/stores/migrations/sqlite/0006_pre_held_data.sql"
DJANGO = "src/signedin/django/store.py"

POSTGRES = "src/signedin/stores/postgres/store.py"
QUERIES = "src/signedin/stores/postgres/queries.sql"
TRIGGER = "src/signedin/stores/migrations/postgres/0007_pre_rows.sql"
FEED = "src/signedin/stores/postgres/feed.py"
MEMORY = "src/signedin/service/memory.py"
CONNECTION = "src/signedin/django/connection.py"

HELD = (
    "tests/stores/test_held_data.py",
    "tests/stores/test_held_data_in_the_word_file.py",
    "tests/race/test_data_races.py",
)
ON_POSTGRES = ("tests/stores/postgres/held_data",)
IN_TRANSACTIONS = ("tests/django/test_transactions.py",)

DATA = [
    Mutation(f"data: {rule}", file, old, new, tests)
    for rule, file, old, new, tests in (
        (
            "a change is announced before its commit",
            STORE,
            "            with self.announcing_data(connection, session_id):\n",
            "            with suppress():\n",
            HELD,
        ),
        (
            "each change has a number of its own",
            SCHEMA,
            "SET value = value + 1 WHERE name = 'data'",
            "SET value = value WHERE name = 'data'",
            HELD,
        ),
        (
            "what may not be committed yet is not held",
            STORE,
            "number is not None and number <= newest",
            "number is not None",
            HELD,
        ),
        (
            "what is held has the number that the word file says now",
            KEEPER,
            "return held if held is not None and held[0] == number else None",
            "return held if number is not None else None",
            HELD,
        ),
        (
            "only a fresh memory is asked",
            STORE,
            "if word is not None and self.is_fresh() else None",
            "if word is not None else None",
            HELD,
        ),
        (
            "what another changed in silence shows at the next announcement",
            NUMBERS,
            "before = number_anew(connection, word)",
            "before = newest_data(connection)[1]",
            HELD,
        ),
        (
            "and at the next look of the watch",
            STORE,
            "behind or data > word.newest_data or data != told",
            "behind or data > word.newest_data",
            HELD,
        ),
        (
            "a word file that was deleted in use is noticed",
            STORE,
            "behind or data > word.newest_data or data != told",
            "behind or data != told",
            HELD,
        ),
        (
            "a number that was undone is not used again after a repair",
            NUMBERS,
            "number = max(newest, word.newest_data) + 1",
            "number = newest",
            HELD,
        ),
        (
            "a word file that grows stays what it is",
            WORD,
            "os.pwrite(descriptor, bytes(_SIZE - size), size)",
            "os.pwrite(descriptor, bytes(_SIZE), 0)",
            HELD,
        ),
        (
            "and whose it is",
            WORD,
            "            if size == 0:\n",
            "            if size < _SIZE:\n",
            HELD,
        ),
        (
            "a number that nobody committed is repaired",
            STORE,
            "not self.is_fresh() or data < word.newest_data",
            "not self.is_fresh()",
            HELD,
        ),
        (
            "inside a transaction of the application too",
            DJANGO,
            "return own.announcing_data(connection.connection, session_id)",
            "return nullcontext()",
            IN_TRANSACTIONS,
        ),
    )
] + [
    Mutation(f"data on postgres: {rule}", file, old, new, tests)
    for rule, file, old, new, tests in (
        (
            "only while the lease holds",
            POSTGRES,
            "return _HEARD_OF if self._lease.holds() else None",
            "return _HEARD_OF",
            ON_POSTGRES,
        ),
        (
            "what is read in between is not kept",
            MEMORY,
            "            if self.changes == noted:\n                entry.data",
            "            if True:\n                entry.data",
            ON_POSTGRES,
        ),
        (
            "what changes are is noted before it is read",
            KEEPER,
            "put_data(entry, number, text, noted=noted)",
            "put_data(entry, number, text, noted=self._memory.changes)",
            ON_POSTGRES,
        ),
        (
            "a change drops what is held",
            MEMORY,
            "            entry.data = None\n",
            "            pass\n",
            ON_POSTGRES,
        ),
        (
            "and not the session",
            MEMORY,
            "self._drop_data(subject.removeprefix(_DATA))",
            "self._drop(subject.removeprefix(_DATA))",
            ON_POSTGRES,
        ),
        (
            "it is held only if the row says so",
            QUERIES,
            "coalesce(s.data_held = 0, false)",
            "true",
            ON_POSTGRES,
        ),
        (
            "nor where others may not have heard yet",
            QUERIES,
            "coalesce(s.data_held = 0, false)",
            "s.data_held IS NOT NULL",
            ON_POSTGRES,
        ),
        (
            "on the server that the lease is about",
            POSTGRES,
            "if may_be_held and is_vouched else None",
            "if may_be_held else None",
            ON_POSTGRES,
        ),
        (
            "nor is it answered what the former primary says",
            POSTGRES,
            "            self._refuse_former(server, self._feed.vouched_server())\n",
            "            pass\n",
            ON_POSTGRES,
        ),
        (
            "or that it knows no such session",
            QUERIES,
            "FROM (SELECT 1) one LEFT JOIN signedin_sessions s ON s.id = {id}",
            "FROM signedin_sessions s WHERE s.id = {id}",
            ON_POSTGRES,
        ),
        (
            "within a lease",
            FEED,
            "return server == vouched and now() < until",
            "return server == vouched",
            ON_POSTGRES,
        ),
        (
            "what may change at once is not written to",
            KEEPER,
            "hold=times <= -SAME",
            "hold=True",
            ON_POSTGRES,
        ),
        (
            "what changed meanwhile may change at once",
            KEEPER,
            "-SAME < times < 0 and seen == text",
            "-SAME < times < 0",
            ON_POSTGRES,
        ),
        (
            "an ended session is not written to",
            QUERIES,
            "SELECT id FROM signedin_sessions WHERE id = {id} AND ended_at IS NULL\n"
            "    FOR NO KEY UPDATE SKIP LOCKED",
            "SELECT id FROM signedin_sessions WHERE id = {id}\n    FOR NO KEY UPDATE SKIP LOCKED",
            ON_POSTGRES,
        ),
        (
            "who reads does not wait for who writes the row",
            QUERIES,
            "    FOR NO KEY UPDATE SKIP LOCKED\n)\n",
            "    FOR NO KEY UPDATE\n)\n",
            ON_POSTGRES,
        ),
        (
            "nor for who has locked the table",
            POSTGRES,
            "SET LOCAL lock_timeout = 20",
            "SET LOCAL lock_timeout = 0",
            ON_POSTGRES,
        ),
        (
            "a change of what is held tells itself",
            TRIGGER,
            "OR (o.data_held IS NOT NULL AND n.data IS DISTINCT FROM o.data)",
            "OR (false)",
            ON_POSTGRES,
        ),
        (
            "also where not all have heard of the one before",
            TRIGGER,
            "OR (o.data_held IS NOT NULL AND n.data IS DISTINCT FROM o.data)",
            "OR (o.data_held = 0 AND n.data IS DISTINCT FROM o.data)",
            ON_POSTGRES,
        ),
        (
            "that it may be held no longer tells itself too",
            TRIGGER,
            "OR (o.data_held = 0 AND n.data_held IS DISTINCT FROM 0)",
            "OR (false)",
            ON_POSTGRES,
        ),
        (
            "who changes it waits until all have heard",
            POSTGRES,
            "                feed.confirmations.wait(number, changed_on)\n                with",
            "                with",
            ON_POSTGRES,
        ),
        (
            "and so does the next, as long as not all have",
            QUERIES,
            "WHEN data_held IS NOT NULL THEN CAST(CAST(pg_current_xact_id() AS text) AS bigint)",
            "WHEN false THEN 0",
            ON_POSTGRES,
        ),
        (
            "but no longer",
            POSTGRES,
            'self._reading.ask("unmark_data", id=session_id, mark=mark)',
            "pass",
            ON_POSTGRES,
        ),
        (
            "of one's own change one knows that all have heard, of no other",
            QUERIES,
            "WHERE id = {id} AND data_held = :mark\n",
            "WHERE id = {id} AND :mark > 0\n",
            ON_POSTGRES,
        ),
        (
            "and waits for nobody to say so",
            QUERIES,
            "data_held = :mark\n    FOR NO KEY UPDATE SKIP LOCKED",
            "data_held = :mark\n    FOR NO KEY UPDATE",
            ON_POSTGRES,
        ),
        (
            "a change to the same while not all have heard tells itself too",
            TRIGGER,
            "OR (o.data_held <> n.data_held AND n.data_held <> 0)",
            "OR (false)",
            ON_POSTGRES,
        ),
        (
            "on a new primary a whole lease is waited",
            QUERIES,
            "    OR NOT EXISTS (SELECT 1 FROM signedin_timelines"
            " WHERE timeline = signedin_timeline())"
            "\n)",
            "\n)",
            ON_POSTGRES,
        ),
        (
            "inside a transaction of the application who commits waits",
            CONNECTION,
            "            transaction.on_commit(heard, using=self._alias)\n",
            "            pass\n",
            IN_TRANSACTIONS,
        ),
        (
            "if somebody has to hear",
            CONNECTION,
            'execute("has_changed_data", {})[0] == [(True,)]',
            "True",
            IN_TRANSACTIONS,
        ),
        (
            "and then says that all have",
            CONNECTION,
            "            if mark is not None and not is_in_transaction(connection):\n",
            "            if False:\n",
            IN_TRANSACTIONS,
        ),
    )
]
