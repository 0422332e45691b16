CREATE SCHEMA land;
CREATE SCHEMA land_history;
CREATE SCHEMA land_restricted;
CREATE SCHEMA land_staging;
CREATE SCHEMA landmap;
CREATE FUNCTION land.parcels_edit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
DECLARE
    n integer := landmap.edit_changeset('parcels', TG_OP);
    moment timestamptz := (SELECT begun_at FROM landmap.changeset WHERE number = n);
    v bigint := nextval(pg_get_serial_sequence('land_history.parcels', 'version'));
    begins timestamptz := moment;
    again boolean := false;
    old_version land_history."parcels";
    new_version land_history."parcels";
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.valid_from, NEW.changeset) IS DISTINCT FROM (OLD.id, OLD.valid_from, OLD.changeset) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'parcels: id, valid_from and changeset are not edited here; '
            'a change that holds from another day is loaded with landmap ingest --valid-from';
    END IF;
    IF TG_OP <> 'DELETE' THEN
    IF NEW.geom IS NULL OR ST_IsEmpty(NEW.geom) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: a geometry is required';
        END IF;
        IF NOT ST_IsValid(NEW.geom) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: the geometry is not valid; mend it (self-crossing, open ring)';
        END IF;
        IF NOT ST_CoveredBy(ST_Transform(NEW.geom, 4326), ST_MakeEnvelope(106.05, 8.5, 107.65, 11.55, 4326)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: the geometry lies outside Ho Chi Minh City; check its CRS';
        END IF;
        IF NEW."commune" !~ '^(?:^[0-9]{5}$)$' THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: commune is not of its form ^[0-9]{5}$';
        END IF;
        IF NEW."commune_old" !~ '^(?:^[0-9]{5}$)$' THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: commune_old is not of its form ^[0-9]{5}$';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY[NEW."document_series"]) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'document_series' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: document_series is not a code of the list document_series';
        END IF;
        IF NEW."sheet" IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: sheet is required';
        END IF;
        IF NEW."parcel" IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: parcel is required';
        END IF;
        IF NEW."map_scale" < 200 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: map_scale is less than 200';
        END IF;
        IF NEW."map_scale" > 10000 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: map_scale is more than 10000';
        END IF;
        IF NEW."parcel_identifier" !~ '^(?:^[0-9b-hjkmnp-z]{12}$)$' THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: parcel_identifier is not of its form ^[0-9b-hjkmnp-z]{12}$';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY[NEW."land_use_scheme"]) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'land_use_scheme' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: land_use_scheme is not a code of the list land_use_scheme';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY[NEW."land_use"]) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'land_use' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: land_use is not a code of the list land_use';
        END IF;
        IF EXISTS (SELECT FROM unnest(NEW."land_uses") AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'land_use' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: land_uses is not a code of the list land_use';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY[NEW."land_origin"]) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'land_origin' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: land_origin is not a code of the list land_origin';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY[NEW."use_form"]) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'use_form' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: use_form is not a code of the list use_form';
        END IF;
        IF NEW."measured_area" < 0 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: measured_area is less than 0';
        END IF;
        IF NEW."legal_area" < 0 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'parcels: legal_area is less than 0';
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE land_history."parcels" SET to_changeset = n
        WHERE id = OLD.id AND to_changeset IS NULL AND valid @> moment AND from_changeset < n AND from_changeset = OLD.changeset
        RETURNING * INTO old_version;
        IF old_version.version IS NULL THEN
            -- A second edit of one feature in a transaction replaces what the first one made.
            again := true;
            DELETE FROM land_history."parcels" WHERE id = OLD.id AND from_changeset = n AND valid @> moment RETURNING * INTO old_version;
            IF old_version.version IS NULL THEN
                RAISE EXCEPTION 'feature % of parcels was changed by somebody else meanwhile', OLD.id USING ERRCODE = '40001';
            END IF;
        END IF;
        PERFORM landmap.count_bound('parcels', old_version.valid, n, old_version.shown, -1);
        IF NOT again AND lower(old_version.valid) < moment THEN
            INSERT INTO land_history."parcels" (id, fid, valid, valid_from_known, from_changeset, sort_key, geom, geom_84, survey_crs, "commune", "commune_old", "document_series", "sheet", "parcel", "sheet_former", "parcel_former", "map_scale", "parcel_identifier", "land_use_raw", "land_use_scheme", "land_use", "land_uses", "land_origin", "use_form", "use_term", "measured_area", "legal_area", "street", "street_old", "address", "address_old", "registered_on")
            SELECT old_version.id, old_version.fid, tstzrange(lower(old_version.valid), moment), old_version.valid_from_known, n,
                   old_version.sort_key, old_version.geom, old_version.geom_84, old_version.survey_crs, old_version."commune", old_version."commune_old", old_version."document_series", old_version."sheet", old_version."parcel", old_version."sheet_former", old_version."parcel_former", old_version."map_scale", old_version."parcel_identifier", old_version."land_use_raw", old_version."land_use_scheme", old_version."land_use", old_version."land_uses", old_version."land_origin", old_version."use_form", old_version."use_term", old_version."measured_area", old_version."legal_area", old_version."street", old_version."street_old", old_version."address", old_version."address_old", old_version."registered_on"
            RETURNING * INTO new_version;
            PERFORM landmap.count_bound('parcels', new_version.valid, n, new_version.shown, 1);
            INSERT INTO land_restricted."parcels_holders" (version, "holder_name", "holder_kind", "holder_birth", "holder_sex", "holder_number", "holder_address", "holder_phone") SELECT new_version.version, "holder_name", "holder_kind", "holder_birth", "holder_sex", "holder_number", "holder_address", "holder_phone" FROM land_restricted."parcels_holders" WHERE version = old_version.version; INSERT INTO land_restricted."parcels_certificates" (version, "certificate_serial", "certificate_book", "certificate_barcode", "certificate_issued_on") SELECT new_version.version, "certificate_serial", "certificate_book", "certificate_barcode", "certificate_issued_on" FROM land_restricted."parcels_certificates" WHERE version = old_version.version;
        END IF;
    ELSE
        begins := coalesce(NEW.valid_from, moment);
        IF EXISTS (SELECT FROM land_history."parcels" WHERE id = NEW.id AND to_changeset IS NULL AND valid && tstzrange(begins, NULL)) THEN
            RAISE EXCEPTION USING ERRCODE = '23505', MESSAGE = 'parcels: there is a feature of this id already; leave the id out';
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        NEW.id := coalesce(OLD.id, NEW.id, gen_random_uuid());
        INSERT INTO land_history."parcels" (version, id, fid, valid, valid_from_known, from_changeset, sort_key, geom, geom_84, survey_crs, "commune", "commune_old", "document_series", "sheet", "parcel", "sheet_former", "parcel_former", "map_scale", "parcel_identifier", "land_use_raw", "land_use_scheme", "land_use", "land_uses", "land_origin", "use_form", "use_term", "measured_area", "legal_area", "street", "street_old", "address", "address_old", "registered_on")
        SELECT v, NEW.id, coalesce(old_version.fid, v), tstzrange(begins, upper(old_version.valid)),
               TG_OP = 'INSERT' AND NEW.valid_from IS NOT NULL, n,
               landmap.sort_key(CASE WHEN (CASE WHEN "land_uses" && (ARRAY['CQP', 'CAN']::text[]) THEN 2 WHEN "land_use" = ANY (ARRAY['CQP', 'CAN']::text[]) THEN 2 WHEN "land_use_raw" = ANY (ARRAY['CQP', 'CAN', 'QPH', 'ANI']::text[]) THEN 2 ELSE 3 END) >= 2 THEN ST_Transform(NEW.geom, 4326) END), NEW.geom, ST_Transform(NEW.geom, 4326),
               coalesce(NEW.survey_crs, 9210), NEW."commune", NEW."commune_old", NEW."document_series", NEW."sheet", NEW."parcel", NEW."sheet_former", NEW."parcel_former", NEW."map_scale", NEW."parcel_identifier", NEW."land_use_raw", NEW."land_use_scheme", NEW."land_use", NEW."land_uses", NEW."land_origin", NEW."use_form", NEW."use_term", NEW."measured_area", NEW."legal_area", NEW."street", NEW."street_old", NEW."address", NEW."address_old", NEW."registered_on"
        FROM (SELECT NEW."commune" AS "commune", NEW."commune_old" AS "commune_old", NEW."document_series" AS "document_series", NEW."sheet" AS "sheet", NEW."parcel" AS "parcel", NEW."sheet_former" AS "sheet_former", NEW."parcel_former" AS "parcel_former", NEW."map_scale" AS "map_scale", NEW."parcel_identifier" AS "parcel_identifier", NEW."land_use_raw" AS "land_use_raw", NEW."land_use_scheme" AS "land_use_scheme", NEW."land_use" AS "land_use", NEW."land_uses" AS "land_uses", NEW."land_origin" AS "land_origin", NEW."use_form" AS "use_form", NEW."use_term" AS "use_term", NEW."measured_area" AS "measured_area", NEW."legal_area" AS "legal_area", NEW."street" AS "street", NEW."street_old" AS "street_old", NEW."address" AS "address", NEW."address_old" AS "address_old", NEW."registered_on" AS "registered_on") AS r
        RETURNING * INTO new_version;
        PERFORM landmap.count_bound('parcels', new_version.valid, n, new_version.shown, 1);
        INSERT INTO land_restricted."parcels_holders" (version, "holder_name", "holder_kind", "holder_birth", "holder_sex", "holder_number", "holder_address", "holder_phone") SELECT v, "holder_name", "holder_kind", "holder_birth", "holder_sex", "holder_number", "holder_address", "holder_phone" FROM land_restricted."parcels_holders" WHERE version = old_version.version; INSERT INTO land_restricted."parcels_certificates" (version, "certificate_serial", "certificate_book", "certificate_barcode", "certificate_issued_on") SELECT v, "certificate_serial", "certificate_book", "certificate_barcode", "certificate_issued_on" FROM land_restricted."parcels_certificates" WHERE version = old_version.version;
    END IF;
    IF again THEN
        DELETE FROM land_restricted."parcels_holders" WHERE version = old_version.version; DELETE FROM land_restricted."parcels_certificates" WHERE version = old_version.version;
    END IF;
    RETURN coalesce(NEW, OLD);
