-- Every statement, once, in words that each engine understands; what only one needs is in its
-- own folder. `-- name:` begins one; values are `:named`.

-- Looked for first: a conflict uses up a number, and PostgreSQL's for places are 4 bytes long.

-- name: insert_client
INSERT INTO signedin_clients (user_agent, client_hints)
SELECT :user_agent, :client_hints
WHERE NOT EXISTS (
    SELECT 1 FROM signedin_clients WHERE user_agent = :user_agent AND client_hints = :client_hints
)
ON CONFLICT DO NOTHING

-- name: insert_place
INSERT INTO signedin_places (place)
SELECT :place WHERE NOT EXISTS (SELECT 1 FROM signedin_places WHERE place = :place)
ON CONFLICT DO NOTHING

-- name: insert_session
INSERT INTO signedin_sessions (
    id, token_hash, token_used, generation, user_id, organizations, device_key,
    created_at, {authenticated_at}, last_used_at, persistent, ends_by, methods, name, data,
    client_seq, first_place_seq, last_place_seq, first_address, last_address
)
SELECT
    {id}, :token_hash, true, :generation, :user_id, :organizations, :device_key,
    :created_at, {authenticating}, :last_used_at, :persistent, :ends_by, :methods, :name, :data,
    c.seq, p.seq, nullif(l.seq, p.seq),
    :first_address, nullif(coalesce(:last_address, ''), coalesce(:first_address, ''))
FROM signedin_clients c
JOIN signedin_places p ON p.place = :first_place
JOIN signedin_places l ON l.place = :last_place
WHERE c.user_agent = :user_agent AND c.client_hints = :client_hints

-- name: columns
CAST(s.id AS text), s.user_id, s.organizations, s.generation, s.created_at, {authenticated},
s.last_used_at, s.persistent, s.ends_by, s.methods, c.user_agent, c.client_hints,
s.first_address, coalesce(p.place, '{}'),
coalesce(s.last_address, s.first_address), coalesce(l.place, p.place, '{}'), s.name,
s.ended_at, s.ended_reason, s.ended_by_kind, s.ended_by_id, s.ended_note

-- name: seen
JOIN signedin_clients c ON c.seq = s.client_seq
LEFT JOIN signedin_places p ON p.seq = s.first_place_seq
LEFT JOIN signedin_places l ON l.seq = s.last_place_seq

-- name: last_seen
last_address = nullif(coalesce(:address, ''), coalesce(first_address, '')),
last_place_seq = nullif((SELECT seq FROM signedin_places WHERE place = :place), first_place_seq)

-- name: session_by_id
SELECT {columns} FROM signedin_sessions s {seen}
WHERE s.id = {id}

-- name: session_by_token
SELECT {columns}, s.token_used FROM signedin_sessions s {seen}
WHERE s.token_hash = :token_hash

-- name: session_by_former_token
SELECT {columns}, f.replaced_at, f.grace_ends_at, f.authenticated_at, f.methods
FROM signedin_former_tokens f
JOIN signedin_sessions s ON s.id = f.session_id {seen}
WHERE f.token_hash = :token_hash

-- name: live_of_person
SELECT {columns} FROM signedin_sessions s {seen}
WHERE s.user_id = :user_id AND s.ended_at IS NULL
ORDER BY s.id

-- name: live_in_browser
SELECT {columns} FROM signedin_sessions s {seen}
WHERE s.user_id = :user_id AND s.ended_at IS NULL AND s.device_key = :device_key
ORDER BY s.id

-- name: ended_of_person
SELECT {columns} FROM signedin_sessions s {seen}
WHERE s.user_id = :user_id AND s.ended_at IS NOT NULL
ORDER BY s.ended_at DESC
LIMIT 1000

-- name: live_after
SELECT {columns} FROM signedin_sessions s {seen}
WHERE s.id > :position AND s.ended_at IS NULL
ORDER BY s.id
LIMIT :limit

-- name: live_before
SELECT {columns} FROM signedin_sessions s {seen}
WHERE s.id < :position AND s.ended_at IS NULL
ORDER BY s.id DESC
LIMIT :limit

-- name: data_of_session
SELECT data FROM signedin_sessions WHERE id = {id}

