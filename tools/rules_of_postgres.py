"""The rules of freshness.md for PostgreSQL, each with the edit that takes it out."""

from __future__ import annotations

from functools import partial

from tools.mutation import Mutation as AnyMutation

ABOUT = ("told", "confirmations", "nodes", "lease", "feed")
TESTS = (*(f"tests/stores/postgres/test_{about}.py" for about in ABOUT), "tests/race/test_nodes.py")
RULES = ("tests/stores/postgres/test_rules_of_the_database.py",)
SETTINGS = ("tests/stores/postgres/test_settings.py",)
TWICE = ("tests/stores/postgres/test_rows.py",)
Mutation = partial(AnyMutation, tests=TESTS)

FOLDER = "src/signedin/stores/postgres"
FEED, STORE = f"{FOLDER}/feed.py", f"{FOLDER}/store.py"
CONFIRMATIONS, LEASE = f"{FOLDER}/confirmations.py", f"{FOLDER}/lease.py"
CONNECTIONS, PATIENCE = f"{FOLDER}/connections.py", f"{FOLDER}/patience.py"
QUERIES = f"{FOLDER}/queries.sql"
SCHEMA = "src/signedin/stores/migrations/postgres/0003_pre_feed.sql"
PLACES = "src/signedin/stores/migrations/postgres/0005_pre_places.sql"
ROWS = "src/signedin/stores/migrations/postgres/0007_pre_rows.sql"
WORK = "src/signedin/service/work.py"

TRIGGERS = {
    "meta": ["lease_is_one"],
    "sessions": ["change_on_update", "change_on_delete", "change_on_truncate"],
    "policies": ["change_on_policy", "change_on_replaced_policy"],
}

