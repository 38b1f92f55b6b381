-- The accounts of the stand-alone server; the sessions know nothing of them.
-- "pre": runs before the new code. Times are whole microseconds since 1970 UTC.

CREATE TABLE signedin_users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE, -- in its one canonical form
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    is_admin INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    password_changed_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

-- Keys that may make the first account; gone once there is one.
CREATE TABLE signedin_setup (
    key_hash BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;

-- Failed logins, counted by whom and from where; names and addresses of e-mail as hashes,
-- because people type their password into the wrong field.
CREATE TABLE signedin_failures (
    subject TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

CREATE INDEX signedin_failures_by_age ON signedin_failures (last_at);
