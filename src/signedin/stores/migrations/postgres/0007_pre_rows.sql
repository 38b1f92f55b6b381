-- Rows of at most 350 bytes with their indexes: docs/decisions/0011-small-rows.md.
-- "pre": runs before the new code. Checks go on while the table is copied; who writes waits.

LOCK TABLE signedin_sessions IN SHARE ROW EXCLUSIVE MODE;

-- What is 8 bytes long comes first, then 4, then what begins anywhere.
CREATE TABLE signedin_new (
    generation bigint NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    reauthenticated_at bigint, -- null: never since it was created
    ends_by bigint,
    ended_at bigint,
    data_held bigint, -- null: no node holds the data; 0: any may; else who changed it
    client_seq integer NOT NULL,
    first_place_seq integer NOT NULL,
    last_place_seq integer, -- null: still where it was first
    persistent boolean NOT NULL,
    token_used boolean, -- null: the token replaced another and was never used
    id uuid NOT NULL, -- of version 7: in the order in which they begin
    token_hash bytea NOT NULL,
    user_id text COLLATE "C", -- null: a visitor who is not logged in
    organizations text NOT NULL, -- JSON object: each name and since when
    device_key bytea,
    methods text NOT NULL, -- JSON list
    first_address text,
    last_address text, -- null: still the first one; '': none, while there was one
    name text,
    ended_reason text,
    ended_by_kind text,
    ended_by_id text,
    ended_note text, -- what the person is told about an end that somebody else brought
    data text, -- the app's own, JSON
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by_kind IS NULL)),
    -- A word that nobody knows could be neither read nor, since ended is final, mended.
    CONSTRAINT signedin_end_in_known_words CHECK (
        ended_reason IN ('logged_out', 'replaced', 'reported', 'password_changed', 'terminated',
            'account_disabled', 'idle', 'lifetime', 'cap', 'policy', 'token_reused',
            'restored_backup')
        AND ended_by_kind IN ('user', 'admin', 'policy', 'system')
    )
) WITH (fillfactor = 80); -- room for the next use on the same page

INSERT INTO signedin_new
SELECT
    generation, created_at, last_used_at, nullif(authenticated_at, created_at), ends_by, ended_at,
    data_held, client_seq, first_place_seq, last_place_seq, persistent = 1, token_used = 1,
    id::uuid, token_hash, user_id, organizations, device_key, methods, first_address,
    last_address, name, ended_reason, ended_by_kind, ended_by_id, ended_note, data
FROM signedin_sessions ORDER BY seq;

DO $$
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT c.oid::regclass AS index, 'old_' || c.relname AS name
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = 'signedin_sessions'::regclass
    LOOP
        EXECUTE format('ALTER INDEX %s RENAME TO %I', old.index, old.name);
    END LOOP;
END $$;

-- Ids come in their order, which fills a sorted index well; of tokens a hash is half as long.
ALTER TABLE signedin_new
    ADD CONSTRAINT signedin_sessions_pkey PRIMARY KEY (id),
    ADD CONSTRAINT signedin_token_once EXCLUDE USING hash (token_hash WITH =)
        WITH (fillfactor = 100),
    ADD FOREIGN KEY (client_seq) REFERENCES signedin_clients (seq),
    ADD FOREIGN KEY (first_place_seq) REFERENCES signedin_places (seq),
    ADD FOREIGN KEY (last_place_seq) REFERENCES signedin_places (seq);

CREATE INDEX signedin_live_of_person ON signedin_new (user_id) WHERE ended_at IS NULL;
CREATE INDEX signedin_ended_of_person ON signedin_new (user_id, ended_at)
    WHERE ended_at IS NOT NULL;
CREATE INDEX signedin_ended ON signedin_new (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX signedin_addresses_of_ended ON signedin_new (ended_at)
    WHERE ended_at IS NOT NULL AND (first_address IS NOT NULL OR last_address IS NOT NULL);
CREATE INDEX signedin_visitors ON signedin_new (created_at) WHERE user_id IS NULL;
CREATE INDEX signedin_client_used ON signedin_new (client_seq);
CREATE INDEX signedin_place_used ON signedin_new (first_place_seq);
CREATE INDEX signedin_place_moved ON signedin_new (last_place_seq)
    WHERE last_place_seq IS NOT NULL;

-- What reads its columns is written anew.

CREATE OR REPLACE FUNCTION signedin_refuse_second_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM signedin_sessions WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM signedin_sessions WHERE token_hash = NEW.token_hash)
        OR EXISTS (SELECT 1 FROM signedin_former_tokens WHERE token_hash = NEW.token_hash)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'signedin: this session or token exists already';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION signedin_tell_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subjects text[];
    people text[];
