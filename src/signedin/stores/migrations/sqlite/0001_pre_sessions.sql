-- Sessions, what belongs to them, and the rules that no writer can forget.
-- "pre": runs before the new code. Times are whole microseconds since 1970 UTC.

CREATE TABLE signedin_meta (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT;

INSERT INTO signedin_meta (name, value)
VALUES
    ('identity', randomblob(16)), -- told apart from another database by the word file
    ('generation', 1),            -- design.md section 3
    ('floor', 0);                 -- changes up to here have been trimmed

-- What clients send about themselves, once each: it is most of a session's bytes.
CREATE TABLE signedin_clients (
    seq INTEGER PRIMARY KEY,
    user_agent TEXT NOT NULL,
    client_hints TEXT NOT NULL, -- JSON object
    UNIQUE (user_agent, client_hints)
) STRICT;

CREATE TABLE signedin_sessions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    token_hash BLOB NOT NULL UNIQUE,
    token_first_used_at INTEGER, -- null: the token replaced another and was never used
    generation INTEGER NOT NULL,
    user_id TEXT, -- null: a visitor who is not logged in
    organizations TEXT NOT NULL, -- JSON object: each name and since when
    device_key BLOB,
    created_at INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    persistent INTEGER NOT NULL,
    ends_by INTEGER,
    methods TEXT NOT NULL, -- JSON list
    client_seq INTEGER NOT NULL REFERENCES signedin_clients (seq),
    first_address TEXT,
    first_place TEXT NOT NULL, -- JSON object
    last_address TEXT,
    last_place TEXT NOT NULL, -- JSON object
    name TEXT,
    ended_at INTEGER,
    ended_reason TEXT,
    ended_by_kind TEXT,
    ended_by_id TEXT,
    data TEXT, -- the app's own, JSON
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by_kind IS NULL))
) STRICT;

CREATE INDEX signedin_live_of_person ON signedin_sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX signedin_ended_of_person ON signedin_sessions (user_id, ended_at)
    WHERE ended_at IS NOT NULL;
CREATE INDEX signedin_ended ON signedin_sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX signedin_visitors ON signedin_sessions (created_at) WHERE user_id IS NULL;
CREATE INDEX signedin_client_used ON signedin_sessions (client_seq);

CREATE TABLE signedin_former_tokens (
    token_hash BLOB PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES signedin_sessions (id) ON DELETE CASCADE,
    replaced_at INTEGER NOT NULL,
    grace_ends_at INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL, -- as it was: no stepped-up authentication
    methods TEXT NOT NULL
) STRICT;

CREATE INDEX signedin_former_of_session ON signedin_former_tokens (session_id);

-- When all sessions of a scope ("user:42") were last ended, as the counter's value.
CREATE TABLE signedin_scopes (
    scope TEXT PRIMARY KEY,
    generation INTEGER NOT NULL
) STRICT;

CREATE TABLE signedin_events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    session_id TEXT,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    address TEXT, -- apart from the details, since it is kept no longer than other addresses
    details TEXT NOT NULL -- JSON object
) STRICT;

CREATE INDEX signedin_events_of_person ON signedin_events (user_id, position);

-- The log only grows, until what is kept no longer leaves it; an address leaves it earlier.

CREATE TRIGGER signedin_event_not_twice BEFORE INSERT ON signedin_events
WHEN EXISTS (SELECT 1 FROM signedin_events WHERE position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'signedin: what happened is kept as it was');
END;

CREATE TRIGGER signedin_event_is_kept BEFORE UPDATE ON signedin_events
WHEN NEW.address IS NOT NULL OR NEW.position IS NOT OLD.position OR NEW.at IS NOT OLD.at
    OR NEW.kind IS NOT OLD.kind OR NEW.user_id IS NOT OLD.user_id
    OR NEW.session_id IS NOT OLD.session_id OR NEW.actor_kind IS NOT OLD.actor_kind
    OR NEW.actor_id IS NOT OLD.actor_id OR NEW.details IS NOT OLD.details
BEGIN
    SELECT RAISE(ABORT, 'signedin: what happened is kept as it was');
END;

-- The change list: what other processes may hold in memory and must forget.
CREATE TABLE signedin_changes (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL
) STRICT;

-- Ended is final (I1), and the row of a session is never made twice.

CREATE TRIGGER signedin_no_second_row BEFORE INSERT ON signedin_sessions
WHEN EXISTS (SELECT 1 FROM signedin_sessions WHERE seq = NEW.seq)
    OR EXISTS (SELECT 1 FROM signedin_sessions WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM signedin_sessions WHERE token_hash = NEW.token_hash)
    OR EXISTS (SELECT 1 FROM signedin_former_tokens WHERE token_hash = NEW.token_hash)
