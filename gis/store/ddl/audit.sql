-- Who looked at what and who changed whose access, how much was asked for, and who may read restricted fields.
-- The service writes all this, and reads restricted fields, as `landmap_keeper`, which can take nothing of it back.

CREATE TABLE landmap.audit (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('restricted', 'read', 'edit', 'access', 'refused')),
    actor text NOT NULL,
    role text,
    agency text,
    action text NOT NULL,
    layer text,
    feature uuid,
    subject text,
    detail jsonb NOT NULL DEFAULT '{}',
    rows bigint,
    bytes bigint,
    status smallint,
    times integer NOT NULL DEFAULT 1 CHECK (times > 0),
    request_id text,
    digest bytea NOT NULL
);
COMMENT ON TABLE landmap.audit IS 'Written once: each row seals itself and all before it with its digest';
COMMENT ON COLUMN landmap.audit.kind IS 'restricted: restricted fields were read; read, edit: asked by somebody who signed in (what was changed is in the changesets); access: rights were changed; refused: credentials that opened nothing';
COMMENT ON COLUMN landmap.audit.times IS 'how many like answers the row stands for; `at` and `request_id` are of the first';
COMMENT ON COLUMN landmap.audit.detail IS 'purpose, case, names of parameters; never a value of the data nor what was looked for by name';
CREATE INDEX audit_feature ON landmap.audit (feature, number) WHERE feature IS NOT NULL;
CREATE INDEX audit_actor ON landmap.audit (actor, number);
CREATE INDEX audit_layer ON landmap.audit (layer, number);
CREATE INDEX audit_at ON landmap.audit USING brin (at);

-- What a digest is made of, by position: a column that comes later does not break the rows before it.
CREATE FUNCTION landmap.audit_digest(a landmap.audit, before bytea) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT sha256(before || convert_to(jsonb_build_array(
        a.number, extract(epoch FROM a.at)::text, a.kind, a.actor, a.role, a.agency, a.action, a.layer, a.feature, a.subject,
        a.detail, a.rows, a.bytes, a.status, a.times, a.request_id)::text, 'UTF8'))
$$;

-- One writer at a time, so that numbers have no gaps and follow the order of commits.
CREATE FUNCTION landmap.seal_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    newest bigint;
    before bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(7305474);
    SELECT number, digest INTO newest, before FROM landmap.audit ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(newest, 0) + 1;
    NEW.digest := landmap.audit_digest(NEW, coalesce(before, ''));
    RETURN NEW;
END $$;
CREATE TRIGGER seal BEFORE INSERT ON landmap.audit FOR EACH ROW EXECUTE FUNCTION landmap.seal_audit();

CREATE FUNCTION landmap.keep_audit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'landmap.audit is written once: nothing in it is changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON landmap.audit EXECUTE FUNCTION landmap.keep_audit();

-- What was on record about access moves here.
INSERT INTO landmap.audit (at, kind, actor, action, subject, detail)
SELECT at, 'access', actor, action, subject, detail FROM landmap.access_log ORDER BY number;
DROP TABLE landmap.access_log;

CREATE TABLE landmap.usage (
    day date NOT NULL,
    agency text NOT NULL,
    caller text NOT NULL,
    layer text NOT NULL,
    channel text NOT NULL,
    status smallint NOT NULL,
    hits bigint NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (day, agency, caller, layer, channel, status)
);
COMMENT ON COLUMN landmap.usage.day IS 'of the clock of the territory';
COMMENT ON COLUMN landmap.usage.agency IS 'empty: none';
COMMENT ON COLUMN landmap.usage.caller IS 'public, the id of a key, or people: those who signed in themselves are not told apart';
COMMENT ON COLUMN landmap.usage.layer IS 'empty: none';
COMMENT ON COLUMN landmap.usage.status IS 'first digit of the HTTP status';

