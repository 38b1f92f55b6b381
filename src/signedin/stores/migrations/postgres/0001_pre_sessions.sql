-- Sessions, policies, what belongs to them, and the rules that no writer can forget.
-- "pre": runs before the new code. Times and lengths are whole microseconds, since 1970 UTC.
-- Text is compared byte by byte, so that an order is the same in every database.

CREATE TABLE signedin_meta (
    name text PRIMARY KEY,
    value bigint NOT NULL
);

INSERT INTO signedin_meta (name, value) VALUES ('generation', 1); -- design.md section 3

-- What clients send about themselves, once each: it is most of a session's bytes.
CREATE TABLE signedin_clients (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_agent text NOT NULL,
    client_hints text NOT NULL, -- JSON object
    -- Unique whatever the length: an entry of an ordinary index is shorter than what is kept.
    CONSTRAINT signedin_client_once
        EXCLUDE USING hash ((user_agent || E'\n' || client_hints) WITH =)
);

CREATE INDEX signedin_clients_by_agent ON signedin_clients USING hash (user_agent);

CREATE TABLE signedin_sessions (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    token_hash bytea NOT NULL UNIQUE,
    token_first_used_at bigint, -- null: the token replaced another and was never used
    generation bigint NOT NULL,
    user_id text COLLATE "C", -- null: a visitor who is not logged in
    organizations text NOT NULL, -- JSON object: each name and since when
    device_key bytea,
    created_at bigint NOT NULL,
    authenticated_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    persistent smallint NOT NULL,
    ends_by bigint,
    methods text NOT NULL, -- JSON list
    client_seq bigint NOT NULL REFERENCES signedin_clients (seq),
    first_address text,
    first_place text NOT NULL, -- JSON object
    last_address text,
    last_place text NOT NULL, -- JSON object
    name text,
    ended_at bigint,
    ended_reason text,
    ended_by_kind text,
    ended_by_id text,
    ended_note text, -- what the person is told about an end that somebody else brought
    data text, -- the app's own, JSON
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by_kind IS NULL)),
    -- A word that nobody knows could be neither read nor, because of the below, mended.
    CONSTRAINT signedin_end_in_known_words CHECK (
        ended_reason IN ('logged_out', 'replaced', 'reported', 'password_changed', 'terminated',
            'account_disabled', 'idle', 'lifetime', 'cap', 'policy', 'token_reused',
            'restored_backup')
        AND ended_by_kind IN ('user', 'admin', 'policy', 'system')
    )
) WITH (fillfactor = 80); -- room for the next use on the same page

CREATE INDEX signedin_live_of_person ON signedin_sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX signedin_ended_of_person ON signedin_sessions (user_id, ended_at)
    WHERE ended_at IS NOT NULL;
CREATE INDEX signedin_ended ON signedin_sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX signedin_addresses_of_ended ON signedin_sessions (ended_at)
    WHERE ended_at IS NOT NULL AND (first_address IS NOT NULL OR last_address IS NOT NULL);
CREATE INDEX signedin_visitors ON signedin_sessions (created_at) WHERE user_id IS NULL;
CREATE INDEX signedin_client_used ON signedin_sessions (client_seq);

CREATE TABLE signedin_former_tokens (
    token_hash bytea PRIMARY KEY,
    session_id text COLLATE "C" NOT NULL REFERENCES signedin_sessions (id) ON DELETE CASCADE,
    replaced_at bigint NOT NULL,
    grace_ends_at bigint NOT NULL,
    authenticated_at bigint NOT NULL, -- as it was: no stepped-up authentication
    methods text NOT NULL
);

CREATE INDEX signedin_former_of_session ON signedin_former_tokens (session_id);

-- When all sessions of a scope ("user:42") were last ended, as the counter's value.
CREATE TABLE signedin_scopes (
    scope text COLLATE "C" PRIMARY KEY,
    generation bigint NOT NULL
);

CREATE TABLE signedin_events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    kind text NOT NULL,
    user_id text COLLATE "C",
    session_id text COLLATE "C",
    actor_kind text NOT NULL,
    actor_id text,
    address text, -- apart from the details, since it is kept no longer than other addresses
    details text NOT NULL -- JSON object
);

CREATE INDEX signedin_events_of_person ON signedin_events (user_id, position);
CREATE INDEX signedin_events_by_age ON signedin_events (at);
CREATE INDEX signedin_addresses_of_events ON signedin_events (at) WHERE address IS NOT NULL;

