-- Policies, organizations, and what administrators say about an end.
-- "pre": runs before the new code. Times and lengths are whole microseconds.

-- One row a change, kept for ever; the current one of a scope has not been replaced.
CREATE TABLE signedin_policies (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL, -- default, organization:NAME, user:ID
    changed_at INTEGER NOT NULL,
    replaced_at INTEGER, -- when the next one was made, even if the clock said more before
    before TEXT, -- JSON object; null: the scope had none
    after TEXT NOT NULL, -- JSON object
    generation INTEGER NOT NULL, -- sessions of an older one have ended
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'admin', 'policy', 'system')),
    actor_id TEXT,
    reason TEXT NOT NULL
) STRICT;

CREATE INDEX signedin_policies_of_scope ON signedin_policies (scope, position);
CREATE UNIQUE INDEX signedin_current_policy ON signedin_policies (scope) WHERE replaced_at IS NULL;

CREATE TRIGGER signedin_policy_not_twice BEFORE INSERT ON signedin_policies
WHEN EXISTS (SELECT 1 FROM signedin_policies WHERE position = NEW.position)
    OR EXISTS (SELECT 1 FROM signedin_policies WHERE scope = NEW.scope AND replaced_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'signedin: a policy is replaced before there is a new one');
END;

-- What could not be read would stop every check, and what no later policy could repair would
-- stay for ever: the bounds are those of core/policy.py, and of what is a date.
CREATE TRIGGER signedin_policy_makes_sense BEFORE INSERT ON signedin_policies
WHEN NEW.changed_at NOT BETWEEN 0 AND 250000000000000000
    OR NEW.generation > (SELECT value FROM signedin_meta WHERE name = 'generation')
    OR EXISTS (
        SELECT 1
        FROM (
            SELECT NEW.after AS policy, NEW.changed_at AS latest
            -- Made while the clock was ahead, it must be possible to replace it.
            UNION ALL SELECT coalesce(NEW.before, NEW.after), 250000000000000000
        )
        WHERE CASE WHEN json_valid(policy) THEN
            json_extract(policy, '$.when_full') IS NULL
            OR EXISTS (
                SELECT 1 FROM json_each(policy) WHERE CASE
                    WHEN key = 'when_full' THEN value NOT IN ('ask', 'end_oldest', 'refuse')
                    WHEN type <> 'integer' THEN 1
                    WHEN key = 'max_sessions' THEN value NOT BETWEEN 1 AND 100000
                    WHEN key = 'not_before' THEN value NOT BETWEEN -62135596800000000 AND latest
                    WHEN key IN ('idle_timeout', 'lifetime', 'settle_time', 'confirm_within')
                        THEN value NOT BETWEEN 1000000 AND 3153600000000000
                    ELSE 1
                END
            )
        ELSE 1 END
    )
BEGIN
    SELECT RAISE(ABORT, 'signedin: this is no policy');
END;

CREATE TRIGGER signedin_policy_is_replaced_once BEFORE UPDATE ON signedin_policies
WHEN OLD.replaced_at IS NOT NULL OR NEW.replaced_at IS NULL
    OR NEW.replaced_at NOT BETWEEN 0 AND 250000000000000000
    OR NEW.position IS NOT OLD.position OR NEW.scope IS NOT OLD.scope
    OR NEW.changed_at IS NOT OLD.changed_at OR NEW.before IS NOT OLD.before
    OR NEW.after IS NOT OLD.after OR NEW.generation IS NOT OLD.generation
    OR NEW.actor_kind IS NOT OLD.actor_kind OR NEW.actor_id IS NOT OLD.actor_id
    OR NEW.reason IS NOT OLD.reason
BEGIN
    SELECT RAISE(ABORT, 'signedin: what a policy was is kept as it was');
END;

CREATE TRIGGER signedin_policy_is_kept BEFORE DELETE ON signedin_policies
BEGIN
    SELECT RAISE(ABORT, 'signedin: what a policy was is kept for ever');
END;

-- Whoever has sessions in memory must look at them anew: "*" is all of them.
CREATE TRIGGER signedin_change_on_policy AFTER INSERT ON signedin_policies
BEGIN
    INSERT INTO signedin_changes (session_id)
    VALUES (CASE WHEN NEW.scope LIKE 'user:%' THEN NEW.scope ELSE '*' END);
END;

CREATE TRIGGER signedin_change_on_replaced_policy AFTER UPDATE ON signedin_policies
BEGIN
    INSERT INTO signedin_changes (session_id)
    VALUES (CASE WHEN NEW.scope LIKE 'user:%' THEN NEW.scope ELSE '*' END);
END;

-- What the person is told about an end that somebody else brought.
ALTER TABLE signedin_sessions ADD COLUMN ended_note TEXT;

CREATE TRIGGER signedin_ended_note_is_final BEFORE UPDATE OF ended_note ON signedin_sessions
WHEN OLD.ended_at IS NOT NULL AND NEW.ended_note IS NOT OLD.ended_note
BEGIN
    SELECT RAISE(ABORT, 'signedin: ended is final');
END;

-- For addresses that are kept no longer than others of an ended session.
CREATE INDEX signedin_addresses_of_ended ON signedin_sessions (ended_at)
    WHERE ended_at IS NOT NULL AND (first_address IS NOT NULL OR last_address IS NOT NULL);

-- The organizations of the stand-alone server; the sessions know only their names.
CREATE TABLE signedin_organizations (
    name TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE signedin_members (
    organization TEXT NOT NULL REFERENCES signedin_organizations (name),
    user_id TEXT NOT NULL REFERENCES signedin_users (id),
    since INTEGER NOT NULL,
    PRIMARY KEY (organization, user_id)
) STRICT;

CREATE INDEX signedin_members_by_person ON signedin_members (user_id);

-- Logins that were proved and still have to choose what ends; under a hash of the browser's cookie.
CREATE TABLE signedin_pending_logins (
    key_hash BLOB PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES signedin_users (id),
    generation INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX signedin_events_by_age ON signedin_events (at);
CREATE INDEX signedin_addresses_of_events ON signedin_events (at) WHERE address IS NOT NULL;