-- name: end_sessions
UPDATE signedin_sessions
SET ended_at = :at, ended_reason = :reason, ended_by_kind = :by_kind, ended_by_id = :by_id,
    ended_note = :note, data = NULL
WHERE ended_at IS NULL AND id {in_ids}
RETURNING CAST(id AS text)

-- name: rename_session
UPDATE signedin_sessions SET name = :name WHERE id = {id} AND ended_at IS NULL

-- name: set_end
UPDATE signedin_sessions SET ends_by = :ends_by, persistent = :persistent
WHERE id = {id} AND ended_at IS NULL

-- name: insert_former_token
INSERT INTO signedin_former_tokens (
    token_hash, session_id, replaced_at, grace_ends_at, authenticated_at, methods
)
VALUES (:token_hash, {id}, :replaced_at, :grace_ends_at, :authenticated_at, :methods)

-- name: replace_token
UPDATE signedin_sessions
SET token_hash = :new, token_used = NULL, methods = :methods,
    {authenticated_at} = :authenticated_at, ends_by = :ends_by,
    last_used_at = CASE WHEN last_used_at < :now THEN :now ELSE last_used_at END
WHERE id = {id} AND token_hash = :old AND ended_at IS NULL

-- name: unused_token
SELECT token_hash FROM signedin_sessions s
WHERE s.id = {id} AND s.token_used IS NULL
AND NOT EXISTS (
    SELECT 1 FROM signedin_former_tokens f WHERE f.session_id = s.id AND f.replaced_at > :since
)

-- name: note_first_use
UPDATE signedin_sessions SET token_used = true
WHERE id = {id} AND token_used IS NULL AND ended_at IS NULL

-- name: shorten_grace
UPDATE signedin_former_tokens SET grace_ends_at = :grace_ends_at
WHERE session_id = {id} AND grace_ends_at > :grace_ends_at

-- name: write_use
UPDATE signedin_sessions SET last_used_at = :at
WHERE id = {id} AND ended_at IS NULL AND last_used_at < :at
RETURNING coalesce(last_address, first_address, '') <> coalesce(:address, '')

-- name: write_address
UPDATE signedin_sessions SET {last_seen}
WHERE id = {id} AND ended_at IS NULL AND last_used_at = :at

-- name: write_use_from
UPDATE signedin_sessions
SET last_used_at = :at, {last_seen},
    client_seq = (
        SELECT seq FROM signedin_clients
        WHERE user_agent = :user_agent AND client_hints = :client_hints
    )
WHERE id = {id} AND ended_at IS NULL AND last_used_at <= :at

-- name: generation
SELECT value FROM signedin_meta WHERE name = 'generation'

-- name: raise_generation
UPDATE signedin_meta SET value = value + 1 WHERE name = 'generation'

-- name: scope_generation
SELECT generation FROM signedin_scopes WHERE scope = :scope

-- name: store_scope_generation
INSERT INTO signedin_scopes (scope, generation, at)
SELECT :scope, value, coalesce(:at, 0) FROM signedin_meta WHERE name = 'generation'
ON CONFLICT (scope) DO UPDATE
SET generation = excluded.generation, at = coalesce(:at, signedin_scopes.at)

-- name: scope_ended_at
SELECT at FROM signedin_scopes WHERE scope = :scope

-- name: spend_cookie
INSERT INTO signedin_spent_cookies (cookie_hash, kept_until) VALUES (:cookie_hash, :kept_until)
ON CONFLICT (cookie_hash) DO NOTHING

-- name: spent_cookie
SELECT 1 FROM signedin_spent_cookies WHERE cookie_hash = :cookie_hash

-- name: purge_spent_cookies
DELETE FROM signedin_spent_cookies
WHERE cookie_hash IN (
    SELECT cookie_hash FROM signedin_spent_cookies WHERE kept_until < :before LIMIT :limit
)

-- name: insert_event
INSERT INTO signedin_events (
    at, kind, user_id, session_id, actor_kind, actor_id, address, details
)
VALUES (:at, :kind, :user_id, :session_id, :actor_kind, :actor_id, :address, :details)