-- Restricted fields open to one key or one person of the agency that owns the layer, on a legal ground, until a day.
CREATE TABLE landmap.restricted_grant (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    api_key text REFERENCES landmap.api_key,
    issuer text,
    subject text,
    agency text NOT NULL REFERENCES landmap.agency,
    layer text NOT NULL,
    groups text[] NOT NULL CHECK (cardinality(groups) > 0),
    basis text NOT NULL CHECK (basis <> ''),
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    granted_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text,
    CHECK ((api_key IS NULL) = (subject IS NOT NULL)),
    CHECK ((issuer IS NULL) = (subject IS NULL))
);
COMMENT ON COLUMN landmap.restricted_grant.agency IS 'for which it was given: it ends with the place there';
COMMENT ON COLUMN landmap.restricted_grant.groups IS 'groups of restricted fields, as layer.toml names their tables';
CREATE INDEX restricted_grant_key ON landmap.restricted_grant (api_key);
CREATE INDEX restricted_grant_person ON landmap.restricted_grant (issuer, subject);

CREATE FUNCTION landmap.restricted_rights(key text, by_issuer text, by_subject text, of_agency text, owned text[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT g.layer || '/' || of_layer), '{}')
    FROM landmap.restricted_grant g, unnest(g.groups) of_layer
    WHERE (g.api_key = key OR (g.issuer = by_issuer AND g.subject = by_subject)) AND g.agency = of_agency
      AND g.layer = ANY (owned) AND g.ended_at IS NULL AND g.expires_at > clock_timestamp()
$$;

DROP FUNCTION landmap.key_actor(text, bytea), landmap.member_actor(text, text);

CREATE FUNCTION landmap.key_actor(key text, secret_digest bytea)
RETURNS TABLE (state text, role text, agency text, layers text[], area text, owns text[], reads text[], restricted text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= clock_timestamp() THEN 'expired' ELSE 'valid' END,
           k.role, k.agency, k.layers, r.area, r.owns, r.reads, landmap.restricted_rights(k.id, NULL, NULL, k.agency, r.owns)
    FROM landmap.api_key k, landmap.actor_rights(k.agency, k.layers) r
    WHERE k.id = key AND k.digest = secret_digest
$$;

CREATE FUNCTION landmap.member_actor(by_issuer text, by_subject text)
RETURNS TABLE (state text, role text, agency text, layers text[], area text, owns text[], reads text[], restricted text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT CASE WHEN m.expires_at <= clock_timestamp() THEN 'expired' ELSE 'valid' END,
           m.role, m.agency, NULL::text[], r.area, r.owns, r.reads,
           landmap.restricted_rights(NULL, m.issuer, m.subject, m.agency, r.owns)
    FROM landmap.member m, landmap.actor_rights(m.agency, NULL) r
    WHERE m.issuer = by_issuer AND m.subject = by_subject
$$;

REVOKE ALL ON FUNCTION landmap.audit_digest(landmap.audit, bytea), landmap.seal_audit(), landmap.keep_audit(),
    landmap.restricted_rights(text, text, text, text, text[]), landmap.key_actor(text, bytea), landmap.member_actor(text, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION landmap.key_actor(text, bytea), landmap.member_actor(text, text) TO landmap_public;

-- What the service signs with what it gives out and takes back unseen; all its processes share it. 244 random bits.
INSERT INTO landmap.meta SELECT 'secret', encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid(), 'UTF8')), 'hex');
GRANT SELECT ON landmap.meta TO landmap_keeper;

-- The staff's pool serves every channel: it has nothing to do with restricted tables any more.
REVOKE ALL ON ALL TABLES IN SCHEMA land_restricted FROM landmap_staff;
REVOKE ALL ON SCHEMA land_restricted FROM landmap_staff;

GRANT USAGE ON SCHEMA landmap, land_history, land_restricted TO landmap_keeper;
GRANT SELECT, INSERT ON landmap.audit TO landmap_keeper;
GRANT SELECT, INSERT, UPDATE (hits, bytes) ON landmap.usage TO landmap_keeper;
GRANT SELECT (number, committed_at) ON landmap.changeset TO landmap_keeper;
GRANT SELECT ON landmap.changeset_layer, landmap.valid_bound TO landmap_keeper;
GRANT EXECUTE ON FUNCTION landmap.agency_area(text) TO landmap_keeper;
