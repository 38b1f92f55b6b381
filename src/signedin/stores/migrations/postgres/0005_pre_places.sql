-- Places once each, and rows as small as they can be: docs/decisions/0011-small-rows.md.
-- "pre": runs before the new code. Checks go on while the table is copied; who writes waits.

LOCK TABLE signedin_sessions IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE signedin_places (
    seq integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place text COLLATE "C" NOT NULL UNIQUE -- JSON object
);

INSERT INTO signedin_places (place)
SELECT first_place FROM signedin_sessions UNION SELECT last_place FROM signedin_sessions;

-- What is 8 bytes long comes first, then 4, then 2, then text: so nothing is filled up between.
CREATE TABLE signedin_new (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    generation bigint NOT NULL,
    created_at bigint NOT NULL,
    authenticated_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    client_seq bigint NOT NULL,
    ends_by bigint,
    ended_at bigint,
    first_place_seq integer NOT NULL,
    last_place_seq integer, -- null: still where it was first
    persistent smallint NOT NULL,
    token_used smallint, -- null: the token replaced another and was never used
    id text COLLATE "C" NOT NULL,
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

INSERT INTO signedin_new OVERRIDING SYSTEM VALUE
SELECT
    s.seq, s.generation, s.created_at, s.authenticated_at, s.last_used_at, s.client_seq, s.ends_by,
    s.ended_at, first.seq, CASE WHEN s.last_place <> s.first_place THEN last.seq END,
    s.persistent, CASE WHEN s.token_first_used_at IS NOT NULL THEN 1 END, s.id, s.token_hash,
    s.user_id, s.organizations, substr(s.device_key, 1, 16), s.methods, s.first_address,
    nullif(coalesce(s.last_address, ''), coalesce(s.first_address, '')), s.name,
    s.ended_reason, s.ended_by_kind, s.ended_by_id, s.ended_note, s.data
FROM signedin_sessions s
JOIN signedin_places first ON first.place = s.first_place
JOIN signedin_places last ON last.place = s.last_place
ORDER BY s.seq;

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

-- The entry of a hash is half as long as that of what was hashed, and needs no order.
ALTER TABLE signedin_new
    ADD CONSTRAINT signedin_sessions_pkey PRIMARY KEY (seq),
    ADD CONSTRAINT signedin_session_once EXCLUDE USING hash (id WITH =)
        WITH (fillfactor = 100),
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

-- Its columns have new names and a new order, so what tells its changes is written anew.

CREATE OR REPLACE FUNCTION signedin_tell_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids text[];
    people text[];
BEGIN
    SELECT array_agg(n.id),
        array_agg(DISTINCT 'user:' || n.user_id) || array_agg(DISTINCT 'user:' || o.user_id)
            FILTER (WHERE o.user_id IS DISTINCT FROM n.user_id)
    INTO ids, people
    FROM new_rows n JOIN old_rows o ON o.seq = n.seq
    WHERE (n.token_hash, n.token_used, n.generation, n.user_id, n.organizations,
            n.created_at, n.authenticated_at, n.persistent, n.ends_by, n.methods, n.name,
            n.ended_at)
        IS DISTINCT FROM (o.token_hash, o.token_used, o.generation, o.user_id,
            o.organizations, o.created_at, o.authenticated_at, o.persistent, o.ends_by, o.methods,
            o.name, o.ended_at);
    IF ids IS NOT NULL THEN
        PERFORM signedin_tell(ids, people);
    END IF;
    RETURN NULL;
END $$;

-- A foreign key would need an ordered index; a former token cannot be made without its session.

CREATE FUNCTION signedin_forget_former() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM signedin_former_tokens WHERE session_id IN (SELECT id FROM old_rows);
    RETURN NULL;
END $$;

CREATE FUNCTION signedin_forget_all_former() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM signedin_former_tokens;
    RETURN NULL;
END $$;

-- The new table takes the old one's place, its owner, its triggers and those who may use it; the
-- table of places is for the same people.
DO $$
DECLARE
    statement text;
    statements text[];
BEGIN
    SELECT array_agg(pg_get_triggerdef(oid)) || array_agg(format(
        'ALTER TABLE signedin_sessions %s TRIGGER %I',
        CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA'
            WHEN 'D' THEN 'DISABLE' ELSE 'ENABLE' END,
        tgname
    ))
    INTO statements
    FROM pg_trigger WHERE tgrelid = 'signedin_sessions'::regclass AND NOT tgisinternal;
    SELECT statements || coalesce(array_agg(format('GRANT %s ON %I TO %s', privilege_type, name,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
    )), '{}')
    INTO statements
    FROM pg_class, aclexplode(relacl), unnest(ARRAY['signedin_sessions', 'signedin_places']) name
    WHERE oid = 'signedin_sessions'::regclass AND grantee <> relowner;
    SELECT statements || array_agg(format('ALTER TABLE %I OWNER TO %I', name,
        pg_get_userbyid(relowner)))
    INTO statements
    FROM pg_class, unnest(ARRAY['signedin_sessions', 'signedin_places']) name
    WHERE oid = 'signedin_sessions'::regclass;

    ALTER TABLE signedin_former_tokens DROP CONSTRAINT signedin_former_tokens_session_id_fkey;
    DROP TABLE signedin_sessions;
    ALTER TABLE signedin_new RENAME TO signedin_sessions;
    ALTER SEQUENCE signedin_new_seq_seq RENAME TO signedin_sessions_seq_seq;
    PERFORM setval('signedin_sessions_seq_seq', max(seq)) FROM signedin_sessions;
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
END $$;

CREATE TRIGGER signedin_former_go_with_it AFTER DELETE ON signedin_sessions
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION signedin_forget_former();

CREATE TRIGGER signedin_former_go_with_all AFTER TRUNCATE ON signedin_sessions
FOR EACH STATEMENT EXECUTE FUNCTION signedin_forget_all_former();

ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_former_go_with_it;
ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_former_go_with_all;

ANALYZE signedin_sessions, signedin_places;
