-- Writes of the service: it logs in as landmap_writer and says on whose behalf. Only that login may name another actor.

CREATE OR REPLACE FUNCTION landmap.edit_changeset(edited_layer text, operation text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer := nullif(current_setting('landmap.edit', true), '')::integer;
    patience interval := current_setting('idle_in_transaction_session_timeout')::interval;
    by_actor text := session_user;
    with_title text := 'Edit through ' || coalesce(nullif(current_setting('application_name', true), ''), 'SQL');
BEGIN
    -- The setting is only a note of the session's own: it counts if the changeset is of this very transaction.
    IF NOT EXISTS (SELECT FROM landmap.changeset WHERE number = n AND transaction = pg_current_xact_id()) OR n IS NULL THEN
        IF by_actor = 'landmap_writer' THEN
            by_actor := nullif(current_setting('landmap.actor', true), '');
            with_title := coalesce(nullif(current_setting('landmap.title', true), ''), with_title);
            IF by_actor IS NULL THEN
                RAISE EXCEPTION 'landmap_writer edits on behalf of somebody: set landmap.actor in the transaction' USING ERRCODE = '42501';
            END IF;
        END IF;
        IF patience NOT BETWEEN interval '1 ms' AND interval '10 min' THEN
            PERFORM set_config('idle_in_transaction_session_timeout', '10min', true);
        END IF;
        n := landmap.open_changeset(by_actor, with_title);
        PERFORM set_config('landmap.edit', n::text, true);
    END IF;
    INSERT INTO landmap.changeset_layer (layer, number) VALUES (edited_layer, n) ON CONFLICT DO NOTHING;
    UPDATE landmap.changeset SET counts = counts || jsonb_build_object(k.kind, coalesce((counts ->> k.kind)::integer, 0) + 1)
    FROM (SELECT CASE operation WHEN 'DELETE' THEN 'close' ELSE lower(operation) END AS kind) k WHERE number = n;
    RETURN n;
END $$;

-- From when the next edits of the transaction hold: the setting landmap.valid_from, else the moment of its changeset.
CREATE FUNCTION landmap.edit_from(moment timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('landmap.valid_from', true), '')::timestamptz, moment) $$;
REVOKE ALL ON FUNCTION landmap.edit_from(timestamptz) FROM PUBLIC;

-- A shape of an agency bounded to an area lies within it; boundaries drawn twice differ, so slivers of less than a metre
-- do not count: they are neither wider nor reach farther. Both in the storage CRS.
CREATE FUNCTION landmap.lies_within(shape public.geometry, area public.geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT public.ST_Covers(area, shape) OR (
        public.ST_Covers(area, public.ST_PointOnSurface(shape)) AND
        CASE public.ST_Dimension(shape)
            WHEN 2 THEN public.ST_IsEmpty(public.ST_Buffer(public.ST_Difference(shape, area), -0.5))
            WHEN 1 THEN public.ST_Length(public.ST_Difference(shape, area)) < 1
            ELSE false END AND
        public.ST_CoveredBy(shape, public.ST_Buffer(area, 1)))
$$;
REVOKE ALL ON FUNCTION landmap.lies_within(public.geometry, public.geometry) FROM PUBLIC;

-- The writer runs what computes, reads what it writes beside, and changes nothing but through the views of layers.
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'landmap'::regnamespace AND provolatile = 'i' AND NOT prosecdef LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO landmap_writer', f);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION landmap.lies_within(public.geometry, public.geometry) TO landmap_staff;
GRANT EXECUTE ON FUNCTION landmap.agency_area(text) TO landmap_writer;
GRANT USAGE ON SCHEMA land, land_history, landmap TO landmap_writer;
GRANT SELECT ON landmap.code TO landmap_writer;