POSTGRES = [
    *(
        Mutation(
            f"postgres: the trigger {name}",
            SCHEMA,
            f"ALTER TABLE signedin_{table} ENABLE ALWAYS TRIGGER signedin_{name};",
            f"ALTER TABLE signedin_{table} DISABLE TRIGGER signedin_{name};",
        )
        for table, names in TRIGGERS.items()
        for name in names
    ),
    *(
        Mutation(
            f"postgres: the trigger {name} fires always",
            SCHEMA,
            f"ENABLE ALWAYS TRIGGER signedin_{name};",
            f"ENABLE TRIGGER signedin_{name};",
        )
        for name in ("change_on_update", "change_on_delete")
    ),
    Mutation(
        "postgres 1: each start of a process is a node of its own, also in a forked child",
        STORE,
        "        self._inherited.append(self._feed)\n",
        "        return\n",
    ),
    Mutation(
        "postgres 1: the lease runs from the sending of a heartbeat that came back",
        FEED,
        "            if number in self._returned:\n",
        "            if True:\n",
    ),
    Mutation(
        "postgres 1: a heartbeat of a feed that was lost is no lease of the next",
        FEED,
        "            if not listens or committed is not self._committed:\n",
        "            if not listens:\n",
    ),
    Mutation(
        "postgres 1: a heartbeat that stopped in the middle is undone",
        FEED,
        "; SET LOCAL idle_in_transaction_session_timeout = 2000",
        "",
    ),
    Mutation(
        "postgres 1: only a heartbeat whose commit is sure gives a lease",
        FEED,
        "            if number in self._committed:\n"
        "                self._grant(self._committed.pop(number))",
        "            if True:\n                self._grant(self._committed.pop(number, now()))",
    ),
    Mutation(
        "postgres 1: one that came back late gives no more than is left",
        FEED,
        "self._lease.until = max(self._lease.until, self._lease.runs_from(sent))",
        "self._lease.until = self._lease.runs_from(max(sent, now()))",
    ),
    Mutation(
        "postgres 1: tables of a backup that was restored are others than memory was filled from",
        FEED,
        "        if server != self._vouched[0]:\n            self._forget(None)",
        "        if False:\n            self._forget(None)",
    ),
    Mutation(
        "postgres 1: and connections to a former primary are let go of",
        FEED,
        "                self._moved()\n",
        "                pass\n",
    ),
    Mutation(
        "postgres 1: a lease is shorter than others wait for it",
        LEASE,
        "HELD = 0.99",
        "HELD = 1.0",
    ),
    Mutation(
        "postgres 1: changes are applied in the order in which they come",
        FEED,
        "self._forget(json.loads(rest))",
        "threading.Timer(0.05, self._forget, [json.loads(rest)]).start()",
    ),
    Mutation(
        "postgres 1: what comes while a feed begins to listen is applied",
        FEED,
        "        connection.add_notify_handler(lambda heard: self._take(heard.payload))\n",
        "",
    ),
    Mutation(
        "postgres 3: who waits is woken by the last that confirms",
        CONFIRMATIONS,
        "if self._confirmed[number].issuperset(self._awaited.get(number, ())):",
        "if False:",
    ),
    Mutation(
        "both 3: a lease that was lost keeps out what was read meanwhile",
        FEED,
        "self._forget(())  # what was being read meanwhile is not kept",
        "pass",
    ),
    Mutation(
        "postgres 2: memory is used only while the lease holds",
        LEASE,
        "return now() < self.until",
        "return self.until > 0",
    ),
    Mutation(
        "postgres 2: a lost feed drops the lease at once",
        FEED,
        "            self._lease.until = 0.0\n",
        "",
    ),
    Mutation(
        "postgres 2: a lost feed empties memory",
        FEED,
        "            self._committed, self._returned = {}, set()\n        self._forget(None)\n",
        "            self._committed, self._returned = {}, set()\n",
    ),
    Mutation(
        "postgres 2: a feed that says nothing any more is opened anew",
        FEED,
        'raise StoreUnavailableError("nothing is heard any more")',
        "pass",
    ),
    AnyMutation(
        "postgres 2: a feed lasts where who says nothing is cut off",
        FEED,
        "        connection.say(_STAY)\n",
        "",
        tests=SETTINGS,
    ),
    AnyMutation(
        "postgres: very many sessions end, a stretch at a time",
        WORK,
        "ENDED_AT_ONCE = 500",
        "ENDED_AT_ONCE = 1_000_000",
        tests=("tests/stores/postgres/test_many.py",),
    ),
    AnyMutation(
        "postgres: a connection speaks UTF-8",
        CONNECTIONS,
        '    "client_encoding": "UTF8",',
        '    # "client_encoding": "UTF8",',
        tests=SETTINGS,
    ),
    AnyMutation(
        "postgres: a database that cannot hold every name is refused",
        STORE,
        "            _refuse_encoding(connection)\n",
        "",
        tests=SETTINGS,
    ),
    Mutation(
        "postgres 2: what nobody understands empties memory",
        FEED,
        "            self._forget(None)  # said by somebody who knows more than we do",
        "            pass",
    ),
    Mutation(
        "postgres 3: an end waits for the nodes",
        STORE,
        "            if changed_on is not None:\n                transaction.heard",
        "            if False:\n                transaction.heard",
    ),
    Mutation(
        "postgres 3: what changed nothing waits for nobody",
        STORE,
        "            if changed_on is not None:\n                transaction.heard",
        "            if True:\n                transaction.heard",
    ),
    Mutation(
        "postgres 3: the lease of a silent node is waited out",
        CONFIRMATIONS,
        "confirmed >= beats.keys(), length)",
        "confirmed >= beats.keys(), length / 4)",
    ),
    Mutation(
        "postgres 3: each node confirms, not any of them",
        CONFIRMATIONS,
        "confirmed >= beats.keys(), length)",
        "bool(confirmed) or not beats, length)",
    ),
    Mutation(
        "postgres 3: without the list a whole lease is waited",
        CONFIRMATIONS,
        "self._news.wait_for(lambda: False, began + length - now())",
        "pass",
    ),
    Mutation(
        "postgres 3: a node waited out loses its row",
        CONFIRMATIONS,
        'self._connections.ask("strike_node", node=node, beats=beats[node])',
        "pass",
    ),
    Mutation(
        "postgres 3: unless it was renewed since",
        QUERIES,
        "SELECT node FROM signedin_nodes WHERE node = :node AND beats = :beats",
        "SELECT node FROM signedin_nodes WHERE node = :node AND :beats > 0",
    ),
    Mutation(
        "postgres 3: no node has the same number of heartbeats twice",
        QUERIES,
        "VALUES (:node, :beats, :listens)\n"
        "    ON CONFLICT (node) DO UPDATE SET beats = excluded.beats,",
        "VALUES (:node, sign(:beats), :listens)\n"
        "    ON CONFLICT (node) DO UPDATE SET beats = signedin_nodes.beats + 1,",
    ),
    Mutation(
        "postgres 3: who is being renewed keeps nobody waiting",
        QUERIES,
        "    FOR UPDATE SKIP LOCKED -- it is being renewed\n",
        "",
    ),
    Mutation(
        "postgres 3: each feed asks under numbers of its own",
        STORE,
        "payload=feed.asking(number),",
        "payload=self._feed.asking(number),",
    ),
    Mutation(
        "postgres 3: a heartbeat that finds no row registers anew",
        QUERIES,
        "INSERT INTO signedin_nodes (node, beats, listens) VALUES (:node, :beats, :listens)",
        "INSERT INTO signedin_nodes (node, beats, listens) SELECT :node, :beats, :listens "
        "WHERE :payload = 'beat 1' OR EXISTS (SELECT 1 FROM signedin_nodes WHERE node = :node)",
    ),
    Mutation(
        "postgres 3: a node that leaves says so, and takes its row with it",
        FEED,
        'self._connections.ask("leave", node=self.node)',
        "pass",
    ),
    Mutation(
        "postgres 3: who has no feed is waited for by nobody",
        QUERIES,
        "LEFT JOIN signedin_nodes n ON n.listens",
        "LEFT JOIN signedin_nodes n ON true",
    ),
    Mutation(
        "both 6: a second end waits like the first",
        WORK,
        "        if len(ended) < len(sessions):\n            self.transaction.let_all_hear()\n",
        "",
    ),
    Mutation(
        "both 6: so does ending all once more",
        WORK,
        "        self.transaction.lock_person(user_id)\n        self.transaction.let_all_hear()\n",
        "        self.transaction.lock_person(user_id)\n",
    ),
    Mutation(
        "both 6: and a login in the place of one that was replaced already",
        "src/signedin/service/start.py",
        "        transaction.let_all_hear()\n",
        "        pass\n",
    ),
    Mutation(
        "postgres 4: on a new primary a whole lease is waited",
        CONFIRMATIONS,
        "lambda: is_trusted and confirmed",
        "lambda: confirmed",
    ),
    Mutation(
        "postgres 4: once",
        CONFIRMATIONS,
        'self._connections.ask("trust_timeline", timeline=timeline)',
        "pass",
    ),
    Mutation(
        "postgres 4: a row counts only while a heartbeat was committed within a lease",
        FEED,
        "            if now() >= until or server == other_than:",
        "            if not server or server == other_than:",
    ),
    Mutation(
        "postgres 4: the list of nodes is that of the server that made the change",
        CONFIRMATIONS,
        "        if answered != server:\n",
        "        if False:\n",
    ),
    Mutation(
        "postgres 4: on that server",
        STORE,
        "            self._refuse_former(server, vouched)\n",
        "",
    ),
    Mutation(
        "both 11: a commit that was not answered is no failure",
        PATIENCE,
        "            self.pgconn.finish()\n",
        "",
        tests=("tests/stores/postgres/test_patience.py",),
    ),
    Mutation(
        "postgres: who is given up is not asked again on another connection",
        CONNECTIONS,
        "                if isinstance(error, NoAnswerError):\n",
        "                if False:\n",
        tests=("tests/stores/postgres/test_patience.py",),
    ),
    Mutation(
        "postgres: nothing is prepared behind a pooler",
        CONNECTIONS,
        "        if is_direct(connection):\n",
        "        if True:\n",
        tests=("tests/stores/postgres/test_pgbouncer.py",),
    ),
    Mutation(
        "postgres 5: at most 8,000 bytes, else whose they are",
        SCHEMA,
        "    IF octet_length(payload) > 7900 AND array_position(people, NULL) IS NULL THEN",
        "    IF false THEN",
    ),
    Mutation(
        "postgres 5: and whose they were",
        ROWS,
        "FILTER (WHERE o.user_id IS DISTINCT FROM n.user_id)",
        "FILTER (WHERE false)",
    ),
    AnyMutation(
        "postgres: former tokens go with their session",
        PLACES,
        "WHERE session_id IN (SELECT id FROM old_rows)",
        "WHERE false",
        RULES,
    ),
    AnyMutation(
        "postgres: what fired always does so on a table that was copied",
        ROWS,
        "WHEN 'A' THEN 'ENABLE ALWAYS'",
        "WHEN 'A' THEN 'ENABLE'",
        RULES,
    ),
    AnyMutation(
        "postgres: the same id at the same moment is refused by its index",
        ROWS,
        "ADD CONSTRAINT signedin_sessions_pkey PRIMARY KEY (id)",
        "ADD CONSTRAINT signedin_sessions_pkey EXCLUDE (id WITH =) WHERE (false)",
        TWICE,
    ),
    AnyMutation(
        "postgres: and so is the same token",
        ROWS,
        "EXCLUDE USING hash (token_hash WITH =)\n        WITH (fillfactor = 100)",
        "EXCLUDE USING hash (token_hash WITH =)\n        WITH (fillfactor = 100) WHERE (false)",
        TWICE,
    ),
    AnyMutation(
        "postgres: a text that is no id is nobody's",
        QUERIES,
        "CAST(substring(CAST(:id AS text) FROM "
        "'^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$') AS uuid)",
        "CAST(:id AS uuid)",
        TWICE,
    ),
    AnyMutation(
        "postgres: a session cannot become another",
        ROWS,
        "WHEN (NEW.id IS DISTINCT FROM OLD.id)",
        "WHEN (false)",
        RULES,
    ),
    Mutation(
        "postgres 5: else all",
        SCHEMA,
        "    IF octet_length(payload) > 7900 THEN",
        "    IF false THEN",
    ),
]
