-- The accounts and organizations of the stand-alone server; the sessions know only their names.
-- "pre": runs before the new code. Times are whole microseconds since 1970 UTC.

CREATE TABLE signedin_users (
    id text COLLATE "C" PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE, -- in its one canonical form
    name text NOT NULL,
    password_hash text NOT NULL,
    is_admin smallint NOT NULL,
    created_at bigint NOT NULL,
    password_changed_at bigint NOT NULL,
    disabled_at bigint
);

-- Keys that may make the first account; gone once there is one.
CREATE TABLE signedin_setup (
    key_hash bytea PRIMARY KEY,
    expires_at bigint NOT NULL
);

-- Failed logins, counted by whom and from where; names and addresses of e-mail as hashes,
-- because people type their password into the wrong field.
CREATE TABLE signedin_failures (
    subject text COLLATE "C" PRIMARY KEY,
    count bigint NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL
);

CREATE INDEX signedin_failures_by_age ON signedin_failures (last_at);

CREATE TABLE signedin_organizations (
    name text COLLATE "C" PRIMARY KEY,
    created_at bigint NOT NULL
);

CREATE TABLE signedin_members (
    organization text COLLATE "C" NOT NULL REFERENCES signedin_organizations (name),
    user_id text COLLATE "C" NOT NULL REFERENCES signedin_users (id),
    since bigint NOT NULL,
    PRIMARY KEY (organization, user_id)
);

CREATE INDEX signedin_members_by_person ON signedin_members (user_id);

-- Logins that were proved and still have to choose what ends; under a hash of the browser's cookie.
CREATE TABLE signedin_pending_logins (
    key_hash bytea PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES signedin_users (id),
    generation bigint NOT NULL,
    expires_at bigint NOT NULL
);
