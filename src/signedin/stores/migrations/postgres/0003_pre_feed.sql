-- What makes the memory of every process provably fresh: changes that tell themselves, the
-- processes that must have heard of them, and for how long one may trust what it heard.
-- "pre": runs before the new code.

-- How long a process may answer from memory after a heartbeat, in microseconds.
INSERT INTO signedin_meta (name, value) VALUES ('lease', 2000000);

CREATE TRIGGER signedin_lease_is_one BEFORE UPDATE OR DELETE ON signedin_meta FOR EACH ROW
WHEN (OLD.name = 'lease')
EXECUTE FUNCTION signedin_refuse('everybody works with one length of the lease');

-- The processes that answer from memory. Logged, as an end is: whoever reads of one reads of both.
CREATE TABLE signedin_nodes (
    node text COLLATE "C" PRIMARY KEY,
    beats bigint NOT NULL, -- the number of its last heartbeat; never one that it had before
    listens boolean NOT NULL -- false: its feed is broken, and it holds no lease
) WITH (fillfactor = 50);

-- The starts as primary on which somebody has waited a whole lease: before, leases may hold that
-- the former primary gave, and that stand in no list here.
CREATE TABLE signedin_timelines (
    timeline text COLLATE "C" PRIMARY KEY
);

CREATE FUNCTION signedin_timeline() RETURNS text LANGUAGE sql AS $$
    SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)
$$;

-- Which server this is, from one of its starts to the next.
CREATE FUNCTION signedin_server() RETURNS text LANGUAGE sql AS $$
    SELECT signedin_timeline() || ' ' || extract(epoch FROM pg_postmaster_start_time())
$$;

-- Nobody holds a lease yet.
INSERT INTO signedin_timelines SELECT signedin_timeline();

-- Each change tells itself to those who listen, when and only if it is committed. A payload of
-- 8,000 bytes would abort the transaction: then whose sessions they are, then simply all.

CREATE FUNCTION signedin_tell(subjects text[], people text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    payload text := 'changed ' || to_json(subjects);
BEGIN
    IF octet_length(payload) > 7900 AND array_position(people, NULL) IS NULL THEN
        payload := 'changed ' || to_json(people);
    END IF;
    IF octet_length(payload) > 7900 THEN
        payload := 'changed ["*"]';
    END IF;
    PERFORM pg_notify('signedin', payload), set_config('signedin.changed', 'yes', true);
END $$;

-- Uses are no change.
CREATE FUNCTION signedin_tell_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids text[];
    people text[];
BEGIN
    SELECT array_agg(n.id),
        array_agg(DISTINCT 'user:' || n.user_id) || array_agg(DISTINCT 'user:' || o.user_id)
            FILTER (WHERE o.user_id IS DISTINCT FROM n.user_id)
    INTO ids, people
    FROM new_rows n JOIN old_rows o ON o.seq = n.seq
    WHERE (n.token_hash, n.token_first_used_at, n.generation, n.user_id, n.organizations,
            n.created_at, n.authenticated_at, n.persistent, n.ends_by, n.methods, n.name,
            n.ended_at)
        IS DISTINCT FROM (o.token_hash, o.token_first_used_at, o.generation, o.user_id,
            o.organizations, o.created_at, o.authenticated_at, o.persistent, o.ends_by, o.methods,
            o.name, o.ended_at);
    IF ids IS NOT NULL THEN
        PERFORM signedin_tell(ids, people);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER signedin_change_on_update AFTER UPDATE ON signedin_sessions
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION signedin_tell_updated();

CREATE FUNCTION signedin_tell_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids text[];
    people text[];
BEGIN
    SELECT array_agg(id), array_agg(DISTINCT 'user:' || user_id) INTO ids, people
    FROM old_rows WHERE ended_at IS NULL;
    IF ids IS NOT NULL THEN
        PERFORM signedin_tell(ids, people);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER signedin_change_on_delete AFTER DELETE ON signedin_sessions
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION signedin_tell_deleted();

CREATE FUNCTION signedin_tell_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM signedin_tell(ARRAY['*'], ARRAY['*']);
    RETURN NULL;
END $$;

CREATE TRIGGER signedin_change_on_truncate AFTER TRUNCATE ON signedin_sessions
FOR EACH STATEMENT EXECUTE FUNCTION signedin_tell_all();

-- A policy concerns one person's sessions, or anybody's.
CREATE FUNCTION signedin_tell_policies() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subjects text[];
BEGIN
    SELECT array_agg(DISTINCT CASE WHEN scope LIKE 'user:%' THEN scope ELSE '*' END) INTO subjects
    FROM new_rows;
    IF subjects IS NOT NULL THEN
        PERFORM signedin_tell(subjects, subjects);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER signedin_change_on_policy AFTER INSERT ON signedin_policies
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION signedin_tell_policies();

CREATE TRIGGER signedin_change_on_replaced_policy AFTER UPDATE ON signedin_policies
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION signedin_tell_policies();

ALTER TABLE signedin_meta ENABLE ALWAYS TRIGGER signedin_lease_is_one;
ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_change_on_update;
ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_change_on_delete;
ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_change_on_truncate;
ALTER TABLE signedin_policies ENABLE ALWAYS TRIGGER signedin_change_on_policy;
ALTER TABLE signedin_policies ENABLE ALWAYS TRIGGER signedin_change_on_replaced_policy;