END $_$;
CREATE FUNCTION land.permits_edit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    n integer := landmap.edit_changeset('permits', TG_OP);
    moment timestamptz := (SELECT begun_at FROM landmap.changeset WHERE number = n);
    v bigint := nextval(pg_get_serial_sequence('land_history.permits', 'version'));
    begins timestamptz := moment;
    again boolean := false;
    old_version land_history."permits";
    new_version land_history."permits";
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.valid_from, NEW.changeset) IS DISTINCT FROM (OLD.id, OLD.valid_from, OLD.changeset) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'permits: id, valid_from and changeset are not edited here; '
            'a change that holds from another day is loaded with landmap ingest --valid-from';
    END IF;
    IF TG_OP <> 'DELETE' THEN
    IF NOT ST_IsValid(NEW.geom) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: the geometry is not valid; mend it (self-crossing, open ring)';
        END IF;
        IF NOT ST_CoveredBy(ST_Transform(NEW.geom, 4326), ST_MakeEnvelope(106.05, 8.5, 107.65, 11.55, 4326)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: the geometry lies outside Ho Chi Minh City; check its CRS';
        END IF;
        IF NEW."number" IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: number is required';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY[NEW."permit_type"]) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'permit_type' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: permit_type is not a code of the list permit_type';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY[NEW."status"]) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'permit_status' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: status is not a code of the list permit_status';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY[NEW."work_kind"]) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c WHERE c.list = 'work_kind' AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group)) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: work_kind is not a code of the list work_kind';
        END IF;
        IF NEW."storeys" < 0 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: storeys is less than 0';
        END IF;
        IF NEW."storeys" > 200 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: storeys is more than 200';
        END IF;
        IF NEW."storeys_below" < 0 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: storeys_below is less than 0';
        END IF;
        IF NEW."storeys_below" > 20 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: storeys_below is more than 20';
        END IF;
        IF NEW."height" < 0 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: height is less than 0';
        END IF;
        IF NEW."height" > 1000 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: height is more than 1000';
        END IF;
        IF NEW."floor_area" < 0 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: floor_area is less than 0';
        END IF;
        IF NEW."footprint_area" < 0 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: footprint_area is less than 0';
        END IF;
        IF NEW."cost" < 0 THEN
            RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'permits: cost is less than 0';
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE land_history."permits" SET to_changeset = n
        WHERE id = OLD.id AND to_changeset IS NULL AND valid @> moment AND from_changeset < n AND from_changeset = OLD.changeset
        RETURNING * INTO old_version;
        IF old_version.version IS NULL THEN
            -- A second edit of one feature in a transaction replaces what the first one made.
            again := true;
            DELETE FROM land_history."permits" WHERE id = OLD.id AND from_changeset = n AND valid @> moment RETURNING * INTO old_version;
            IF old_version.version IS NULL THEN
                RAISE EXCEPTION 'feature % of permits was changed by somebody else meanwhile', OLD.id USING ERRCODE = '40001';
            END IF;
        END IF;
        PERFORM landmap.count_bound('permits', old_version.valid, n, old_version.shown, -1);
        IF NOT again AND lower(old_version.valid) < moment THEN
            INSERT INTO land_history."permits" (id, fid, valid, valid_from_known, from_changeset, sort_key, geom, geom_84, survey_crs, "number", "office", "type_raw", "permit_type", "status", "status_since", "received_on", "issued_on", "expires_on", "work_kind", "works", "storeys", "storeys_below", "height", "floor_area", "footprint_area", "parcels", "cost", "street", "address")
            SELECT old_version.id, old_version.fid, tstzrange(lower(old_version.valid), moment), old_version.valid_from_known, n,
                   old_version.sort_key, old_version.geom, old_version.geom_84, old_version.survey_crs, old_version."number", old_version."office", old_version."type_raw", old_version."permit_type", old_version."status", old_version."status_since", old_version."received_on", old_version."issued_on", old_version."expires_on", old_version."work_kind", old_version."works", old_version."storeys", old_version."storeys_below", old_version."height", old_version."floor_area", old_version."footprint_area", old_version."parcels", old_version."cost", old_version."street", old_version."address"
            RETURNING * INTO new_version;
            PERFORM landmap.count_bound('permits', new_version.valid, n, new_version.shown, 1);
            INSERT INTO land_restricted."permits_applicants" (version, "applicant_name", "applicant_number", "applicant_address", "applicant_phone") SELECT new_version.version, "applicant_name", "applicant_number", "applicant_address", "applicant_phone" FROM land_restricted."permits_applicants" WHERE version = old_version.version;
        END IF;
    ELSE
        begins := coalesce(NEW.valid_from, moment);
        IF EXISTS (SELECT FROM land_history."permits" WHERE id = NEW.id AND to_changeset IS NULL AND valid && tstzrange(begins, NULL)) THEN
            RAISE EXCEPTION USING ERRCODE = '23505', MESSAGE = 'permits: there is a feature of this id already; leave the id out';
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        NEW.id := coalesce(OLD.id, NEW.id, gen_random_uuid());
        INSERT INTO land_history."permits" (version, id, fid, valid, valid_from_known, from_changeset, sort_key, geom, geom_84, survey_crs, "number", "office", "type_raw", "permit_type", "status", "status_since", "received_on", "issued_on", "expires_on", "work_kind", "works", "storeys", "storeys_below", "height", "floor_area", "footprint_area", "parcels", "cost", "street", "address")
        SELECT v, NEW.id, coalesce(old_version.fid, v), tstzrange(begins, upper(old_version.valid)),
               TG_OP = 'INSERT' AND NEW.valid_from IS NOT NULL, n,
               landmap.sort_key(CASE WHEN (CASE WHEN "status" = ANY (ARRAY['ISSUED', 'ADJUSTED', 'EXTENDED', 'REISSUED', 'REVOKED', 'CANCELLED', 'EXPIRED']::text[]) THEN 3 WHEN "status" = ANY (ARRAY['SUBMITTED', 'RECEIVED', 'NEED_MORE', 'IN_REVIEW', 'CONSULT']::text[]) THEN 1 WHEN "status" = ANY (ARRAY['DRAFT', 'REJECTED']::text[]) THEN 0 ELSE 0 END) >= 2 THEN ST_Transform(NEW.geom, 4326) END), NEW.geom, ST_Transform(NEW.geom, 4326),
               coalesce(NEW.survey_crs, 9210), NEW."number", NEW."office", NEW."type_raw", NEW."permit_type", NEW."status", NEW."status_since", NEW."received_on", NEW."issued_on", NEW."expires_on", NEW."work_kind", NEW."works", NEW."storeys", NEW."storeys_below", NEW."height", NEW."floor_area", NEW."footprint_area", NEW."parcels", NEW."cost", NEW."street", NEW."address"
        FROM (SELECT NEW."number" AS "number", NEW."office" AS "office", NEW."type_raw" AS "type_raw", NEW."permit_type" AS "permit_type", NEW."status" AS "status", NEW."status_since" AS "status_since", NEW."received_on" AS "received_on", NEW."issued_on" AS "issued_on", NEW."expires_on" AS "expires_on", NEW."work_kind" AS "work_kind", NEW."works" AS "works", NEW."storeys" AS "storeys", NEW."storeys_below" AS "storeys_below", NEW."height" AS "height", NEW."floor_area" AS "floor_area", NEW."footprint_area" AS "footprint_area", NEW."parcels" AS "parcels", NEW."cost" AS "cost", NEW."street" AS "street", NEW."address" AS "address") AS r
        RETURNING * INTO new_version;
        PERFORM landmap.count_bound('permits', new_version.valid, n, new_version.shown, 1);
        INSERT INTO land_restricted."permits_applicants" (version, "applicant_name", "applicant_number", "applicant_address", "applicant_phone") SELECT v, "applicant_name", "applicant_number", "applicant_address", "applicant_phone" FROM land_restricted."permits_applicants" WHERE version = old_version.version;
    END IF;
    IF again THEN
        DELETE FROM land_restricted."permits_applicants" WHERE version = old_version.version;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE FUNCTION landmap.count_bound(l text, valid tstzrange, c integer, s smallint, step integer) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO landmap.valid_bound (layer, at, changeset, shown, delta)
    SELECT l, at, c, s, delta FROM (VALUES (lower(valid), step), (upper(valid), -step)) b(at, delta) WHERE at IS NOT NULL
    ON CONFLICT (layer, at, changeset, shown) DO UPDATE SET delta = valid_bound.delta + excluded.delta
