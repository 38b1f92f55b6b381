-- Places once each, and rows as small as they can be: docs/decisions/0011-small-rows.md.
-- "pre": runs before the new code.

CREATE TABLE signedin_places (
    seq INTEGER PRIMARY KEY,
    place TEXT NOT NULL UNIQUE -- JSON object
) STRICT;

INSERT INTO signedin_places (place)
SELECT first_place FROM signedin_sessions UNION SELECT last_place FROM signedin_sessions;

ALTER TABLE signedin_sessions ADD COLUMN first_place_seq INTEGER REFERENCES signedin_places (seq);
ALTER TABLE signedin_sessions ADD COLUMN last_place_seq INTEGER -- null: still where it was first
    REFERENCES signedin_places (seq);

-- An address that is still the first one is null, too; none at all, while there was one, is ''.
UPDATE signedin_sessions SET
    first_place_seq = (SELECT seq FROM signedin_places WHERE place = first_place),
    last_place_seq = (
        SELECT seq FROM signedin_places WHERE place = last_place AND last_place <> first_place
    ),
    last_address = nullif(coalesce(last_address, ''), coalesce(first_address, '')),
    device_key = substr(device_key, 1, 16);

ALTER TABLE signedin_sessions DROP COLUMN first_place;
ALTER TABLE signedin_sessions DROP COLUMN last_place;

-- Null: the token replaced another and was never used. In older rows the time of its first use.
ALTER TABLE signedin_sessions RENAME COLUMN token_first_used_at TO token_used;

CREATE INDEX signedin_place_used ON signedin_sessions (first_place_seq);
CREATE INDEX signedin_place_moved ON signedin_sessions (last_place_seq)
    WHERE last_place_seq IS NOT NULL;
