-- Taking over the sessions of what an application used before.
-- "pre": runs before the new code. Times are whole microseconds since 1970 UTC.

-- When all of a scope was last ended, for what tells no generation; null: before this was noted.
ALTER TABLE signedin_scopes ADD COLUMN at INTEGER;

-- Old cookies and keys that were taken over, and will not be again.
CREATE TABLE signedin_spent_cookies (
    cookie_hash BLOB PRIMARY KEY,
    kept_until INTEGER NOT NULL -- longer than it could be honoured
) STRICT;