-- One row a change, kept for ever; the current one of a scope has not been replaced.
CREATE TABLE signedin_policies (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text COLLATE "C" NOT NULL, -- default, organization:NAME, user:ID
    changed_at bigint NOT NULL,
    replaced_at bigint, -- when the next one was made, even if the clock said more before
    before text, -- JSON object; null: the scope had none
    after text NOT NULL, -- JSON object
    generation bigint NOT NULL, -- sessions of an older one have ended
    actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'admin', 'policy', 'system')),
    actor_id text,
    reason text NOT NULL
);

CREATE INDEX signedin_policies_of_scope ON signedin_policies (scope, position);
CREATE UNIQUE INDEX signedin_current_policy ON signedin_policies (scope) WHERE replaced_at IS NULL;

-- The rules. Each trigger fires ALWAYS: a session that calls itself a replica goes by them too.

CREATE FUNCTION signedin_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'integrity_constraint_violation', MESSAGE = 'signedin: ' || TG_ARGV[0];
END $$;

-- Ended is final (I1), and the row of a session is never made twice.

CREATE FUNCTION signedin_refuse_second_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM signedin_sessions WHERE seq = NEW.seq)
        OR EXISTS (SELECT 1 FROM signedin_sessions WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM signedin_sessions WHERE token_hash = NEW.token_hash)
        OR EXISTS (SELECT 1 FROM signedin_former_tokens WHERE token_hash = NEW.token_hash)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'signedin: this session or token exists already';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER signedin_no_second_row BEFORE INSERT ON signedin_sessions
FOR EACH ROW EXECUTE FUNCTION signedin_refuse_second_row();

CREATE TRIGGER signedin_same_session BEFORE UPDATE ON signedin_sessions FOR EACH ROW
WHEN (NEW.seq IS DISTINCT FROM OLD.seq OR NEW.id IS DISTINCT FROM OLD.id)
EXECUTE FUNCTION signedin_refuse('a session cannot become another');

CREATE TRIGGER signedin_ended_is_final BEFORE UPDATE ON signedin_sessions FOR EACH ROW
WHEN (OLD.ended_at IS NOT NULL
    AND (NEW.ended_at IS DISTINCT FROM OLD.ended_at
        OR NEW.ended_reason IS DISTINCT FROM OLD.ended_reason
        OR NEW.ended_by_kind IS DISTINCT FROM OLD.ended_by_kind
        OR NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id
        OR NEW.ended_note IS DISTINCT FROM OLD.ended_note))
EXECUTE FUNCTION signedin_refuse('ended is final');

CREATE FUNCTION signedin_refuse_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL
        OR NOT EXISTS (
            SELECT 1 FROM signedin_former_tokens
            WHERE token_hash = OLD.token_hash AND session_id = OLD.id
        )
        OR EXISTS (SELECT 1 FROM signedin_sessions WHERE token_hash = NEW.token_hash)
        OR EXISTS (SELECT 1 FROM signedin_former_tokens WHERE token_hash = NEW.token_hash)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'signedin: a token changes only by rotation, to one never used before';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER signedin_token_only_by_rotation BEFORE UPDATE ON signedin_sessions FOR EACH ROW
WHEN (NEW.token_hash IS DISTINCT FROM OLD.token_hash)
EXECUTE FUNCTION signedin_refuse_token();

CREATE FUNCTION signedin_refuse_former() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM signedin_former_tokens WHERE token_hash = NEW.token_hash)
        OR NOT EXISTS (
            SELECT 1 FROM signedin_sessions
            WHERE id = NEW.session_id AND token_hash = NEW.token_hash AND ended_at IS NULL
        )
    THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'signedin: only the current token of a live session can be replaced';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER signedin_former_only_of_its_own BEFORE INSERT ON signedin_former_tokens
FOR EACH ROW EXECUTE FUNCTION signedin_refuse_former();

CREATE TRIGGER signedin_former_stays BEFORE UPDATE ON signedin_former_tokens FOR EACH ROW
WHEN (NEW.token_hash IS DISTINCT FROM OLD.token_hash
    OR NEW.session_id IS DISTINCT FROM OLD.session_id
    OR NEW.grace_ends_at > OLD.grace_ends_at)
EXECUTE FUNCTION signedin_refuse('a replaced token is never worth more again');

-- The log only grows, until what is kept no longer leaves it; an address leaves it earlier.

