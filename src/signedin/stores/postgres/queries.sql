-- What only PostgreSQL needs: many uses in one statement.

-- name: lock_used
SELECT id FROM signedin_sessions
WHERE id = ANY(CAST(:ids AS text[])) AND ended_at IS NULL
ORDER BY id
FOR NO KEY UPDATE

-- name: write_uses
UPDATE signedin_sessions s SET last_used_at = used.at
FROM unnest(CAST(:ids AS text[]), CAST(:times AS bigint[]), CAST(:addresses AS text[]))
    AS used (id, at, address)
WHERE s.id = used.id AND s.ended_at IS NULL AND s.last_used_at < used.at
RETURNING s.id, coalesce(s.last_address, '') <> coalesce(used.address, '')