BEGIN
    SELECT RAISE(ABORT, 'signedin: this session or token exists already');
END;

CREATE TRIGGER signedin_same_session BEFORE UPDATE OF seq, id ON signedin_sessions
WHEN NEW.seq IS NOT OLD.seq OR NEW.id IS NOT OLD.id
BEGIN
    SELECT RAISE(ABORT, 'signedin: a session cannot become another');
END;

CREATE TRIGGER signedin_ended_is_final
BEFORE UPDATE OF ended_at, ended_reason, ended_by_kind, ended_by_id ON signedin_sessions
WHEN OLD.ended_at IS NOT NULL
    AND (NEW.ended_at IS NOT OLD.ended_at OR NEW.ended_reason IS NOT OLD.ended_reason
        OR NEW.ended_by_kind IS NOT OLD.ended_by_kind OR NEW.ended_by_id IS NOT OLD.ended_by_id)
BEGIN
    SELECT RAISE(ABORT, 'signedin: ended is final');
END;

-- A word that nobody knows could be neither read nor, because of the above, mended.
CREATE TRIGGER signedin_end_in_known_words
BEFORE UPDATE OF ended_reason, ended_by_kind ON signedin_sessions
WHEN NEW.ended_reason NOT IN ('logged_out', 'replaced', 'reported', 'password_changed',
        'terminated', 'account_disabled', 'idle', 'lifetime', 'cap', 'policy', 'token_reused',
        'restored_backup')
    OR NEW.ended_by_kind NOT IN ('user', 'admin', 'policy', 'system')
BEGIN
    SELECT RAISE(ABORT, 'signedin: ended_reason terminated and ended_by_kind admin would do');
END;

CREATE TRIGGER signedin_token_only_by_rotation BEFORE UPDATE OF token_hash ON signedin_sessions
WHEN NEW.token_hash IS NOT OLD.token_hash
    AND (OLD.ended_at IS NOT NULL
        OR NOT EXISTS (
            SELECT 1 FROM signedin_former_tokens
            WHERE token_hash = OLD.token_hash AND session_id = OLD.id
        )
        OR EXISTS (SELECT 1 FROM signedin_sessions WHERE token_hash = NEW.token_hash)
        OR EXISTS (SELECT 1 FROM signedin_former_tokens WHERE token_hash = NEW.token_hash))
BEGIN
    SELECT RAISE(ABORT, 'signedin: a token changes only by rotation, to one never used before');
END;

CREATE TRIGGER signedin_former_only_of_its_own BEFORE INSERT ON signedin_former_tokens
WHEN EXISTS (SELECT 1 FROM signedin_former_tokens WHERE token_hash = NEW.token_hash)
    OR NOT EXISTS (
        SELECT 1 FROM signedin_sessions
        WHERE id = NEW.session_id AND token_hash = NEW.token_hash AND ended_at IS NULL
    )
BEGIN
    SELECT RAISE(ABORT, 'signedin: only the current token of a live session can be replaced');
END;

CREATE TRIGGER signedin_former_stays BEFORE UPDATE ON signedin_former_tokens
WHEN NEW.token_hash IS NOT OLD.token_hash OR NEW.session_id IS NOT OLD.session_id
    OR NEW.grace_ends_at > OLD.grace_ends_at
BEGIN
    SELECT RAISE(ABORT, 'signedin: a replaced token is never worth more again');
END;

-- The change is written with what changed, in the same transaction. Uses are no change.

CREATE TRIGGER signedin_change_on_update
AFTER UPDATE OF token_hash, token_first_used_at, generation, user_id, organizations,
    authenticated_at, persistent, ends_by, methods, name, ended_at ON signedin_sessions
BEGIN
    INSERT INTO signedin_changes (session_id) VALUES (NEW.id);
END;

CREATE TRIGGER signedin_change_on_delete AFTER DELETE ON signedin_sessions
WHEN OLD.ended_at IS NULL
BEGIN
    INSERT INTO signedin_changes (session_id) VALUES (OLD.id);
END;

-- Whoever read behind an entry that is gone would take old memory for fresh.

CREATE TRIGGER signedin_change_stays BEFORE DELETE ON signedin_changes
WHEN OLD.position > (SELECT value FROM signedin_meta WHERE name = 'floor')
BEGIN
    SELECT RAISE(ABORT, 'signedin: a change stays until others have read it');
END;

CREATE TRIGGER signedin_change_as_it_was BEFORE UPDATE ON signedin_changes
BEGIN
    SELECT RAISE(ABORT, 'signedin: a change stays until others have read it');
END;

CREATE TRIGGER signedin_change_is_added BEFORE INSERT ON signedin_changes
WHEN EXISTS (SELECT 1 FROM signedin_changes WHERE position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'signedin: a change stays until others have read it');
END;
