-- Whether a value is in a list, which is JSON. As an array, so that an index finds the few.

-- name: in_list
= ANY (ARRAY(SELECT json_array_elements_text(CAST(:list AS json))))

-- name: in_ids
= ANY (ARRAY(SELECT CAST(json_array_elements_text(CAST(:list AS json)) AS uuid)))

-- name: ids
(SELECT CAST(value AS uuid) AS id FROM json_array_elements_text(CAST(:list AS json)) AS value)

-- name: in_numbers
= ANY (ARRAY(SELECT CAST(json_array_elements_text(CAST(:list AS json)) AS bigint)))

-- Which session is meant, and when it was authenticated last: docs/decisions/0011-small-rows.md.
-- A text that is no id is null, and finds nothing.

-- name: id
CAST(substring(CAST(:id AS text) FROM '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$') AS uuid)

-- name: authenticated_at
reauthenticated_at

-- name: authenticating
nullif(:authenticated_at, :created_at)

-- name: authenticated
coalesce(s.reauthenticated_at, s.created_at)

-- What only PostgreSQL needs: many uses in one statement.

-- name: lock_used
SELECT id FROM signedin_sessions
WHERE id = ANY(CAST(:ids AS uuid[])) AND ended_at IS NULL
ORDER BY id
FOR NO KEY UPDATE

-- name: write_uses
UPDATE signedin_sessions s SET last_used_at = used.at
FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS bigint[]), CAST(:addresses AS text[]))
    AS used (id, at, address)
WHERE s.id = used.id AND s.ended_at IS NULL AND s.last_used_at < used.at
RETURNING CAST(s.id AS text), coalesce(s.last_address, s.first_address, '') <> coalesce(used.address, '')

-- name: live_data
SELECT data FROM signedin_sessions WHERE id = {id} AND ended_at IS NULL
FOR NO KEY UPDATE

-- Data that nodes hold (docs/decisions/0013): whether one may, and which server says so, or says
-- that there is no such session.

-- name: data_and_server
SELECT s.data, coalesce(s.data_held = 0, false), {origin}
FROM (SELECT 1) one LEFT JOIN signedin_sessions s ON s.id = {id}

-- Not one that somebody is writing: who only reads would wait for him.

-- name: hold_data
UPDATE signedin_sessions SET data_held = 0
WHERE id = (
    SELECT id FROM signedin_sessions WHERE id = {id} AND ended_at IS NULL
    FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING data, true, {origin}

-- Until all have heard of it nobody may begin to hold the data, and who changes it next waits too.

-- name: write_data
UPDATE signedin_sessions SET data = :data, data_held = CASE
    WHEN data_held IS NOT NULL THEN CAST(CAST(pg_current_xact_id() AS text) AS bigint)
END
WHERE id = {id} AND ended_at IS NULL
RETURNING data_held

-- If this is lost with the machine, or somebody is writing, the next change waits once more.

-- name: unmark_data
UPDATE signedin_sessions SET data_held = NULL
WHERE id = (
    SELECT id FROM signedin_sessions WHERE id = {id} AND data_held = :mark
    FOR NO KEY UPDATE SKIP LOCKED
) AND set_config('synchronous_commit', 'off', true) = 'off'

-- Nodes, feed and lease

-- name: lease
SELECT value FROM signedin_meta WHERE name = 'lease'

-- Which server this is, and which tables: those of a backup that was restored are others.

-- name: origin
signedin_server() || ' ' || CAST(CAST(to_regclass('signedin_sessions') AS oid) AS text)

-- name: beat
WITH renewed AS (
    INSERT INTO signedin_nodes (node, beats, listens) VALUES (:node, :beats, :listens)
    ON CONFLICT (node) DO UPDATE SET beats = excluded.beats, listens = excluded.listens
    RETURNING node
)
SELECT {origin}, pg_notify(:channel, :payload) FROM renewed

-- Who says so waits by the list of the server that made the change.

-- name: tell_if_changed
SELECT {origin}, pg_notify('signedin', :payload)
WHERE CAST(:must AS boolean) OR current_setting('signedin.changed', true) = 'yes'

-- On a new primary nobody knows yet who holds what by the lease of the former one.

-- name: data_must_be_heard
(
    current_setting('signedin.changed', true) = 'yes'
    OR NOT EXISTS (SELECT 1 FROM signedin_timelines WHERE timeline = signedin_timeline())
)

-- name: tell_if_data_changed
SELECT {origin}, pg_notify('signedin', :payload) WHERE {data_must_be_heard}

-- name: listening_nodes
SELECT {origin}, t.timeline, EXISTS (SELECT 1 FROM signedin_timelines WHERE timeline = t.timeline), n.node, n.beats
FROM (SELECT signedin_timeline() AS timeline) t LEFT JOIN signedin_nodes n ON n.listens

-- name: strike_node
DELETE FROM signedin_nodes WHERE node IN (
    SELECT node FROM signedin_nodes WHERE node = :node AND beats = :beats
    FOR UPDATE SKIP LOCKED -- it is being renewed
)

-- name: trust_timeline
INSERT INTO signedin_timelines (timeline)
SELECT :timeline WHERE signedin_timeline() = :timeline
ON CONFLICT DO NOTHING

-- name: leave
WITH gone AS (DELETE FROM signedin_nodes WHERE node = :node RETURNING node)
SELECT pg_notify('signedin', 'gone ' || node) FROM gone

-- name: forget_nodes_without_feed
DELETE FROM signedin_nodes WHERE NOT listens

-- name: server
SELECT {origin}

-- name: queue_usage
SELECT pg_notification_queue_usage()

-- Inside a transaction of the application: see `signedin/django/connection.py`

-- name: prepare_to_write
SELECT
    set_config('signedin.lock_timeout', current_setting('lock_timeout'), true),
    set_config('lock_timeout', :wait, true),
    set_config('synchronous_commit', CASE current_setting('synchronous_commit')
        WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)

-- name: take_write_lock
SELECT pg_advisory_xact_lock(:writers)

-- name: wait_as_before
SELECT set_config('lock_timeout', current_setting('signedin.lock_timeout'), true)

-- name: has_changed
SELECT coalesce(current_setting('signedin.changed', true), '') = 'yes'

-- name: has_changed_data
SELECT coalesce({data_must_be_heard}, false)
