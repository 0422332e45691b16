-- Edits through the views land.<layer> (QGIS over PostGIS) are changesets too: one a transaction, actor = session role.

CREATE FUNCTION landmap.open_changeset(by_actor text, with_title text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE n integer;
BEGIN
    -- The lock is a statement of its own, so that max() below sees what the last holder committed.
    PERFORM pg_advisory_xact_lock(7305472);
    INSERT INTO landmap.changeset (number, begun_at, committed_at, actor, title)
    SELECT number, moment, moment, by_actor, with_title FROM (
        SELECT coalesce(max(number), 0) + 1 AS number, greatest(clock_timestamp(), max(committed_at) + interval '1 microsecond') AS moment
        FROM landmap.changeset) next
    RETURNING changeset.number INTO n;
    RETURN n;
END $$;
COMMENT ON FUNCTION landmap.open_changeset IS 'The next changeset; holds the publishing lock until the transaction ends';

CREATE FUNCTION landmap.edit_changeset(edited_layer text, operation text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer := nullif(current_setting('landmap.edit', true), '')::integer;
BEGIN
    -- The setting is only a note of the session's own: it counts if the changeset is of this very transaction.
    IF NOT EXISTS (SELECT FROM landmap.changeset WHERE number = n AND transaction = pg_current_xact_id()) OR n IS NULL THEN
        n := landmap.open_changeset(session_user::text, 'Edit through ' || coalesce(nullif(current_setting('application_name', true), ''), 'SQL'));
        PERFORM set_config('landmap.edit', n::text, true);
    END IF;
    INSERT INTO landmap.changeset_layer (layer, number) VALUES (edited_layer, n) ON CONFLICT DO NOTHING;
    UPDATE landmap.changeset SET counts = counts || jsonb_build_object(k.kind, coalesce((counts ->> k.kind)::integer, 0) + 1)
    FROM (SELECT CASE operation WHEN 'DELETE' THEN 'close' ELSE lower(operation) END AS kind) k WHERE number = n;
    RETURN n;
END $$;

CREATE FUNCTION landmap.count_bound(l text, valid tstzrange, c integer, s smallint, step integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO landmap.valid_bound (layer, at, changeset, shown, delta)
    SELECT l, at, c, s, delta FROM (VALUES (lower(valid), step), (upper(valid), -step)) b(at, delta) WHERE at IS NOT NULL
    ON CONFLICT (layer, at, changeset, shown) DO UPDATE SET delta = valid_bound.delta + excluded.delta
$$;
