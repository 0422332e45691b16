-- Who may read and run what: nothing by itself. Rights on the tables of layers are given with them (gis/store/grants.py).

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA landmap FROM PUBLIC;

-- Whatever only computes tells nothing, and queries need it.
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'landmap'::regnamespace AND provolatile = 'i' AND NOT prosecdef LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO landmap_public, landmap_staff, landmap_editor', f);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION landmap.key_actor(text, bytea), landmap.member_actor(text, text) TO landmap_public;
GRANT EXECUTE ON FUNCTION landmap.agency_area(text) TO landmap_staff;

GRANT USAGE ON SCHEMA landmap, land_history TO landmap_public, landmap_staff;
GRANT USAGE ON SCHEMA land, land_restricted TO landmap_staff;
GRANT USAGE ON SCHEMA land, landmap TO landmap_editor;

-- Of a changeset the public learns its number and when it was recorded; not by whom, why or from what.
REVOKE ALL ON landmap.changeset FROM landmap_public;
GRANT SELECT (number, committed_at) ON landmap.changeset TO landmap_public;
GRANT SELECT ON landmap.changeset TO landmap_staff;
GRANT SELECT ON landmap.changeset_layer, landmap.valid_bound, landmap.code, landmap.coverage, landmap.lineage
    TO landmap_public, landmap_staff;
GRANT SELECT ON landmap.code TO landmap_editor;

-- An editor who leaves a transaction open holds the publishing lock. A setting of the group would not reach its members,
-- who log in as themselves: so the first edit of a transaction sets it, for that transaction.
CREATE OR REPLACE FUNCTION landmap.edit_changeset(edited_layer text, operation text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer := nullif(current_setting('landmap.edit', true), '')::integer;
    patience interval := current_setting('idle_in_transaction_session_timeout')::interval;
BEGIN
    -- The setting is only a note of the session's own: it counts if the changeset is of this very transaction.
    IF NOT EXISTS (SELECT FROM landmap.changeset WHERE number = n AND transaction = pg_current_xact_id()) OR n IS NULL THEN
        IF patience NOT BETWEEN interval '1 ms' AND interval '10 min' THEN
            PERFORM set_config('idle_in_transaction_session_timeout', '10min', true);
        END IF;
        n := landmap.open_changeset(session_user::text, 'Edit through ' || coalesce(nullif(current_setting('application_name', true), ''), 'SQL'));
        PERFORM set_config('landmap.edit', n::text, true);
    END IF;
    INSERT INTO landmap.changeset_layer (layer, number) VALUES (edited_layer, n) ON CONFLICT DO NOTHING;
    UPDATE landmap.changeset SET counts = counts || jsonb_build_object(k.kind, coalesce((counts ->> k.kind)::integer, 0) + 1)
    FROM (SELECT CASE operation WHEN 'DELETE' THEN 'close' ELSE lower(operation) END AS kind) k WHERE number = n;
    RETURN n;
END $$;

-- Whether the clock passes the bound after its changeset, so that an answer changes without another one: then a tile's
-- mark alone does not tell whether it is old.
ALTER TABLE landmap.valid_bound ADD ahead boolean;
COMMENT ON COLUMN landmap.valid_bound.ahead IS 'the bound lay in the future when its changeset was begun';
UPDATE landmap.valid_bound b SET ahead = b.at > c.begun_at FROM landmap.changeset c WHERE c.number = b.changeset;
ALTER TABLE landmap.valid_bound ALTER ahead SET NOT NULL;
CREATE INDEX valid_bound_ahead ON landmap.valid_bound (layer, at, shown) WHERE ahead;

CREATE FUNCTION landmap.set_ahead() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    NEW.ahead := NEW.at > (SELECT begun_at FROM landmap.changeset WHERE number = NEW.changeset);
    RETURN NEW;
END $$;
CREATE TRIGGER ahead BEFORE INSERT ON landmap.valid_bound FOR EACH ROW EXECUTE FUNCTION landmap.set_ahead();
REVOKE ALL ON FUNCTION landmap.set_ahead() FROM PUBLIC;
