-- Taking over the sessions of what an application used before.
-- "pre": runs before the new code. Times are whole microseconds since 1970 UTC.

-- When all of a scope was last ended, for what tells no generation; null: before this was noted.
ALTER TABLE signedin_scopes ADD COLUMN at bigint;

-- Old cookies and keys that were taken over, and will not be again.
CREATE TABLE signedin_spent_cookies (
    cookie_hash bytea PRIMARY KEY,
    kept_until bigint NOT NULL -- longer than it could be honoured
);