-- name: insert_event_of_each
INSERT INTO signedin_events (
    at, kind, user_id, session_id, actor_kind, actor_id, address, details
)
SELECT :at, :kind, (SELECT user_id FROM signedin_sessions WHERE id = given.id), given.id,
    :actor_kind, :actor_id, :address, :details
FROM {ids} given
ORDER BY given.id

-- name: purge_ended
DELETE FROM signedin_sessions
WHERE id IN (SELECT id FROM signedin_sessions WHERE ended_at < :before LIMIT :limit)

-- name: purge_visitors
DELETE FROM signedin_sessions
WHERE id IN (
    SELECT id FROM signedin_sessions
    WHERE user_id IS NULL AND created_at < :before AND last_used_at < :before
    LIMIT :limit
)

-- name: purge_former_tokens
DELETE FROM signedin_former_tokens
WHERE token_hash IN (
    SELECT token_hash FROM signedin_former_tokens WHERE replaced_at < :before LIMIT :limit
)

-- name: unused_clients
SELECT c.seq FROM signedin_clients c
WHERE NOT EXISTS (SELECT 1 FROM signedin_sessions s WHERE s.client_seq = c.seq)
LIMIT :limit

-- name: purge_clients
DELETE FROM signedin_clients
WHERE seq {in_numbers}
    AND NOT EXISTS (SELECT 1 FROM signedin_sessions s WHERE s.client_seq = signedin_clients.seq)

-- name: unused_places
SELECT p.seq FROM signedin_places p
WHERE NOT EXISTS (SELECT 1 FROM signedin_sessions s WHERE s.first_place_seq = p.seq)
    AND NOT EXISTS (SELECT 1 FROM signedin_sessions s WHERE s.last_place_seq = p.seq)
LIMIT :limit

-- name: purge_places
DELETE FROM signedin_places
WHERE seq {in_numbers}
    AND NOT EXISTS (
        SELECT 1 FROM signedin_sessions s WHERE s.first_place_seq = signedin_places.seq
    )
    AND NOT EXISTS (
        SELECT 1 FROM signedin_sessions s WHERE s.last_place_seq = signedin_places.seq
    )

-- name: policies_of_scopes
SELECT scope, changed_at, replaced_at, before, after, generation, actor_kind, actor_id, reason
FROM signedin_policies
WHERE scope {in_list} AND (replaced_at IS NULL OR replaced_at > :since)
ORDER BY position

-- name: all_current_policies
SELECT scope, changed_at, replaced_at, before, after, generation, actor_kind, actor_id, reason
FROM signedin_policies
WHERE replaced_at IS NULL
ORDER BY scope

-- name: replace_policy
UPDATE signedin_policies SET replaced_at = :at WHERE scope = :scope AND replaced_at IS NULL

-- name: insert_policy
INSERT INTO signedin_policies (
    scope, changed_at, before, after, generation, actor_kind, actor_id, reason
)
VALUES (:scope, :at, :before, :after, :generation, :actor_kind, :actor_id, :reason)

-- name: lives_after
SELECT CAST(s.id AS text), s.user_id, s.organizations, s.generation, s.created_at, {authenticated},
    s.last_used_at, s.ends_by
FROM signedin_sessions s
WHERE s.id > :position AND s.ended_at IS NULL
ORDER BY s.id
LIMIT :limit

-- name: lives_that_may_end
SELECT CAST(s.id AS text), s.user_id, s.organizations, s.generation, s.created_at, {authenticated},
    s.last_used_at, s.ends_by
FROM signedin_sessions s
WHERE s.id > :position AND s.ended_at IS NULL
    AND (
        s.last_used_at <= :used OR {authenticated} <= :authenticated
        OR s.generation < :generation
    )
ORDER BY s.id
LIMIT :limit

-- name: set_organizations
UPDATE signedin_sessions SET organizations = :organizations
WHERE id = {id} AND ended_at IS NULL

-- name: drop_addresses
UPDATE signedin_sessions SET
    first_address = CASE WHEN created_at < :before THEN NULL ELSE first_address END,
    last_address = CASE
        WHEN last_used_at < :before THEN NULL
        WHEN created_at < :before THEN coalesce(last_address, first_address)
        ELSE last_address
    END
WHERE id = {id}