BEGIN
    SELECT array_agg(CASE WHEN session.is_changed THEN n.id::text ELSE 'data:' || n.id END),
        array_agg(DISTINCT 'user:' || n.user_id) || array_agg(DISTINCT 'user:' || o.user_id)
            FILTER (WHERE o.user_id IS DISTINCT FROM n.user_id)
    INTO subjects, people
    FROM new_rows n JOIN old_rows o ON o.id = n.id
    CROSS JOIN LATERAL (
        SELECT (n.token_hash, n.token_used, n.generation, n.user_id, n.organizations,
                n.created_at, n.reauthenticated_at, n.persistent, n.ends_by, n.methods, n.name,
                n.ended_at)
            IS DISTINCT FROM (o.token_hash, o.token_used, o.generation, o.user_id,
                o.organizations, o.created_at, o.reauthenticated_at, o.persistent, o.ends_by,
                o.methods, o.name, o.ended_at) AS is_changed
    ) session
    WHERE session.is_changed
        OR (o.data_held IS NOT NULL AND n.data IS DISTINCT FROM o.data)
        OR (o.data_held = 0 AND n.data_held IS DISTINCT FROM 0)
        OR (o.data_held <> n.data_held AND n.data_held <> 0); -- changed to the same, once more
    IF subjects IS NOT NULL THEN
        PERFORM signedin_tell(subjects, people);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION signedin_tell_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids text[];
    people text[];
BEGIN
    SELECT array_agg(id::text), array_agg(DISTINCT 'user:' || user_id) INTO ids, people
    FROM old_rows WHERE ended_at IS NULL;
    IF ids IS NOT NULL THEN
        PERFORM signedin_tell(ids, people);
    END IF;
    RETURN NULL;
END $$;

-- The new table takes the old one's place, its owner, its triggers and those who may use it.
DO $$
DECLARE
    statement text;
    statements text[];
BEGIN
    DROP TRIGGER signedin_same_session ON signedin_sessions;
    SELECT array_agg(pg_get_triggerdef(oid)) || array_agg(format(
        'ALTER TABLE signedin_sessions %s TRIGGER %I',
        CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA'
            WHEN 'D' THEN 'DISABLE' ELSE 'ENABLE' END,
        tgname
    ))
    INTO statements
    FROM pg_trigger WHERE tgrelid = 'signedin_sessions'::regclass AND NOT tgisinternal;
    SELECT statements || coalesce(array_agg(format('GRANT %s ON signedin_sessions TO %s',
        privilege_type,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
    )), '{}')
    INTO statements
    FROM pg_class, aclexplode(relacl)
    WHERE oid = 'signedin_sessions'::regclass AND grantee <> relowner;
    SELECT statements || format('ALTER TABLE signedin_sessions OWNER TO %I',
        pg_get_userbyid(relowner))
    INTO statements
    FROM pg_class WHERE oid = 'signedin_sessions'::regclass;

    DROP TABLE signedin_sessions;
    ALTER TABLE signedin_new RENAME TO signedin_sessions;
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
END $$;

CREATE TRIGGER signedin_same_session BEFORE UPDATE ON signedin_sessions FOR EACH ROW
WHEN (NEW.id IS DISTINCT FROM OLD.id)
EXECUTE FUNCTION signedin_refuse('a session cannot become another');

ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_same_session;

-- Others read these together with the sessions, and lock those first.

ALTER TABLE signedin_clients ALTER COLUMN seq TYPE integer;

DROP TRIGGER signedin_former_stays ON signedin_former_tokens;

ALTER TABLE signedin_former_tokens ALTER COLUMN session_id TYPE uuid USING session_id::uuid;

CREATE TRIGGER signedin_former_stays BEFORE UPDATE ON signedin_former_tokens FOR EACH ROW
WHEN (NEW.token_hash IS DISTINCT FROM OLD.token_hash
    OR NEW.session_id IS DISTINCT FROM OLD.session_id
    OR NEW.grace_ends_at > OLD.grace_ends_at)
EXECUTE FUNCTION signedin_refuse('a replaced token is never worth more again');

ALTER TABLE signedin_former_tokens ENABLE ALWAYS TRIGGER signedin_former_stays;

-- Not of an empty table: what is then planned for one page would be kept while it grows.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM signedin_sessions) THEN
        ANALYZE signedin_sessions;
    END IF;
END $$;
