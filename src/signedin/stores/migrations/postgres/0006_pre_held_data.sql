-- So that nodes may hold data of sessions: docs/decisions/0013-held-data-on-postgresql.md.
-- "pre": runs before the new code.

ALTER TABLE signedin_sessions
    -- Null: no node holds the data. 0: any may. Else which transaction changed it, until all nodes
    -- have heard.
    ADD COLUMN data_held bigint;

-- A change of data that somebody may hold tells itself, and so does that nobody may any more.
-- Of data alone what is told is `data:` and the id, so that the session stays in memory.
CREATE OR REPLACE FUNCTION signedin_tell_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subjects text[];
    people text[];
BEGIN
    SELECT array_agg(CASE WHEN session.is_changed THEN n.id ELSE 'data:' || n.id END),
        array_agg(DISTINCT 'user:' || n.user_id) || array_agg(DISTINCT 'user:' || o.user_id)
            FILTER (WHERE o.user_id IS DISTINCT FROM n.user_id)
    INTO subjects, people
    FROM new_rows n JOIN old_rows o ON o.seq = n.seq
    CROSS JOIN LATERAL (
        SELECT (n.token_hash, n.token_used, n.generation, n.user_id, n.organizations,
                n.created_at, n.authenticated_at, n.persistent, n.ends_by, n.methods, n.name,
                n.ended_at)
            IS DISTINCT FROM (o.token_hash, o.token_used, o.generation, o.user_id,
                o.organizations, o.created_at, o.authenticated_at, o.persistent, o.ends_by,
                o.methods, o.name, o.ended_at) AS is_changed
    ) session
    WHERE session.is_changed
        OR (o.data_held IS NOT NULL AND n.data IS DISTINCT FROM o.data)
        OR (o.data_held = 0 AND n.data_held IS DISTINCT FROM 0);
    IF subjects IS NOT NULL THEN
        PERFORM signedin_tell(subjects, people);
    END IF;
    RETURN NULL;
END $$;