CREATE TRIGGER signedin_event_is_kept BEFORE UPDATE ON signedin_events FOR EACH ROW
WHEN (NEW.address IS NOT NULL OR NEW.position IS DISTINCT FROM OLD.position
    OR NEW.at IS DISTINCT FROM OLD.at OR NEW.kind IS DISTINCT FROM OLD.kind
    OR NEW.user_id IS DISTINCT FROM OLD.user_id OR NEW.session_id IS DISTINCT FROM OLD.session_id
    OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind
    OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.details IS DISTINCT FROM OLD.details)
EXECUTE FUNCTION signedin_refuse('what happened is kept as it was');

CREATE TRIGGER signedin_events_are_kept BEFORE TRUNCATE ON signedin_events
EXECUTE FUNCTION signedin_refuse('what happened is kept as it was');

-- What could not be read would stop every check, and what no later policy could repair would
-- stay for ever: the bounds are those of core/policy.py, and of what is a date.
-- As json and not jsonb, so that numbers are looked at as they are written.

CREATE FUNCTION signedin_is_policy(policy text, latest bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN json_typeof(policy::json) = 'object'
        AND policy::json ->> 'when_full' IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM json_each(policy::json) AS entry (key, value) WHERE CASE
                WHEN key = 'when_full'
                    THEN value::text NOT IN ('"ask"', '"end_oldest"', '"refuse"')
                WHEN value::text !~ '^-?[0-9]{1,18}$' THEN true
                WHEN key = 'max_sessions' THEN value::text::bigint NOT BETWEEN 1 AND 100000
                WHEN key = 'not_before'
                    THEN value::text::bigint NOT BETWEEN -62135596800000000 AND latest
                WHEN key IN ('idle_timeout', 'lifetime', 'settle_time', 'confirm_within')
                    THEN value::text::bigint NOT BETWEEN 1000000 AND 3153600000000000
                ELSE true
            END
        );
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$;

CREATE FUNCTION signedin_refuse_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.changed_at NOT BETWEEN 0 AND 250000000000000000
        OR NEW.generation > (SELECT value FROM signedin_meta WHERE name = 'generation')
        OR NOT signedin_is_policy(NEW.after, NEW.changed_at)
        -- Made while the clock was ahead, it must be possible to replace it.
        OR NOT signedin_is_policy(coalesce(NEW.before, NEW.after), 250000000000000000)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'signedin: this is no policy';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER signedin_policy_makes_sense BEFORE INSERT ON signedin_policies
FOR EACH ROW EXECUTE FUNCTION signedin_refuse_policy();

CREATE TRIGGER signedin_policy_is_replaced_once BEFORE UPDATE ON signedin_policies FOR EACH ROW
WHEN (OLD.replaced_at IS NOT NULL OR NEW.replaced_at IS NULL
    OR NEW.replaced_at NOT BETWEEN 0 AND 250000000000000000
    OR NEW.position IS DISTINCT FROM OLD.position OR NEW.scope IS DISTINCT FROM OLD.scope
    OR NEW.changed_at IS DISTINCT FROM OLD.changed_at
    OR NEW.before IS DISTINCT FROM OLD.before OR NEW.after IS DISTINCT FROM OLD.after
    OR NEW.generation IS DISTINCT FROM OLD.generation
    OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind
    OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.reason IS DISTINCT FROM OLD.reason)
EXECUTE FUNCTION signedin_refuse('what a policy was is kept as it was');

CREATE TRIGGER signedin_policy_is_kept BEFORE DELETE ON signedin_policies
FOR EACH ROW EXECUTE FUNCTION signedin_refuse('what a policy was is kept for ever');

CREATE TRIGGER signedin_policies_are_kept BEFORE TRUNCATE ON signedin_policies
EXECUTE FUNCTION signedin_refuse('what a policy was is kept for ever');

ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_no_second_row;
ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_same_session;
ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_ended_is_final;
ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_token_only_by_rotation;
ALTER TABLE signedin_former_tokens ENABLE ALWAYS TRIGGER signedin_former_only_of_its_own;
ALTER TABLE signedin_former_tokens ENABLE ALWAYS TRIGGER signedin_former_stays;
ALTER TABLE signedin_events ENABLE ALWAYS TRIGGER signedin_event_is_kept;
ALTER TABLE signedin_events ENABLE ALWAYS TRIGGER signedin_events_are_kept;
ALTER TABLE signedin_policies ENABLE ALWAYS TRIGGER signedin_policy_makes_sense;
ALTER TABLE signedin_policies ENABLE ALWAYS TRIGGER signedin_policy_is_replaced_once;
ALTER TABLE signedin_policies ENABLE ALWAYS TRIGGER signedin_policy_is_kept;
ALTER TABLE signedin_policies ENABLE ALWAYS TRIGGER signedin_policies_are_kept;