-- name: drop_addresses_of_ended
UPDATE signedin_sessions SET first_address = NULL, last_address = NULL
WHERE id IN (
    SELECT id FROM signedin_sessions
    WHERE ended_at < :before AND (first_address IS NOT NULL OR last_address IS NOT NULL)
    LIMIT :limit
)

-- name: drop_addresses_of_events
UPDATE signedin_events SET address = NULL
WHERE position IN (
    SELECT position FROM signedin_events
    WHERE at < :before AND address IS NOT NULL ORDER BY at LIMIT :limit
)

-- name: purge_events
DELETE FROM signedin_events
WHERE position IN (
    SELECT position FROM signedin_events WHERE at < :before ORDER BY at LIMIT :limit
)

-- name: events_after
SELECT position, at, kind, user_id, session_id, actor_kind, actor_id, address, details
FROM signedin_events WHERE position > :position ORDER BY position LIMIT :limit

-- name: events_before
SELECT position, at, kind, user_id, session_id, actor_kind, actor_id, address, details
FROM signedin_events WHERE position < :position ORDER BY position DESC LIMIT :limit

-- name: events_of_person_before
SELECT position, at, kind, user_id, session_id, actor_kind, actor_id, address, details
FROM signedin_events WHERE user_id = :user_id AND position < :position
ORDER BY position DESC LIMIT :limit

-- Looked at by `doctor` and `/metrics` only

-- name: newest_times
SELECT
    max(created_at), max(last_used_at), max(ended_at),
    (SELECT at FROM signedin_events ORDER BY position DESC LIMIT 1)
FROM signedin_sessions

-- name: count_sessions
SELECT
    (SELECT count(*) FROM signedin_sessions WHERE ended_at IS NULL),
    (SELECT count(*) FROM signedin_sessions WHERE ended_at IS NOT NULL)

-- name: next_to_pass_a_limit
SELECT {columns} FROM signedin_sessions s {seen}
WHERE s.ended_at IS NULL AND (
    s.last_used_at = (SELECT min(last_used_at) FROM signedin_sessions WHERE ended_at IS NULL)
    OR {authenticated} = (
        SELECT min({authenticated}) FROM signedin_sessions s WHERE s.ended_at IS NULL
    )
    OR s.ends_by = (SELECT min(ends_by) FROM signedin_sessions WHERE ended_at IS NULL)
)
LIMIT 100

-- name: oldest_kept
SELECT
    (SELECT min(ended_at) FROM signedin_sessions WHERE ended_at IS NOT NULL),
    (
        SELECT min(ended_at) FROM signedin_sessions
        WHERE ended_at IS NOT NULL AND (first_address IS NOT NULL OR last_address IS NOT NULL)
    ),
    (SELECT min(at) FROM signedin_events WHERE address IS NOT NULL),
    (SELECT min(at) FROM signedin_events)

-- name: people_with_more_than
SELECT user_id FROM signedin_sessions
WHERE user_id IS NOT NULL AND ended_at IS NULL
GROUP BY user_id HAVING count(*) > :most
LIMIT :limit

-- name: count_users
SELECT
    count(*),
    coalesce(sum(CASE WHEN is_admin = 1 AND disabled_at IS NULL THEN 1 ELSE 0 END), 0)
FROM signedin_users

-- Accounts

-- name: user_by_email
SELECT id, email, name, is_admin, created_at, password_changed_at, disabled_at, password_hash
FROM signedin_users WHERE email = :email

-- name: user_by_id
SELECT id, email, name, is_admin, created_at, password_changed_at, disabled_at, password_hash
FROM signedin_users WHERE id = :id

-- name: all_users
SELECT id, email, name, is_admin, created_at, password_changed_at, disabled_at, password_hash
FROM signedin_users ORDER BY email

-- name: users_after
SELECT id, email, name, is_admin, created_at, password_changed_at, disabled_at, password_hash
FROM signedin_users WHERE email > :email ORDER BY email LIMIT :limit

-- name: any_user
SELECT EXISTS (SELECT 1 FROM signedin_users)

-- name: insert_user
INSERT INTO signedin_users (
    id, email, name, password_hash, is_admin, created_at, password_changed_at, disabled_at
)
VALUES (:id, :email, :name, :password_hash, :is_admin, :created_at, :created_at, NULL)
ON CONFLICT (email) DO NOTHING

