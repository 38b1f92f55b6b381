"""The rules by which data of sessions is held in memory (decision 0012), each with its edit."""

from __future__ import annotations

from tools.mutation import Mutation

STORE = "src/signedin/stores/sqlite/store.py"
NUMBERS = "src/signedin/stores/sqlite/data_numbers.py"
WORD = "src/signedin/stores/sqlite/change_word.py"
KEEPER = "src/signedin/service/app_data.py"
SCHEMA = "src/signedin/stores/migrations/sqlite/0006_pre_held_data.sql"
DJANGO = "src/signedin/django/store.py"

HELD = ("tests/stores/test_held_data.py", "tests/race/test_data_races.py")
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
            "if held is not None and held[0] == number:",
            "if held is not None:",
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
]