$$;
CREATE FUNCTION landmap.edit_changeset(edited_layer text, operation text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION landmap.open_changeset(by_actor text, with_title text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
COMMENT ON FUNCTION landmap.open_changeset(by_actor text, with_title text) IS 'The next changeset; holds the publishing lock until the transaction ends';
CREATE FUNCTION landmap.sort_cell(degrees double precision, span double precision) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT least(greatest(floor((degrees + span / 2) / span * 67108864), 0), 67108863)::bigint $$;
CREATE FUNCTION landmap.sort_key(g public.geometry) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
DECLARE
    w float8 := public.ST_XMin(g); s float8 := public.ST_YMin(g);
    e float8 := public.ST_XMax(g); n float8 := public.ST_YMax(g);
    size float8 := greatest(e - w, n - s);
    class bigint;
BEGIN
    IF w IS NULL THEN
        RETURN 5::bigint << 52;
    END IF;
    class := CASE WHEN size <= 0.0005 THEN 0 WHEN size <= 0.004 THEN 1 WHEN size <= 0.032 THEN 2 WHEN size <= 0.256 THEN 3 ELSE 4 END;
    RETURN (class << 52) | landmap.spread(landmap.sort_cell((w + e) / 2, 360)) | (landmap.spread(landmap.sort_cell((s + n) / 2, 180)) << 1);
END $$;
CREATE FUNCTION landmap.spread(v bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
BEGIN
    v := (v | (v << 16)) & 281470681808895;
    v := (v | (v << 8)) & 71777214294589695;
    v := (v | (v << 4)) & 1085102592571150095;
    v := (v | (v << 2)) & 3689348814741910323;
    RETURN (v | (v << 1)) & 6148914691236517205;
END $$;
CREATE FUNCTION landmap.stamp_changeset() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
BEGIN
    UPDATE landmap.changeset SET committed_at = greatest(clock_timestamp(), begun_at) WHERE number = NEW.number;
    RETURN NULL;
END $$;
CREATE TABLE land_history.parcels (
    version bigint NOT NULL,
    id uuid NOT NULL,
    fid bigint NOT NULL,
    valid tstzrange NOT NULL,
    valid_from_known boolean NOT NULL,
    from_changeset integer NOT NULL,
    to_changeset integer,
    sort_key bigint NOT NULL,
    shown smallint GENERATED ALWAYS AS (
CASE
    WHEN (land_uses && ARRAY['CQP'::text, 'CAN'::text]) THEN 2
    WHEN (land_use = ANY (ARRAY['CQP'::text, 'CAN'::text])) THEN 2
    WHEN (land_use_raw = ANY (ARRAY['CQP'::text, 'CAN'::text, 'QPH'::text, 'ANI'::text])) THEN 2
    ELSE 3
END) STORED NOT NULL,
    geom public.geometry(MultiPolygon,9210),
    geom_84 public.geometry(MultiPolygon,4326),
    survey_crs integer,
    commune text,
    commune_old text,
    document_series text,
    sheet text,
    parcel text,
    sheet_former text,
    parcel_former text,
    map_scale bigint,
    parcel_identifier text,
    land_use_raw text,
    land_use_scheme text,
    land_use text,
    land_uses text[],
    land_origin text,
    use_form text,
    use_term text,
    measured_area double precision,
    legal_area double precision,
    street text,
    street_old text,
    address text,
    address_old text,
    registered_on date
);
COMMENT ON COLUMN land_history.parcels.shown IS 'f1f3542af4e1e367';
CREATE VIEW land.parcels AS
 SELECT parcels.id,
    parcels.geom,
    parcels.commune,
    parcels.commune_old,
    parcels.document_series,
    parcels.sheet,
    parcels.parcel,
    parcels.sheet_former,
    parcels.parcel_former,
    parcels.map_scale,
    parcels.parcel_identifier,
    parcels.land_use_raw,
    parcels.land_use_scheme,
    parcels.land_use,
    parcels.land_uses,
    parcels.land_origin,
    parcels.use_form,
    parcels.use_term,
    parcels.measured_area,
    parcels.legal_area,
    parcels.street,
    parcels.street_old,
    parcels.address,
    parcels.address_old,
    parcels.registered_on,
    parcels.survey_crs,
    lower(parcels.valid) AS valid_from,
    parcels.from_changeset AS changeset
   FROM land_history.parcels
  WHERE ((parcels.to_changeset IS NULL) AND (parcels.valid @> clock_timestamp()));
COMMENT ON VIEW land.parcels IS 'Land parcels [37b8a1a3206366a7]';
CREATE TABLE land_history.permits (
    version bigint NOT NULL,
    id uuid NOT NULL,
    fid bigint NOT NULL,
    valid tstzrange NOT NULL,
    valid_from_known boolean NOT NULL,
    from_changeset integer NOT NULL,
    to_changeset integer,
    sort_key bigint NOT NULL,
    shown smallint GENERATED ALWAYS AS (
CASE
    WHEN (status = ANY (ARRAY['ISSUED'::text, 'ADJUSTED'::text, 'EXTENDED'::text, 'REISSUED'::text, 'REVOKED'::text, 'CANCELLED'::text, 'EXPIRED'::text])) THEN 3
    WHEN (status = ANY (ARRAY['SUBMITTED'::text, 'RECEIVED'::text, 'NEED_MORE'::text, 'IN_REVIEW'::text, 'CONSULT'::text])) THEN 1
    WHEN (status = ANY (ARRAY['DRAFT'::text, 'REJECTED'::text])) THEN 0
    ELSE 0
END) STORED NOT NULL,
    geom public.geometry(Geometry,9210),
    geom_84 public.geometry(Geometry,4326),
    survey_crs integer,
    number text,
    office text,
    type_raw text,
    permit_type text,
    status text,
    status_since date,
    received_on date,
    issued_on date,
    expires_on date,
    work_kind text,
    works text,
    storeys bigint,
    storeys_below bigint,
    height double precision,
    floor_area double precision,
    footprint_area double precision,
    parcels text[],
    cost double precision,
    street text,
    address text
);
COMMENT ON COLUMN land_history.permits.shown IS 'dc7c527c573bbef0';
CREATE VIEW land.permits AS
 SELECT permits.id,
    permits.geom,
    permits.number,
    permits.office,
    permits.type_raw,
    permits.permit_type,
    permits.status,
    permits.status_since,
    permits.received_on,
    permits.issued_on,
    permits.expires_on,
    permits.work_kind,
    permits.works,
    permits.storeys,
    permits.storeys_below,
    permits.height,
    permits.floor_area,
    permits.footprint_area,
    permits.parcels,
    permits.cost,
    permits.street,
    permits.address,
    permits.survey_crs,
    lower(permits.valid) AS valid_from,
    permits.from_changeset AS changeset
   FROM land_history.permits
  WHERE ((permits.to_changeset IS NULL) AND (permits.valid @> clock_timestamp()));
COMMENT ON VIEW land.permits IS 'Construction permits [d9858784337f860c]';
ALTER TABLE land_history.parcels ALTER COLUMN version ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME land_history.parcels_version_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE land_history.permits ALTER COLUMN version ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME land_history.permits_version_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE land_restricted.parcels_certificates (
    version bigint NOT NULL,
    certificate_serial text,
    certificate_book text,
    certificate_barcode text,
    certificate_issued_on date
);
CREATE TABLE land_restricted.parcels_holders (
    version bigint NOT NULL,
    holder_name text,
    holder_kind text,
    holder_birth text,
    holder_sex text,
    holder_number text,
    holder_address text,
    holder_phone text
);
CREATE TABLE land_restricted.permits_applicants (
    version bigint NOT NULL,
    applicant_name text,
    applicant_number text,
    applicant_address text,
    applicant_phone text
);
CREATE UNLOGGED TABLE land_staging.s5 (
    "row" bigint NOT NULL,
    operation text DEFAULT 'insert'::text,
    replaces bigint,
    id uuid,
    valid_from timestamp with time zone,
    valid_to timestamp with time zone,
    sort_key bigint,
    geom public.geometry(MultiPolygon,9210),
    geom_84 public.geometry(MultiPolygon,4326),
    survey_crs integer,
    source_row bigint,
    commune text,
    commune_old text,
    document_series text,
    sheet text,
    parcel text,
    sheet_former text,
    parcel_former text,
    map_scale bigint,
    parcel_identifier text,
    land_use_raw text,
    land_use_scheme text,
    land_use text,
    land_uses text[],
    land_origin text,
    use_form text,
    use_term text,
    measured_area double precision,
    legal_area double precision,
    street text,
    street_old text,
    address text,
    address_old text,
    registered_on date,
    holder_name text,
    holder_kind text,
    holder_birth text,
    holder_sex text,
    holder_number text,
    holder_address text,
    holder_phone text,
    certificate_serial text,
    certificate_book text,
    certificate_barcode text,
    certificate_issued_on date
);
ALTER TABLE land_staging.s5 ALTER COLUMN "row" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME land_staging.s5_row_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE landmap.changeset (
    number integer NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    committed_at timestamp with time zone NOT NULL,
    transaction xid8 DEFAULT pg_current_xact_id() NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    actor text NOT NULL,
    title text NOT NULL,
    source_name text,
    source_digest text,
    document text,
    document_date date,
    reverts integer,
    CONSTRAINT changeset_number_check CHECK ((number > 0))
);
COMMENT ON TABLE landmap.changeset IS 'Every change the database knows; number orders all, committed_at grows with it';
COMMENT ON COLUMN landmap.changeset.begun_at IS 'when the publishing lock was taken: from when undated changes hold';
CREATE TABLE landmap.changeset_layer (
    layer text NOT NULL,
    number integer NOT NULL
);
CREATE TABLE landmap.code (
    list text NOT NULL,
    code text NOT NULL,
    valid_from date DEFAULT '-infinity'::date NOT NULL,
    valid_to date DEFAULT 'infinity'::date NOT NULL,
    vi text NOT NULL,
    en text NOT NULL,
    parent text,
    color text,
    is_group boolean DEFAULT false NOT NULL,
    replaced_by text,
    note text,
    from_changeset integer NOT NULL,
    to_changeset integer
);
CREATE TABLE landmap.coverage (
    id integer NOT NULL,
    layer text NOT NULL,
    commune text,
    area public.geometry(MultiPolygon,4326) NOT NULL,
    level text NOT NULL,
    as_of date NOT NULL,
    agency text NOT NULL,
    declared_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    withdrawn_at timestamp with time zone,
    CONSTRAINT coverage_level_check CHECK ((level = ANY (ARRAY['complete'::text, 'partial'::text, 'none'::text])))
);
ALTER TABLE landmap.coverage ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME landmap.coverage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE landmap.lineage (
    layer text NOT NULL,
    parent uuid NOT NULL,
    child uuid NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    changeset integer NOT NULL,
    CONSTRAINT lineage_kind_check CHECK ((kind = ANY (ARRAY['split'::text, 'merge'::text, 'subdivide'::text, 'boundary change'::text, 'renumber'::text])))
);
CREATE TABLE landmap.meta (
    key text NOT NULL,
    value text NOT NULL
);
CREATE TABLE landmap.quarantine (
    id bigint NOT NULL,
    stage integer NOT NULL,
    layer text NOT NULL,
    source_row bigint,
    severity text NOT NULL,
    reason text NOT NULL,
    message_vi text NOT NULL,
    message_en text NOT NULL,
    responsible text NOT NULL,
    raw jsonb NOT NULL,
    geom_wkb bytea,
    CONSTRAINT quarantine_severity_check CHECK ((severity = ANY (ARRAY['error'::text, 'warning'::text])))
);
ALTER TABLE landmap.quarantine ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME landmap.quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE landmap.schema_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE landmap.stage (
    id integer NOT NULL,
    layer text NOT NULL,
    state text DEFAULT 'loading'::text NOT NULL,
    base integer NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    changeset integer,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    several boolean DEFAULT false NOT NULL,
    report jsonb,
    actor text NOT NULL,
    title text NOT NULL,
    source_name text,
    source_digest text,
    document text,
    document_date date,
    CONSTRAINT stage_state_check CHECK ((state = ANY (ARRAY['loading'::text, 'staged'::text, 'published'::text, 'refused'::text])))
);
COMMENT ON COLUMN landmap.stage.base IS 'last changeset when the records were matched';
ALTER TABLE landmap.stage ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME landmap.stage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE landmap.stage_lineage (
    stage integer NOT NULL,
    parent uuid NOT NULL,
    child uuid NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE landmap.valid_bound (
    layer text NOT NULL,
    at timestamp with time zone NOT NULL,
    changeset integer NOT NULL,
    shown smallint NOT NULL,
    delta bigint NOT NULL
);
INSERT INTO land_history.parcels VALUES
	(4, 'a94b87ff-e473-4ee9-b924-7dc81ecf0420', 4, '["2020-01-01 00:00:00+00","2090-01-01 00:00:00+00")', true, 2, NULL, 3675630338235092, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000B86C224100000000A02F324100000000B86C224100000000AA2F324100000000A46C224100000000AA2F324100000000A46C224100000000A02F324100000000B86C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000DCA9A2EBD2AC5A407AB31BD34C8D25401131D3ECD2AC5A409B797DAC588D2540B7FC566DD1AC5A40D532E6B5588D2540007D266CD1AC5A40666784DC4C8D2540DCA9A2EBD2AC5A407AB31BD34C8D2540', 9210, NULL, '26740', 'BDDC', '12', '4', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(1, '9253ab8c-c517-459a-ba48-e68fc3244494', 1, '["2020-01-01 00:00:00+00",)', true, 2, 3, 3675630338231237, DEFAULT, '0106000020FA2300000100000001030000000100000005000000000000007C6C224100000000A02F3241000000007C6C224100000000AA2F324100000000686C224100000000AA2F324100000000686C224100000000A02F3241000000007C6C224100000000A02F3241', '0106000020E6100000010000000103000000010000000500000038212E6DCEAC5A40581D55EF4C8D2540EE915E6ECEAC5A405DF3B6C8588D2540825BE2EECCAC5A40ACFA1ED2588D254049F2B1EDCCAC5A405C1FBDF84C8D254038212E6DCEAC5A40581D55EF4C8D2540', 9210, NULL, '26740', 'BDDC', '12', '1', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(5, '9253ab8c-c517-459a-ba48-e68fc3244494', 1, '["2020-01-01 00:00:00+00","2024-01-01 00:00:00+00")', true, 3, NULL, 3675630338231237, DEFAULT, '0106000020FA2300000100000001030000000100000005000000000000007C6C224100000000A02F3241000000007C6C224100000000AA2F324100000000686C224100000000AA2F324100000000686C224100000000A02F3241000000007C6C224100000000A02F3241', '0106000020E6100000010000000103000000010000000500000038212E6DCEAC5A40581D55EF4C8D2540EE915E6ECEAC5A405DF3B6C8588D2540825BE2EECCAC5A40ACFA1ED2588D254049F2B1EDCCAC5A405C1FBDF84C8D254038212E6DCEAC5A40581D55EF4C8D2540', 9210, NULL, '26740', 'BDDC', '12', '1', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(7, 'ef2e7848-ec73-42b5-b2bd-3f951c145930', 7, '["2090-01-01 00:00:00+00",)', true, 3, NULL, 3675630338235349, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000CC6C224100000000A02F324100000000CC6C224100000000AA2F324100000000B86C224100000000AA2F324100000000B86C224100000000A02F324100000000CC6C224100000000A02F3241', '0106000020E6100000010000000103000000010000000500000004D61E6BD4AC5A403FC4B2C94C8D2540B9644F6CD4AC5A40188514A3588D25401131D3ECD2AC5A409B797DAC588D2540DCA9A2EBD2AC5A407AB31BD34C8D254004D61E6BD4AC5A403FC4B2C94C8D2540', 9210, NULL, '26740', 'BDDC', '12', '5', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(6, '9253ab8c-c517-459a-ba48-e68fc3244494', 1, '["2024-01-01 00:00:00+00",)', true, 3, NULL, 3675630338231237, DEFAULT, '0106000020FA2300000100000001030000000100000005000000000000007C6C224100000000A02F3241000000007C6C224100000000AA2F324100000000686C224100000000AA2F324100000000686C224100000000A02F3241000000007C6C224100000000A02F3241', '0106000020E6100000010000000103000000010000000500000038212E6DCEAC5A40581D55EF4C8D2540EE915E6ECEAC5A405DF3B6C8588D2540825BE2EECCAC5A40ACFA1ED2588D254049F2B1EDCCAC5A405C1FBDF84C8D254038212E6DCEAC5A40581D55EF4C8D2540', 9210, NULL, '26740', 'BDDC', '12', '1', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Lê Lợi', NULL, NULL, NULL, NULL),
	(2, '31373410-1474-42d2-a304-c9d5181aa9ae', 2, '["2026-11-22 09:58:53.908188+00",)', false, 2, 4, 3675630338232016, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000906C224100000000A02F324100000000906C224100000000AA2F3241000000007C6C224100000000AA2F3241000000007C6C224100000000A02F324100000000906C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000744FAAECCFAC5A4006E0ECE54C8D2540ACC7DAEDCFAC5A40BDB04EBF588D2540EE915E6ECEAC5A405DF3B6C8588D254038212E6DCEAC5A40581D55EF4C8D2540744FAAECCFAC5A4006E0ECE54C8D2540', 9210, NULL, '26740', 'BDDC', '12', '2', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(8, '31373410-1474-42d2-a304-c9d5181aa9ae', 2, '["2026-11-22 09:58:53.908188+00","2026-11-22 09:58:54.02878+00")', false, 4, 5, 3675630338232016, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000906C224100000000A02F324100000000906C224100000000AA2F3241000000007C6C224100000000AA2F3241000000007C6C224100000000A02F324100000000906C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000744FAAECCFAC5A4006E0ECE54C8D2540ACC7DAEDCFAC5A40BDB04EBF588D2540EE915E6ECEAC5A405DF3B6C8588D254038212E6DCEAC5A40581D55EF4C8D2540744FAAECCFAC5A4006E0ECE54C8D2540', 9210, NULL, '26740', 'BDDC', '12', '2', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(9, '31373410-1474-42d2-a304-c9d5181aa9ae', 2, '["2026-11-22 09:58:54.02878+00",)', false, 4, 5, 3675630338232016, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000906C224100000000A02F324100000000906C224100000000AA2F3241000000007C6C224100000000AA2F3241000000007C6C224100000000A02F324100000000906C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000744FAAECCFAC5A4006E0ECE54C8D2540ACC7DAEDCFAC5A40BDB04EBF588D2540EE915E6ECEAC5A405DF3B6C8588D254038212E6DCEAC5A40581D55EF4C8D2540744FAAECCFAC5A4006E0ECE54C8D2540', 9210, NULL, '26740', 'BDDC', '12', '2', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Pasteur', NULL, NULL, NULL, NULL),
	(10, '31373410-1474-42d2-a304-c9d5181aa9ae', 2, '["2026-11-22 09:58:53.908188+00",)', false, 5, 7, 3675630338232016, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000906C224100000000A02F324100000000906C224100000000AA2F3241000000007C6C224100000000AA2F3241000000007C6C224100000000A02F324100000000906C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000744FAAECCFAC5A4006E0ECE54C8D2540ACC7DAEDCFAC5A40BDB04EBF588D2540EE915E6ECEAC5A405DF3B6C8588D254038212E6DCEAC5A40581D55EF4C8D2540744FAAECCFAC5A4006E0ECE54C8D2540', 9210, NULL, '26740', 'BDDC', '12', '2', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(12, '31373410-1474-42d2-a304-c9d5181aa9ae', 2, '["2026-11-22 09:58:53.908188+00","2026-11-22 09:58:54.103957+00")', false, 7, NULL, 3675630338232016, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000906C224100000000A02F324100000000906C224100000000AA2F3241000000007C6C224100000000AA2F3241000000007C6C224100000000A02F324100000000906C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000744FAAECCFAC5A4006E0ECE54C8D2540ACC7DAEDCFAC5A40BDB04EBF588D2540EE915E6ECEAC5A405DF3B6C8588D254038212E6DCEAC5A40581D55EF4C8D2540744FAAECCFAC5A4006E0ECE54C8D2540', 9210, NULL, '26740', 'BDDC', '12', '2', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(13, '31373410-1474-42d2-a304-c9d5181aa9ae', 2, '["2026-11-22 09:58:54.103957+00",)', false, 7, NULL, 3675630338232016, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000906C224100000000A02F324100000000906C224100000000AA2F3241000000007C6C224100000000AA2F3241000000007C6C224100000000A02F324100000000906C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000754FAAECCFAC5A4007E0ECE54C8D2540ACC7DAEDCFAC5A40BEB04EBF588D2540EE915E6ECEAC5A405DF3B6C8588D254038212E6DCEAC5A40581D55EF4C8D2540754FAAECCFAC5A4007E0ECE54C8D2540', 9210, NULL, '26740', 'BDDC', '13', '2', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Hàm Nghi', NULL, NULL, NULL, NULL),
	(3, '9a978760-7efa-4a27-b87a-4f82a0d581c5', 3, '["2026-11-22 09:58:53.908188+00",)', false, 2, 7, 3675630338232273, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000A46C224100000000A02F324100000000A46C224100000000AA2F324100000000906C224100000000AA2F324100000000906C224100000000A02F324100000000A46C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000007D266CD1AC5A40666784DC4C8D2540B7FC566DD1AC5A40D532E6B5588D2540ACC7DAEDCFAC5A40BDB04EBF588D2540744FAAECCFAC5A4006E0ECE54C8D2540007D266CD1AC5A40666784DC4C8D2540', 9210, NULL, '26740', 'BDDC', '12', '3', NULL, NULL, NULL, NULL, NULL, NULL, 'CQP', '{CQP}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(15, '9a978760-7efa-4a27-b87a-4f82a0d581c5', 3, '["2026-11-22 09:58:53.908188+00","2026-11-22 09:58:54.103957+00")', false, 7, NULL, 3675630338232273, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000A46C224100000000A02F324100000000A46C224100000000AA2F324100000000906C224100000000AA2F324100000000906C224100000000A02F324100000000A46C224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000007D266CD1AC5A40666784DC4C8D2540B7FC566DD1AC5A40D532E6B5588D2540ACC7DAEDCFAC5A40BDB04EBF588D2540744FAAECCFAC5A4006E0ECE54C8D2540007D266CD1AC5A40666784DC4C8D2540', 9210, NULL, '26740', 'BDDC', '12', '3', NULL, NULL, NULL, NULL, NULL, NULL, 'CQP', '{CQP}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL),
	(16, 'ecd37a22-448c-4a93-aa94-7c8d4de29bdb', 16, '["2026-11-22 09:58:54.103957+00",)', false, 7, NULL, 3675630338280238, DEFAULT, '0106000020FA230000010000000103000000010000000500000000000000086D224100000000A02F324100000000086D224100000000AA2F324100000000F46C224100000000AA2F324100000000F46C224100000000A02F324100000000086D224100000000A02F3241', '0106000020E61000000100000001030000000100000005000000575693E9D8AC5A40BE9276AD4C8D25408AFBC3EAD8AC5A40B843D886588D2540F7C9476BD7AC5A4026EA4190588D2540432C176AD7AC5A40E033E0B64C8D2540575693E9D8AC5A40BE9276AD4C8D2540', 9210, NULL, NULL, NULL, '12', '6', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO land_history.permits VALUES
	(1, '756223e3-ef23-4722-84b4-c4c8b8b18d77', 1, '["2026-11-22 09:58:54.069554+00",)', false, 6, NULL, 3675630338230682, DEFAULT, '0101000020FA230000000000006A6C224100000000A12F3241', '0101000020E61000002D9B2914CDAC5A40F5EA22274E8D2540', 9210, 'A1', '26740', NULL, NULL, 'ISSUED', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(2, '3d520612-8902-46a6-aeb8-e96f1acf0b36', 2, '["2026-11-22 09:58:54.069554+00",)', false, 6, NULL, 22517998136852480, DEFAULT, '0101000020FA230000000000006A6C224100000000A12F3241', '0101000020E61000002D9B2914CDAC5A40F5EA22274E8D2540', 9210, 'A2', '26740', NULL, NULL, 'DRAFT', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO land_restricted.parcels_holders VALUES
	(1, 'Nguyễn Văn A', NULL, NULL, NULL, NULL, NULL, NULL),
	(2, 'Trần Thị B', NULL, NULL, NULL, NULL, NULL, NULL),
	(5, 'Nguyễn Văn A', NULL, NULL, NULL, NULL, NULL, NULL),
	(8, 'Trần Thị B', NULL, NULL, NULL, NULL, NULL, NULL),
	(9, 'Trần Thị B', NULL, NULL, NULL, NULL, NULL, NULL),
	(10, 'Trần Thị B', NULL, NULL, NULL, NULL, NULL, NULL),
	(12, 'Trần Thị B', NULL, NULL, NULL, NULL, NULL, NULL),
	(13, 'Trần Thị B', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO land_staging.s5 OVERRIDING SYSTEM VALUE VALUES
	(2, 'insert', NULL, NULL, NULL, NULL, 3675630338281275, '0106000020FA230000010000000103000000010000000500000000000000306D224100000000A02F324100000000306D224100000000AA2F3241000000001C6D224100000000AA2F3241000000001C6D224100000000A02F324100000000306D224100000000A02F3241', '0106000020E610000001000000010300000001000000050000006EA88BE8DBAC5A408F9EA29A4C8D25409E5CBCE9DBAC5A40F3440474588D25406D2C406ADAAC5A40FD616E7D588D2540BB7F0F69DAAC5A404FB60CA44C8D25406EA88BE8DBAC5A408F9EA29A4C8D2540', NULL, NULL, NULL, '26740', 'BDDC', '12', '7', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Nguyễn Trãi', NULL, NULL, NULL, NULL, 'Phạm D', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(1, 'update', 6, '9253ab8c-c517-459a-ba48-e68fc3244494', NULL, NULL, 3675630338231237, '0106000020FA2300000100000001030000000100000005000000000000007C6C224100000000A02F3241000000007C6C224100000000AA2F324100000000686C224100000000AA2F324100000000686C224100000000A02F3241000000007C6C224100000000A02F3241', '0106000020E6100000010000000103000000010000000500000038212E6DCEAC5A40581D55EF4C8D2540EE915E6ECEAC5A405DF3B6C8588D2540825BE2EECCAC5A40ACFA1ED2588D254049F2B1EDCCAC5A405C1FBDF84C8D254038212E6DCEAC5A40581D55EF4C8D2540', NULL, NULL, NULL, '26740', 'BDDC', '12', '1', NULL, NULL, NULL, NULL, NULL, NULL, 'ODT', '{ODT}', NULL, NULL, NULL, NULL, NULL, 'Đồng Khởi', NULL, NULL, NULL, NULL, 'Lê Văn C', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO landmap.changeset VALUES
	(1, '2026-11-22 09:58:53.840133+00', '2026-11-22 09:58:53.843708+00', '730', '{}', 'landmap', 'Codelists of layers/', NULL, NULL, NULL, NULL, NULL),
	(2, '2026-11-22 09:58:53.908188+00', '2026-11-22 09:58:53.927693+00', '733', '{"close": 0, "insert": 4, "update": 0, "unchanged": 0}', 'tester', 'Test', NULL, NULL, NULL, NULL, NULL),
	(3, '2026-11-22 09:58:53.974104+00', '2026-11-22 09:58:53.987391+00', '736', '{"close": 0, "insert": 1, "update": 1, "unchanged": 0}', 'tester', 'Test', NULL, NULL, NULL, NULL, NULL),
	(4, '2026-11-22 09:58:54.02878+00', '2026-11-22 09:58:54.043059+00', '739', '{"close": 0, "insert": 0, "update": 1, "unchanged": 0}', 'tester', 'Test', NULL, NULL, NULL, NULL, NULL),
	(5, '2026-11-22 09:58:54.04673+00', '2026-11-22 09:58:54.052413+00', '740', '{"close": 2, "insert": 1}', 'tester', 'Revert of changeset 4', NULL, NULL, NULL, NULL, 4),
	(6, '2026-11-22 09:58:54.069554+00', '2026-11-22 09:58:54.083967+00', '742', '{"insert": 2}', 'tester', 'Test', NULL, NULL, NULL, NULL, NULL),
	(7, '2026-11-22 09:58:54.103957+00', '2026-11-22 09:58:54.154932+00', '743', '{"close": 1, "insert": 1, "update": 2}', 'landmap_staff', 'Edit through SQL', NULL, NULL, NULL, NULL, NULL);
INSERT INTO landmap.changeset_layer VALUES
	('parcels', 2),
	('parcels', 3),
	('parcels', 4),
	('parcels', 5),
	('permits', 6),
	('parcels', 7);
INSERT INTO landmap.code VALUES
	('land_use', 'RDD', '-infinity', 'infinity', 'Đất rừng đặc dụng', 'Special-use forest', 'LNP', '#6eff64', false, NULL, NULL, 1, NULL),
	('land_use', 'SXN', '-infinity', '2024-08-01', 'Đất sản xuất nông nghiệp', 'Agricultural production land', 'NNP', '#fffc6e', true, NULL, NULL, 1, NULL),
	('land_use', 'MVR', '-infinity', '2024-08-01', 'Đất mặt nước ven biển có rừng', 'Coastal water, forest', 'MVB', '#b4ffff', false, NULL, 'Statistics only', 1, NULL),
	('land_origin', 'DT-THN', '-infinity', 'infinity', 'Nhà nước cho thuê đất trả tiền hằng năm', 'Leased by the State, rent paid yearly', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_origin', 'CNQ-CTT', '-infinity', 'infinity', 'Công nhận quyền sử dụng đất như giao đất có thu tiền', 'Right recognised, as allocation with land use fee', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'DBV', '-infinity', 'infinity', 'Đất công trình hạ tầng bưu chính, viễn thông, công nghệ thông tin', 'Post, telecom, IT infrastructure', 'CCC', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'DCH', '2024-08-01', 'infinity', 'Đất chợ dân sinh, chợ đầu mối', 'Market', 'CCC', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'CLN', '-infinity', 'infinity', 'Đất trồng cây lâu năm', 'Perennial crop land', 'NNP', '#ffd2a0', false, NULL, NULL, 1, NULL),
	('land_origin', 'DT-TML', '-infinity', 'infinity', 'Nhà nước cho thuê đất trả tiền một lần', 'Leased by the State, rent paid once', NULL, NULL, false, NULL, NULL, 1, NULL),
	('permit_status', 'DRAFT', '-infinity', 'infinity', 'Nháp', 'Draft', NULL, NULL, false, NULL, 'Not public', 1, NULL),
	('land_use', 'CGT', '2024-08-01', 'infinity', 'Đất do Nhà nước thu hồi theo quy định chưa giao, chưa cho thuê', 'Recovered land not yet allocated/leased', 'CSD', NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'TIN', '-infinity', '2024-08-01', 'Đất cơ sở tín ngưỡng', 'Belief / folk worship', 'TTN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'ODT', '-infinity', 'infinity', 'Đất ở tại đô thị', 'Urban residential', 'OTC', '#ffa0ff', false, NULL, 'In a ward or township (phường, thị trấn)', 1, NULL),
	('land_use', 'ONT', '-infinity', 'infinity', 'Đất ở tại nông thôn', 'Rural residential', 'OTC', '#ffd0ff', false, NULL, 'In a commune (xã)', 1, NULL),
	('land_origin', 'DT-KCN-TML', '-infinity', 'infinity', 'Thuê đất của doanh nghiệp đầu tư hạ tầng khu công nghiệp, trả tiền một lần', 'Leased from an industrial-park developer, rent paid once', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'NKH', '-infinity', 'infinity', 'Đất nông nghiệp khác', 'Other agricultural land', 'NNP', '#f5ffb4', false, NULL, NULL, 1, NULL),
	('land_use', 'DCT', '2024-08-01', 'infinity', 'Đất công trình cấp nước, thoát nước', 'Water supply and drainage works', 'CCC', NULL, false, NULL, NULL, 1, NULL),
	('land_origin', 'DG-CTT', '-infinity', 'infinity', 'Nhà nước giao đất có thu tiền', 'Allocated by the State with land use fee', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'SCC', '2024-08-01', 'infinity', 'Đất khu công nghiệp, cụm công nghiệp', 'Industrial parks and clusters', 'CSK', NULL, true, NULL, NULL, 1, NULL),
	('document_series', '02CTUB', '-infinity', 'infinity', 'Tài liệu theo Chỉ thị 02/CT-UB', 'Survey under Directive 02/CT-UB', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'SKC', '-infinity', 'infinity', 'Đất cơ sở sản xuất phi nông nghiệp', 'Non-agricultural production facility', 'CSK', '#faaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'MVK', '-infinity', '2024-08-01', 'Đất mặt nước ven biển có mục đích khác', 'Coastal water, other', 'MVB', '#b4ffff', false, NULL, 'Statistics only', 1, NULL),
	('land_use', 'MVT', '-infinity', '2024-08-01', 'Đất mặt nước ven biển nuôi trồng thủy sản', 'Coastal water, aquaculture', 'MVB', '#b4ffff', false, NULL, 'Statistics only', 1, NULL),
	('land_use', 'NCS', '-infinity', 'infinity', 'Núi đá không có rừng cây', 'Rocky mountain without forest', 'CSD', '#e6e6c8', false, NULL, NULL, 1, NULL),
	('land_use', 'DTL', '2024-08-01', 'infinity', 'Đất công trình thủy lợi', 'Irrigation', 'CCC', '#aaffff', false, NULL, NULL, 1, NULL),
	('land_use', 'DYT', '-infinity', 'infinity', 'Đất xây dựng cơ sở y tế', 'Health facility', 'DSN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'HNK', '-infinity', '2024-08-01', 'Đất trồng cây hằng năm khác', 'Other annual crop land', 'CHN', '#fff0b4', true, NULL, NULL, 1, NULL),
	('land_use', 'DKT', '2024-08-01', 'infinity', 'Đất xây dựng cơ sở khí tượng thủy văn', 'Hydro-meteorological facility', 'DSN', NULL, false, NULL, NULL, 1, NULL),
	('permit_status', 'CONSULT', '-infinity', 'infinity', 'Lấy ý kiến', 'Other agencies consulted', NULL, '#6366f1', false, NULL, 'State only; 2 working days, silence is consent', 1, NULL),
	('land_use', 'LUK', '-infinity', '2024-08-01', 'Đất trồng lúa nước còn lại', 'Remaining rice land', 'LUA', '#fffc96', false, NULL, NULL, 1, NULL),
	('land_use', 'DKV', '-infinity', 'infinity', 'Đất khu vui chơi, giải trí công cộng, sinh hoạt cộng đồng', 'Public recreation', 'CCC', '#ffaaa0', false, NULL, 'Takes in DSH of 2014', 1, NULL),
	('land_use', 'DGT', '2024-08-01', 'infinity', 'Đất công trình giao thông', 'Transport', 'CCC', '#ffaa32', false, NULL, NULL, 1, NULL),
	('land_use', 'CCC', '-infinity', 'infinity', 'Đất sử dụng vào mục đích công cộng', 'Public purposes', 'PNN', '#ffaaa0', true, NULL, NULL, 1, NULL),
	('land_origin', 'DT-KCN', '-infinity', 'infinity', 'Thuê đất của doanh nghiệp đầu tư hạ tầng khu công nghiệp', 'Leased from an industrial-park developer', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_origin', 'NCQ-10', '-infinity', 'infinity', 'Nhận tặng cho', 'Received by gift', NULL, NULL, false, NULL, NULL, 1, NULL),
	('permit_type', 'GD', '-infinity', 'infinity', 'Theo giai đoạn', 'Phased', NULL, NULL, false, NULL, 'Decree 217/2026 art. 58', 1, NULL),
	('land_use', 'SKX', '-infinity', '2024-08-01', 'Đất sản xuất vật liệu xây dựng, làm đồ gốm', 'Building materials and pottery', 'CSK', '#cdaacd', false, 'SKC', 'Extraction may become SKS', 1, NULL),
	('use_form', 'SDC', '-infinity', 'infinity', 'Sử dụng chung', 'Held in common', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_origin', 'DG-KTT', '-infinity', 'infinity', 'Nhà nước giao đất không thu tiền', 'Allocated by the State without land use fee', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'CHN', '-infinity', 'infinity', 'Đất trồng cây hằng năm', 'Annual crop land', 'NNP', '#fffc78', true, NULL, NULL, 1, NULL),
	('work_kind', 'REPAIR', '-infinity', 'infinity', 'Sửa chữa', 'Repair', NULL, NULL, false, NULL, NULL, 1, NULL),
	('work_kind', 'CHANGE_OF_USE', '-infinity', 'infinity', 'Chuyển công năng', 'Change of use', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'CDG', '-infinity', '2024-08-01', 'Đất chuyên dùng', 'Special-use land', 'PNN', '#ffa0aa', true, NULL, NULL, 1, NULL),
	('work_kind', 'NEW', '-infinity', 'infinity', 'Xây dựng mới', 'New construction', NULL, NULL, false, NULL, NULL, 1, NULL),
	('permit_status', 'EXTENDED', '-infinity', 'infinity', 'Đã gia hạn', 'Extended', NULL, '#65a30d', false, NULL, 'Public', 1, NULL),
	('land_origin', 'CNQ-KTT', '-infinity', 'infinity', 'Công nhận quyền sử dụng đất như giao đất không thu tiền', 'Right recognised, as allocation without land use fee', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'DKH', '-infinity', 'infinity', 'Đất xây dựng cơ sở khoa học và công nghệ', 'Science and technology', 'DSN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'RSN', '2024-08-01', 'infinity', 'Đất rừng sản xuất là rừng tự nhiên', 'Production forest that is natural forest', 'RSX', NULL, false, NULL, 'Planning sub-code of RSX', 1, NULL),
	('land_use', 'LNP', '-infinity', 'infinity', 'Đất lâm nghiệp', 'Forestry land', 'NNP', '#aaff32', true, NULL, NULL, 1, NULL),
	('land_use', 'CAN', '-infinity', 'infinity', 'Đất an ninh', 'Public security', 'CQA', '#ff5046', false, NULL, 'Attributes are not published', 1, NULL),
	('land_use', 'TIN', '2024-08-01', 'infinity', 'Đất tín ngưỡng', 'Belief / folk worship', 'TTN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('permit_type', 'DA', '-infinity', 'infinity', 'Cho dự án', 'Project-wide', NULL, NULL, false, NULL, 'Decree 217/2026 art. 59', 1, NULL),
	('land_use', 'MNC', '2024-08-01', 'infinity', 'Đất có mặt nước dạng ao, hồ, đầm, phá', 'Ponds, lakes, lagoons', 'TVC', '#b4ffff', false, NULL, NULL, 1, NULL),
	('land_use', 'DGT', '-infinity', '2024-08-01', 'Đất giao thông', 'Transport', 'CCC', '#ffaa32', false, NULL, NULL, 1, NULL),
	('work_kind', 'RENOVATION', '-infinity', 'infinity', 'Cải tạo', 'Renovation', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'DDD', '2024-08-01', 'infinity', 'Đất có di tích lịch sử - văn hóa, danh lam thắng cảnh, di sản thiên nhiên', 'Heritage, scenic and natural heritage', 'CCC', NULL, false, NULL, 'DDT and DDL of 2014', 1, NULL),
	('land_use', 'SKN', '-infinity', 'infinity', 'Đất cụm công nghiệp', 'Industrial cluster', 'SCC', '#faaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'LUC', '2024-08-01', 'infinity', 'Đất chuyên trồng lúa', 'Specialised paddy rice land', 'LUA', '#fffc8c', false, NULL, NULL, 1, NULL),
	('land_use', 'SCT', '2024-08-01', 'infinity', 'Đất khu công nghệ thông tin tập trung', 'Concentrated IT park', 'CSK', NULL, false, NULL, NULL, 1, NULL),
	('land_origin', 'CNQ', '-infinity', 'infinity', 'Công nhận quyền sử dụng đất', 'Right recognised', NULL, NULL, false, NULL, 'Older form', 1, NULL),
	('land_use', 'DCK', '-infinity', '2024-08-01', 'Đất công trình công cộng khác', 'Other public works', 'CCC', '#ffaaa0', false, NULL, 'No single successor: reclassified case by case (DCT, DPC, DDD or other)', 1, NULL),
	('land_use', 'LMU', '-infinity', 'infinity', 'Đất làm muối', 'Salt land', 'NNP', '#fffffe', false, NULL, NULL, 1, NULL),
	('land_use', 'DVH', '-infinity', 'infinity', 'Đất xây dựng cơ sở văn hóa', 'Cultural facility', 'DSN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_user_type', 'TCN', '-infinity', 'infinity', 'Cơ quan nhà nước', 'State agency', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'NHK', '-infinity', '2024-08-01', 'Đất nương rẫy trồng cây hàng năm khác', 'Other annual crops, upland fields', 'HNK', '#fff0b4', false, 'HNK', NULL, 1, NULL),
	('work_kind', 'RELOCATION', '-infinity', 'infinity', 'Di dời', 'Relocation', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'SKS', '-infinity', 'infinity', 'Đất sử dụng cho hoạt động khoáng sản', 'Mining activity', 'CSK', '#cdaacd', false, NULL, NULL, 1, NULL),
	('permit_type', 'MOI', '-infinity', 'infinity', 'Giấy phép xây dựng mới', 'New construction', NULL, NULL, false, NULL, 'Law 135/2025 art. 43.1', 1, NULL),
	('work_kind', 'ADDITION', '-infinity', 'infinity', 'Mở rộng, nâng tầng', 'Addition', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'CQP', '-infinity', 'infinity', 'Đất quốc phòng', 'National defence', 'CQA', '#ff6450', false, NULL, 'Attributes are not published', 1, NULL),
	('land_use', 'DTL', '-infinity', '2024-08-01', 'Đất thủy lợi', 'Irrigation', 'CCC', '#aaffff', false, NULL, NULL, 1, NULL),
	('permit_status', 'ADJUSTED', '-infinity', 'infinity', 'Đã điều chỉnh', 'Adjusted', NULL, '#0d9488', false, NULL, 'Public', 1, NULL),
	('land_origin', 'NCQ-8', '-infinity', 'infinity', 'Nhận chuyển nhượng', 'Received by transfer', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'TON', '2024-08-01', 'infinity', 'Đất tôn giáo', 'Religious', 'TTN', '#faaaa0', false, NULL, NULL, 1, NULL),
	('permit_status', 'NEED_MORE', '-infinity', 'infinity', 'Yêu cầu bổ sung', 'More documents asked for', NULL, '#f59e0b', false, NULL, 'State only; the clock stops', 1, NULL),
	('work_kind', 'DEMOLITION', '-infinity', 'infinity', 'Phá dỡ', 'Demolition', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'DNL', '-infinity', 'infinity', 'Đất công trình năng lượng, chiếu sáng công cộng', 'Energy and public lighting', 'CCC', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('permit_status', 'ISSUED', '-infinity', 'infinity', 'Đã cấp', 'Issued', NULL, '#16a34a', false, NULL, 'Public', 1, NULL),
	('land_use', 'RSX', '-infinity', 'infinity', 'Đất rừng sản xuất', 'Production forest', 'LNP', '#b4ffb4', false, NULL, NULL, 1, NULL),
	('land_use', 'DDL', '-infinity', '2024-08-01', 'Đất danh lam thắng cảnh', 'Scenic landscape', 'CCC', '#ffaaa0', false, 'DDD', NULL, 1, NULL),
	('land_use', 'DTS', '-infinity', '2024-08-01', 'Đất xây dựng trụ sở của tổ chức sự nghiệp', 'Office of public non-business organisation', 'DSN', '#faaaa0', false, 'DSK', NULL, 1, NULL),
	('land_use', 'DTT', '-infinity', 'infinity', 'Đất xây dựng cơ sở thể dục, thể thao', 'Sports facility', 'DSN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'DCH', '-infinity', '2024-08-01', 'Đất chợ', 'Market', 'CCC', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'DRA', '2024-08-01', 'infinity', 'Đất công trình xử lý chất thải', 'Waste treatment', 'CCC', '#cdaacd', false, NULL, NULL, 1, NULL),
	('land_use', 'NNP', '-infinity', 'infinity', 'Nhóm đất nông nghiệp', 'Agricultural land', NULL, '#ffff64', true, NULL, NULL, 1, NULL),
	('land_use', 'MCS', '2024-08-01', 'infinity', 'Đất có mặt nước chưa sử dụng', 'Unused water surface', 'CSD', NULL, false, NULL, NULL, 1, NULL),
	('document_series', '299TTG', '-infinity', 'infinity', 'Tài liệu theo Chỉ thị 299/TTg', 'Survey under Directive 299/TTg', NULL, NULL, false, NULL, NULL, 1, NULL),
	('permit_type', 'DC', '-infinity', 'infinity', 'Điều chỉnh', 'Adjustment', NULL, NULL, false, NULL, 'Decree 217/2026', 1, NULL),
	('land_use', 'NTD', '-infinity', 'infinity', 'Đất nghĩa trang, nhà tang lễ, cơ sở hỏa táng; đất cơ sở lưu giữ tro cốt', 'Cemetery, funeral, cremation, columbarium', 'PNN', '#d2d2d2', false, NULL, NULL, 1, NULL),
	('permit_status', 'REISSUED', '-infinity', 'infinity', 'Cấp lại', 'Reissued', NULL, '#059669', false, NULL, 'Public', 1, NULL),
	('land_use', 'MVB', '-infinity', '2024-08-01', 'Đất có mặt nước ven biển', 'Coastal water surface', NULL, '#b4ffff', false, NULL, 'Statistics only, outside the three groups', 1, NULL),
	('land_use', 'BHK', '-infinity', '2024-08-01', 'Đất bằng trồng cây hàng năm khác', 'Other annual crops, flat land', 'HNK', '#fff0b4', false, 'HNK', NULL, 1, NULL),
	('land_use', 'CSK', '-infinity', 'infinity', 'Đất sản xuất, kinh doanh phi nông nghiệp', 'Non-agricultural production/business', 'PNN', '#ffa0aa', true, NULL, NULL, 1, NULL),
	('land_use_scheme', '2024', '-infinity', 'infinity', 'Thông tư 08/2024, 26/2024', 'Circulars 08/2024, 26/2024', NULL, NULL, false, NULL, 'Since 1 August 2024', 1, NULL),
	('permit_type', 'GH', '-infinity', 'infinity', 'Gia hạn', 'Extension', NULL, NULL, false, NULL, 'Decree 217/2026 art. 63; at most twice, 12 months each', 1, NULL),
	('permit_type', 'SCCT', '-infinity', 'infinity', 'Sửa chữa, cải tạo, di dời', 'Repair, renovation, relocation', NULL, NULL, false, NULL, 'Law 135/2025 art. 43.1', 1, NULL),
	('land_user_type', 'TKT', '-infinity', 'infinity', 'Tổ chức kinh tế', 'Economic organisation', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'NTS', '-infinity', 'infinity', 'Đất nuôi trồng thủy sản', 'Aquaculture', 'NNP', '#aaffff', false, NULL, NULL, 1, NULL),
	('use_form', 'SDR', '-infinity', 'infinity', 'Sử dụng riêng', 'Held alone', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'TVC', '2024-08-01', 'infinity', 'Đất có mặt nước chuyên dùng', 'Special-use water surface', 'PNN', NULL, true, NULL, NULL, 1, NULL),
	('land_use', 'CSD', '-infinity', 'infinity', 'Nhóm đất chưa sử dụng', 'Unused land', NULL, '#fffffe', true, NULL, NULL, 1, NULL),
	('land_use', 'LUK', '2024-08-01', 'infinity', 'Đất trồng lúa còn lại', 'Remaining rice land', 'LUA', '#fffc96', false, NULL, NULL, 1, NULL),
	('land_use', 'BCS', '-infinity', 'infinity', 'Đất bằng chưa sử dụng', 'Unused flat land', 'CSD', '#fffffe', false, NULL, NULL, 1, NULL),
	('land_user_type', 'CNV', '-infinity', 'infinity', 'Cá nhân trong nước', 'Individual, Vietnamese', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'LUC', '-infinity', '2024-08-01', 'Đất chuyên trồng lúa nước', 'Specialised paddy rice land', 'LUA', '#fffc8c', false, NULL, NULL, 1, NULL),
	('land_use', 'SKT', '-infinity', '2024-08-01', 'Đất khu chế xuất', 'Export processing zone', 'CSK', '#faaaa0', false, 'SKK', NULL, 1, NULL),
	('land_origin', 'NCQ-9', '-infinity', 'infinity', 'Nhận thừa kế', 'Received by inheritance', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'DMT', '2024-08-01', 'infinity', 'Đất xây dựng cơ sở môi trường', 'Environmental facility', 'DSN', NULL, false, NULL, NULL, 1, NULL),
	('permit_status', 'IN_REVIEW', '-infinity', 'infinity', 'Đang thẩm định', 'In review', NULL, '#3b82f6', false, NULL, 'State only', 1, NULL),
	('land_user_type', 'TSN', '-infinity', 'infinity', 'Tổ chức/đơn vị sự nghiệp', 'Public non-business organisation', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'DDT', '-infinity', '2024-08-01', 'Đất có di tích lịch sử - văn hóa', 'Historical-cultural relics', 'CCC', '#ffaaa0', false, 'DDD', NULL, 1, NULL),
	('permit_status', 'REVOKED', '-infinity', 'infinity', 'Thu hồi', 'Revoked', NULL, '#b91c1c', false, NULL, 'Public', 1, NULL),
	('land_use', 'HNK', '2024-08-01', 'infinity', 'Đất trồng cây hằng năm khác', 'Other annual crop land', 'CHN', '#fff0b4', false, NULL, NULL, 1, NULL),
	('land_use', 'OTC', '-infinity', 'infinity', 'Đất ở', 'Residential', 'PNN', '#ffb4ff', true, NULL, 'Also written OCT', 1, NULL),
	('land_use', 'DRA', '-infinity', '2024-08-01', 'Đất bãi thải, xử lý chất thải', 'Waste treatment', 'CCC', '#cdaacd', false, NULL, NULL, 1, NULL),
	('land_origin', 'NCQ-11', '-infinity', 'infinity', 'Nhận góp vốn', 'Received as capital contribution', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'LUN', '-infinity', '2024-08-01', 'Đất trồng lúa nương', 'Upland rice land', 'LUA', '#fffcb4', false, 'LUK', NULL, 1, NULL),
	('land_use', 'DNG', '-infinity', 'infinity', 'Đất xây dựng cơ sở ngoại giao', 'Diplomatic facility', 'DSN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'DXH', '2024-08-01', 'infinity', 'Đất xây dựng cơ sở xã hội', 'Social facility', 'DSN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_origin', 'DT-KCN-THN', '-infinity', 'infinity', 'Thuê đất của doanh nghiệp đầu tư hạ tầng khu công nghiệp, trả tiền hằng năm', 'Leased from an industrial-park developer, rent paid yearly', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'MNC', '-infinity', '2024-08-01', 'Đất có mặt nước chuyên dùng', 'Ponds, lakes, lagoons', 'TVC', '#b4ffff', false, NULL, NULL, 1, NULL),
	('land_use', 'SKK', '-infinity', 'infinity', 'Đất khu công nghiệp', 'Industrial park', 'SCC', '#faaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'DSH', '-infinity', '2024-08-01', 'Đất sinh hoạt cộng đồng', 'Community activities', 'CCC', '#ffaaa0', false, 'DKV', NULL, 1, NULL),
	('land_use', 'RPH', '-infinity', 'infinity', 'Đất rừng phòng hộ', 'Protection forest', 'LNP', '#beff1e', false, NULL, NULL, 1, NULL),
	('permit_type', 'TBKC', '-infinity', 'infinity', 'Thông báo khởi công (miễn phép)', 'Commencement notice for exempt works', NULL, NULL, false, NULL, 'Law 135/2025; not for households’ houses', 1, NULL),
	('work_kind', 'OTHER', '-infinity', 'infinity', 'Khác', 'Other', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'DSN', '-infinity', 'infinity', 'Đất xây dựng công trình sự nghiệp', 'Public non-business works', 'PNN', '#ffa0aa', true, NULL, NULL, 1, NULL),
	('permit_status', 'EXPIRED', '-infinity', 'infinity', 'Hết hiệu lực', 'Expired', NULL, '#92400e', false, NULL, 'Public; 12 months without start and no extension', 1, NULL),
	('land_use', 'DCS', '-infinity', 'infinity', 'Đất đồi núi chưa sử dụng', 'Unused hilly land', 'CSD', '#fffffe', false, NULL, NULL, 1, NULL),
	('land_use', 'DPC', '2024-08-01', 'infinity', 'Đất công trình phòng, chống thiên tai', 'Disaster prevention works', 'CCC', NULL, false, NULL, NULL, 1, NULL),
	('document_series', 'BDDC', '-infinity', 'infinity', 'Bản đồ địa chính (BĐĐC)', 'Cadastral map', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'TMD', '-infinity', 'infinity', 'Đất thương mại, dịch vụ', 'Commerce and services', 'CSK', '#faaaa0', false, NULL, NULL, 1, NULL),
	('land_use', 'DGD', '-infinity', 'infinity', 'Đất xây dựng cơ sở giáo dục và đào tạo', 'Education and training', 'DSN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_origin', 'DG-QL', '-infinity', 'infinity', 'Nhà nước giao đất để quản lý', 'Allocated by the State for management', NULL, NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'PNK', '-infinity', 'infinity', 'Đất phi nông nghiệp khác', 'Other non-agricultural land', 'PNN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('permit_status', 'RECEIVED', '-infinity', 'infinity', 'Đã tiếp nhận', 'Received', NULL, '#60a5fa', false, NULL, 'State only; the clock starts', 1, NULL),
	('land_use', 'TTN', '2024-08-01', 'infinity', 'Đất tôn giáo, tín ngưỡng', 'Religious and belief', 'PNN', NULL, true, NULL, NULL, 1, NULL),
	('land_use', 'CQA', '-infinity', 'infinity', 'Đất sử dụng vào mục đích quốc phòng, an ninh', 'Defence and security', 'PNN', NULL, true, NULL, NULL, 1, NULL),
	('land_use', 'PNN', '-infinity', 'infinity', 'Nhóm đất phi nông nghiệp', 'Non-agricultural land', NULL, '#ffff64', true, NULL, NULL, 1, NULL),
	('land_use', 'TON', '-infinity', '2024-08-01', 'Đất cơ sở tôn giáo', 'Religious', 'TTN', '#faaaa0', false, NULL, NULL, 1, NULL),
	('permit_status', 'REJECTED', '-infinity', 'infinity', 'Từ chối', 'Refused', NULL, NULL, false, NULL, 'Not public', 1, NULL),
	('permit_status', 'SUBMITTED', '-infinity', 'infinity', 'Đã nộp', 'Submitted', NULL, '#9ca3af', false, NULL, 'State only', 1, NULL),
	('permit_type', 'CL', '-infinity', 'infinity', 'Cấp lại', 'Reissue', NULL, NULL, false, NULL, 'Decree 217/2026; lost or damaged', 1, NULL),
	('land_use', 'SON', '-infinity', 'infinity', 'Đất có mặt nước dạng sông, ngòi, kênh, rạch, suối', 'Rivers, canals, streams', 'TVC', '#a0ffff', false, NULL, NULL, 1, NULL),
	('land_use_scheme', '2014', '-infinity', 'infinity', 'Thông tư 28/2014, 25/2014, 27/2018', 'Circulars 28/2014, 25/2014, 27/2018', NULL, NULL, false, NULL, 'Until 31 July 2024', 1, NULL),
	('land_use', 'DSK', '-infinity', 'infinity', 'Đất xây dựng công trình sự nghiệp khác', 'Other public non-business works', 'DSN', '#ffaaa0', false, NULL, 'Takes in DTS of 2014', 1, NULL),
	('land_use', 'CNT', '2024-08-01', 'infinity', 'Đất chăn nuôi tập trung', 'Concentrated livestock land', 'NNP', NULL, false, NULL, NULL, 1, NULL),
	('land_use', 'LUA', '-infinity', 'infinity', 'Đất trồng lúa', 'Rice land', 'CHN', '#fffc82', true, NULL, NULL, 1, NULL),
	('permit_status', 'CANCELLED', '-infinity', 'infinity', 'Hủy', 'Cancelled', NULL, '#6b7280', false, NULL, 'Public', 1, NULL),
	('land_use', 'DXH', '-infinity', '2024-08-01', 'Đất xây dựng cơ sở dịch vụ xã hội', 'Social facility', 'DSN', '#ffaaa0', false, NULL, NULL, 1, NULL),
	('land_user_type', 'CDS', '-infinity', 'infinity', 'Cộng đồng dân cư', 'Community', NULL, NULL, false, NULL, NULL, 1, NULL),
	('permit_type', 'CTH', '-infinity', 'infinity', 'Có thời hạn', 'With a term', NULL, NULL, false, NULL, 'Law 135/2025 art. 43.1 and 44', 1, NULL),
	('land_use', 'TSC', '-infinity', 'infinity', 'Đất xây dựng trụ sở cơ quan', 'Government office', 'PNN', '#ffaaa0', false, NULL, NULL, 1, NULL);
INSERT INTO landmap.meta VALUES
	('territory', 'hcmc');
INSERT INTO landmap.schema_version VALUES
	('0001');
INSERT INTO landmap.stage OVERRIDING SYSTEM VALUE VALUES
	(1, 'parcels', 'published', 1, '2026-11-22 09:58:53.869436+00', 2, '{"close": 0, "insert": 4, "update": 0, "unchanged": 0}', false, NULL, 'tester', 'Test', NULL, NULL, NULL, NULL),
	(2, 'parcels', 'published', 2, '2026-11-22 09:58:53.933649+00', 3, '{"close": 0, "insert": 1, "update": 1, "unchanged": 0}', false, NULL, 'tester', 'Test', NULL, NULL, NULL, NULL),
	(3, 'parcels', 'published', 3, '2026-11-22 09:58:53.992198+00', 4, '{"close": 0, "insert": 0, "update": 1, "unchanged": 0}', false, NULL, 'tester', 'Test', NULL, NULL, NULL, NULL),
	(4, 'permits', 'published', 5, '2026-11-22 09:58:54.054614+00', 6, '{"insert": 2}', false, NULL, 'tester', 'Test', NULL, NULL, NULL, NULL),
	(5, 'parcels', 'staged', 7, '2026-11-22 09:58:54.165648+00', NULL, '{"close": 0, "insert": 1, "update": 1, "unchanged": 0}', false, NULL, 'tester', 'Chờ công bố', 'cho.gpkg', 'ab12', '5/QĐ-UBND', NULL);
INSERT INTO landmap.valid_bound VALUES
	('parcels', '2090-01-01 00:00:00+00', 2, 3, -1),
	('parcels', '2026-11-22 09:58:53.908188+00', 2, 2, 1),
	('parcels', '2026-11-22 09:58:53.908188+00', 2, 3, 1),
	('parcels', '2020-01-01 00:00:00+00', 2, 3, 2),
	('parcels', '2020-01-01 00:00:00+00', 3, 3, 0),
	('parcels', '2024-01-01 00:00:00+00', 3, 3, 0),
	('parcels', '2090-01-01 00:00:00+00', 3, 3, 1),
	('parcels', '2026-11-22 09:58:53.908188+00', 4, 3, 0),
	('parcels', '2026-11-22 09:58:54.02878+00', 4, 3, 0),
	('parcels', '2026-11-22 09:58:53.908188+00', 5, 3, 0),
	('parcels', '2026-11-22 09:58:54.02878+00', 5, 3, 0),
	('permits', '2026-11-22 09:58:54.069554+00', 6, 0, 1),
	('permits', '2026-11-22 09:58:54.069554+00', 6, 3, 1),
	('parcels', '2026-11-22 09:58:53.908188+00', 7, 3, 0),
	('parcels', '2026-11-22 09:58:53.908188+00', 7, 2, 0),
	('parcels', '2026-11-22 09:58:54.103957+00', 7, 2, -1),
	('parcels', '2026-11-22 09:58:54.103957+00', 7, 3, 1);
SELECT pg_catalog.setval('land_history.parcels_version_seq', 16, true);
SELECT pg_catalog.setval('land_history.permits_version_seq', 2, true);
SELECT pg_catalog.setval('land_staging.s5_row_seq', 2, true);
SELECT pg_catalog.setval('landmap.coverage_id_seq', 1, false);
SELECT pg_catalog.setval('landmap.quarantine_id_seq', 1, false);
SELECT pg_catalog.setval('landmap.stage_id_seq', 5, true);
ALTER TABLE ONLY land_history.parcels
    ADD CONSTRAINT parcels_pkey PRIMARY KEY (version);
ALTER TABLE ONLY land_history.permits
    ADD CONSTRAINT permits_pkey PRIMARY KEY (version);
ALTER TABLE ONLY land_restricted.parcels_certificates
    ADD CONSTRAINT parcels_certificates_pkey PRIMARY KEY (version);
ALTER TABLE ONLY land_restricted.parcels_holders
    ADD CONSTRAINT parcels_holders_pkey PRIMARY KEY (version);
ALTER TABLE ONLY land_restricted.permits_applicants
    ADD CONSTRAINT permits_applicants_pkey PRIMARY KEY (version);
ALTER TABLE ONLY land_staging.s5
    ADD CONSTRAINT s5_pkey PRIMARY KEY ("row");
ALTER TABLE ONLY landmap.changeset
    ADD CONSTRAINT changeset_committed_at_key UNIQUE (committed_at);
ALTER TABLE ONLY landmap.changeset_layer
    ADD CONSTRAINT changeset_layer_pkey PRIMARY KEY (layer, number);
ALTER TABLE ONLY landmap.changeset
    ADD CONSTRAINT changeset_pkey PRIMARY KEY (number);
ALTER TABLE ONLY landmap.code
    ADD CONSTRAINT code_pkey PRIMARY KEY (list, code, valid_from, from_changeset);
ALTER TABLE ONLY landmap.coverage
    ADD CONSTRAINT coverage_pkey PRIMARY KEY (id);
ALTER TABLE ONLY landmap.lineage
    ADD CONSTRAINT lineage_pkey PRIMARY KEY (layer, parent, child, changeset);
ALTER TABLE ONLY landmap.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY landmap.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);
ALTER TABLE ONLY landmap.schema_version
    ADD CONSTRAINT schema_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY landmap.stage
    ADD CONSTRAINT stage_pkey PRIMARY KEY (id);
ALTER TABLE ONLY landmap.valid_bound
    ADD CONSTRAINT valid_bound_pkey PRIMARY KEY (layer, at, changeset, shown);
CREATE INDEX parcels_commune_old_open ON land_history.parcels USING btree (commune_old) WHERE (to_changeset IS NULL);
CREATE INDEX parcels_commune_open ON land_history.parcels USING btree (commune) WHERE (to_changeset IS NULL);
CREATE INDEX parcels_from ON land_history.parcels USING brin (from_changeset);
CREATE INDEX parcels_geom_closed ON land_history.parcels USING gist (geom_84) WHERE (to_changeset IS NOT NULL);
CREATE INDEX parcels_geom_open ON land_history.parcels USING gist (geom_84) WHERE (to_changeset IS NULL);
CREATE INDEX parcels_id ON land_history.parcels USING btree (id);
CREATE INDEX parcels_identity ON land_history.parcels USING btree (parcel, sheet, document_series, commune_old) WHERE (to_changeset IS NULL);
CREATE INDEX parcels_key_closed ON land_history.parcels USING btree (sort_key, id, to_changeset, from_changeset) WHERE (to_changeset IS NOT NULL);
CREATE INDEX parcels_key_open ON land_history.parcels USING btree (sort_key, id, from_changeset) WHERE (to_changeset IS NULL);
CREATE INDEX parcels_land_use_open ON land_history.parcels USING btree (land_use) WHERE (to_changeset IS NULL);
CREATE INDEX parcels_parcel_identifier_open ON land_history.parcels USING btree (parcel_identifier) WHERE (to_changeset IS NULL);
CREATE INDEX parcels_to ON land_history.parcels USING btree (to_changeset) WHERE (to_changeset IS NOT NULL);
CREATE INDEX permits_from ON land_history.permits USING brin (from_changeset);
CREATE INDEX permits_geom_closed ON land_history.permits USING gist (geom_84) WHERE (to_changeset IS NOT NULL);
CREATE INDEX permits_geom_open ON land_history.permits USING gist (geom_84) WHERE (to_changeset IS NULL);
CREATE INDEX permits_id ON land_history.permits USING btree (id);
CREATE INDEX permits_identity ON land_history.permits USING btree (number, office) WHERE (to_changeset IS NULL);
CREATE INDEX permits_issued_on_open ON land_history.permits USING btree (issued_on) WHERE (to_changeset IS NULL);
CREATE INDEX permits_key_closed ON land_history.permits USING btree (sort_key, id, to_changeset, from_changeset) WHERE (to_changeset IS NOT NULL);
CREATE INDEX permits_key_open ON land_history.permits USING btree (sort_key, id, from_changeset) WHERE (to_changeset IS NULL);
CREATE INDEX permits_permit_type_open ON land_history.permits USING btree (permit_type) WHERE (to_changeset IS NULL);
CREATE INDEX permits_status_open ON land_history.permits USING btree (status) WHERE (to_changeset IS NULL);
CREATE INDEX permits_to ON land_history.permits USING btree (to_changeset) WHERE (to_changeset IS NOT NULL);
CREATE INDEX coverage_area ON landmap.coverage USING gist (area);
CREATE INDEX lineage_child ON landmap.lineage USING btree (layer, child);
CREATE INDEX quarantine_stage ON landmap.quarantine USING btree (stage, severity, reason);
CREATE TRIGGER edit INSTEAD OF INSERT OR DELETE OR UPDATE ON land.parcels FOR EACH ROW EXECUTE FUNCTION land.parcels_edit();
CREATE TRIGGER edit INSTEAD OF INSERT OR DELETE OR UPDATE ON land.permits FOR EACH ROW EXECUTE FUNCTION land.permits_edit();
CREATE CONSTRAINT TRIGGER stamp AFTER INSERT ON landmap.changeset DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION landmap.stamp_changeset();
ALTER TABLE ONLY landmap.changeset_layer
    ADD CONSTRAINT changeset_layer_number_fkey FOREIGN KEY (number) REFERENCES landmap.changeset(number);
ALTER TABLE ONLY landmap.changeset
    ADD CONSTRAINT changeset_reverts_fkey FOREIGN KEY (reverts) REFERENCES landmap.changeset(number);
ALTER TABLE ONLY landmap.code
    ADD CONSTRAINT code_from_changeset_fkey FOREIGN KEY (from_changeset) REFERENCES landmap.changeset(number);
ALTER TABLE ONLY landmap.code
    ADD CONSTRAINT code_to_changeset_fkey FOREIGN KEY (to_changeset) REFERENCES landmap.changeset(number);
ALTER TABLE ONLY landmap.lineage
    ADD CONSTRAINT lineage_changeset_fkey FOREIGN KEY (changeset) REFERENCES landmap.changeset(number);
ALTER TABLE ONLY landmap.quarantine
    ADD CONSTRAINT quarantine_stage_fkey FOREIGN KEY (stage) REFERENCES landmap.stage(id);
ALTER TABLE ONLY landmap.stage
    ADD CONSTRAINT stage_changeset_fkey FOREIGN KEY (changeset) REFERENCES landmap.changeset(number);
ALTER TABLE ONLY landmap.stage_lineage
    ADD CONSTRAINT stage_lineage_stage_fkey FOREIGN KEY (stage) REFERENCES landmap.stage(id) ON DELETE CASCADE;
ALTER TABLE ONLY landmap.valid_bound
    ADD CONSTRAINT valid_bound_changeset_fkey FOREIGN KEY (changeset) REFERENCES landmap.changeset(number);
GRANT USAGE ON SCHEMA land TO landmap_staff;
GRANT USAGE ON SCHEMA land_history TO landmap_public;
GRANT USAGE ON SCHEMA land_history TO landmap_staff;
GRANT USAGE ON SCHEMA land_restricted TO landmap_staff;
GRANT USAGE ON SCHEMA landmap TO landmap_public;
GRANT USAGE ON SCHEMA landmap TO landmap_staff;
GRANT SELECT ON TABLE land_history.parcels TO landmap_staff;
GRANT SELECT(version) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(id) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(fid) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(valid) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(valid_from_known) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(from_changeset) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(to_changeset) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(sort_key) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(shown) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(geom) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(geom_84) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(survey_crs) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(commune) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(commune_old) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(document_series) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(sheet) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(parcel) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(sheet_former) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(parcel_former) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(map_scale) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(land_use_raw) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(land_use_scheme) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(land_use) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(land_uses) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(measured_area) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(street) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(street_old) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT(registered_on) ON TABLE land_history.parcels TO landmap_public;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE land.parcels TO landmap_staff;
GRANT SELECT ON TABLE land_history.permits TO landmap_staff;
GRANT SELECT(version) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(id) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(fid) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(valid) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(valid_from_known) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(from_changeset) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(to_changeset) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(sort_key) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(shown) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(geom) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(geom_84) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(survey_crs) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(number) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(office) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(type_raw) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(permit_type) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(status) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(status_since) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(received_on) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(issued_on) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(expires_on) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(work_kind) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(works) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(storeys) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(storeys_below) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(height) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(floor_area) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(footprint_area) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(parcels) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT(street) ON TABLE land_history.permits TO landmap_public;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE land.permits TO landmap_staff;
GRANT SELECT ON TABLE land_restricted.parcels_certificates TO landmap_staff;
GRANT SELECT ON TABLE land_restricted.parcels_holders TO landmap_staff;
GRANT SELECT ON TABLE land_restricted.permits_applicants TO landmap_staff;
GRANT SELECT ON TABLE landmap.changeset TO landmap_public;
GRANT SELECT ON TABLE landmap.changeset TO landmap_staff;
GRANT SELECT ON TABLE landmap.changeset_layer TO landmap_public;
GRANT SELECT ON TABLE landmap.changeset_layer TO landmap_staff;
GRANT SELECT ON TABLE landmap.code TO landmap_public;
GRANT SELECT ON TABLE landmap.code TO landmap_staff;
GRANT SELECT ON TABLE landmap.coverage TO landmap_public;
GRANT SELECT ON TABLE landmap.coverage TO landmap_staff;
GRANT SELECT ON TABLE landmap.lineage TO landmap_public;
GRANT SELECT ON TABLE landmap.lineage TO landmap_staff;
GRANT SELECT ON TABLE landmap.valid_bound TO landmap_public;
GRANT SELECT ON TABLE landmap.valid_bound TO landmap_staff;
