-- So that processes may hold the data of sessions in memory (docs/decisions/0012-held-data.md).
-- "pre": runs before the new code.

INSERT INTO signedin_meta (name, value)
VALUES
    ('data', 0),        -- number of the newest change of any live session's data
    ('data_told', 0);   -- the newest that its writer announced in the word file

CREATE TRIGGER signedin_data_is_counted AFTER UPDATE OF data ON signedin_sessions
WHEN NEW.data IS NOT OLD.data AND NEW.ended_at IS NULL
BEGIN
    UPDATE signedin_meta SET value = value + 1 WHERE name = 'data';
END;