-- name: set_password
UPDATE signedin_users SET password_hash = :new, password_changed_at = :at WHERE id = :id

-- name: change_password
UPDATE signedin_users SET password_hash = :new, password_changed_at = :at
WHERE id = :id AND password_hash = :old AND disabled_at IS NULL

-- name: refresh_password_hash
UPDATE signedin_users SET password_hash = :new WHERE id = :id AND password_hash = :old

-- name: disable_user
UPDATE signedin_users SET disabled_at = :at WHERE id = :id AND disabled_at IS NULL

-- name: all_organizations
SELECT o.name, o.created_at, count(m.user_id)
FROM signedin_organizations o LEFT JOIN signedin_members m ON m.organization = o.name
GROUP BY o.name ORDER BY o.name

-- name: organization
SELECT 1 FROM signedin_organizations WHERE name = :name

-- name: organizations_of_person
SELECT organization FROM signedin_members WHERE user_id = :user_id ORDER BY organization

-- name: members
SELECT u.id, u.email, u.name, u.is_admin, u.created_at, u.password_changed_at, u.disabled_at,
    u.password_hash, m.since
FROM signedin_members m JOIN signedin_users u ON u.id = m.user_id
WHERE m.organization = :organization ORDER BY u.email

-- name: insert_organization
INSERT INTO signedin_organizations (name, created_at) VALUES (:name, :created_at)
ON CONFLICT (name) DO NOTHING

-- name: delete_organization
DELETE FROM signedin_organizations WHERE name = :name

-- name: insert_member
INSERT INTO signedin_members (organization, user_id, since)
VALUES (:organization, :user_id, :since)
ON CONFLICT (organization, user_id) DO NOTHING

-- name: delete_member
DELETE FROM signedin_members WHERE organization = :organization AND user_id = :user_id

-- name: browser_of_person
SELECT 1 FROM signedin_sessions
WHERE user_id = :user_id AND ended_at IS NULL AND device_key = :device_key
UNION ALL
SELECT 1 FROM (
    SELECT device_key FROM signedin_sessions
    WHERE user_id = :user_id AND ended_at IS NOT NULL
    ORDER BY ended_at DESC
    LIMIT 50
) AS of_late
WHERE device_key = :device_key
LIMIT 1

-- name: failures
SELECT count, first_at, last_at FROM signedin_failures WHERE subject = :subject

-- name: store_failures
INSERT INTO signedin_failures (subject, count, first_at, last_at)
VALUES (:subject, :count, :first_at, :last_at)
ON CONFLICT (subject) DO UPDATE
SET count = excluded.count, first_at = excluded.first_at, last_at = excluded.last_at

-- name: forget_failures
DELETE FROM signedin_failures WHERE subject = :subject

-- name: forget_failures_of_all
DELETE FROM signedin_failures WHERE substr(subject, 1, length(:beginning)) = :beginning

-- name: purge_failures
DELETE FROM signedin_failures
WHERE subject IN (SELECT subject FROM signedin_failures WHERE last_at < :before LIMIT :limit)

-- name: insert_setup_key
INSERT INTO signedin_setup (key_hash, expires_at) VALUES (:key_hash, :expires_at)

-- name: setup_key
SELECT expires_at FROM signedin_setup WHERE key_hash = :key_hash

-- name: close_setup
DELETE FROM signedin_setup

-- name: purge_setup_keys
DELETE FROM signedin_setup WHERE expires_at <= :now

-- name: pending
SELECT user_id, generation, expires_at FROM signedin_pending_logins WHERE key_hash = :key_hash

-- name: store_pending
INSERT INTO signedin_pending_logins (key_hash, user_id, generation, expires_at)
VALUES (:key_hash, :user_id, :generation, :expires_at)
ON CONFLICT (key_hash) DO UPDATE
SET user_id = excluded.user_id, generation = excluded.generation, expires_at = excluded.expires_at

-- name: forget_pending
DELETE FROM signedin_pending_logins WHERE key_hash = :key_hash

-- name: purge_pending
DELETE FROM signedin_pending_logins WHERE expires_at <= :now
