-- Whether a value is in a list, which is JSON.

-- name: in_list
IN (SELECT value FROM json_each(:list))

-- name: in_ids
IN (SELECT value FROM json_each(:list))

-- name: ids
(SELECT value AS id FROM json_each(:list))

-- name: in_numbers
IN (SELECT value FROM json_each(:list))

-- Which session is meant, and when it was authenticated last.

-- name: id
:id

-- name: authenticated_at
authenticated_at

-- name: authenticating
:authenticated_at

-- name: authenticated
s.authenticated_at

-- Under the write lock, which is everybody's.

-- name: live_data
SELECT data FROM signedin_sessions WHERE id = :id AND ended_at IS NULL

-- name: write_data
UPDATE signedin_sessions SET data = :data WHERE id = :id AND ended_at IS NULL
RETURNING NULL

-- The change list, which only SQLite has: see freshness in `store.py`.

-- name: identity
SELECT value FROM signedin_meta WHERE name = 'identity'

-- name: newest_change
SELECT
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'signedin_changes'), 0),
    (SELECT value FROM signedin_meta WHERE name = 'floor')

-- name: changes_from
SELECT position, session_id FROM signedin_changes WHERE position >= :position ORDER BY position

-- name: change_everything
INSERT INTO signedin_changes (position, session_id) VALUES (:position, '*')

-- name: trim_changes
DELETE FROM signedin_changes WHERE position <= :floor

-- name: raise_floor
UPDATE signedin_meta SET value = max(value, :floor) WHERE name = 'floor'

-- What applications keep, and the number of the newest change of any of it. A database that is
-- yet to be migrated counts none, and nothing of it is held.

-- name: data_and_number
SELECT data, coalesce((SELECT value FROM signedin_meta WHERE name = 'data'), -1)
FROM signedin_sessions WHERE id = :id

-- name: newest_data
SELECT
    coalesce((SELECT value FROM signedin_meta WHERE name = 'data'), 0),
    coalesce((SELECT value FROM signedin_meta WHERE name = 'data_told'), 0)

-- name: number_data
UPDATE signedin_meta SET value = :number WHERE name IN ('data', 'data_told')

-- Inside a transaction of the application: the lock is taken by a write, of what stands there.

-- name: take_write_lock
UPDATE signedin_meta SET value = value WHERE name = 'generation'
