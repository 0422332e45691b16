-- Who may do what: agencies, their layers and areas, the keys and people that act for them. Secrets are kept as digests.

CREATE TABLE landmap.agency (
    id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9-]{1,39}$'),
    title text NOT NULL,
    area public.geometry,
    area_digest text,
    area_source text,
    CHECK ((area IS NULL) = (area_digest IS NULL)),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN landmap.agency.area IS 'in the storage CRS; null: the whole territory';
COMMENT ON COLUMN landmap.agency.area_digest IS 'tells one area from another, for caches';

CREATE TABLE landmap.agency_layer (
    agency text NOT NULL REFERENCES landmap.agency,
    layer text NOT NULL,
    owns boolean NOT NULL,
    PRIMARY KEY (agency, layer)
);
COMMENT ON TABLE landmap.agency_layer IS 'layers of which an agency sees its fields; those it owns it may change';

CREATE TABLE landmap.api_key (
    id text PRIMARY KEY CHECK (id ~ '^[a-z2-7]{10}$'),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    agency text REFERENCES landmap.agency,
    role text NOT NULL CHECK (role IN ('viewer', 'editor', 'publisher', 'auditor', 'admin')),
    layers text[],
    note text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    CHECK ((agency IS NULL) = (role IN ('auditor', 'admin')))
);
COMMENT ON COLUMN landmap.api_key.digest IS 'SHA-256 of the secret, which is 256 random bits';
COMMENT ON COLUMN landmap.api_key.layers IS 'the only layers that the key is for; null: all that its agency has';

CREATE TABLE landmap.member (
    issuer text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    agency text REFERENCES landmap.agency,
    role text NOT NULL CHECK (role IN ('viewer', 'editor', 'publisher', 'auditor', 'admin')),
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    granted_by text NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (issuer, subject),
    CHECK ((agency IS NULL) = (role IN ('auditor', 'admin')))
);
COMMENT ON TABLE landmap.member IS 'people who sign in through OpenID Connect, by issuer and subject';

-- What was changed about access, for the auditor; never a secret.
CREATE TABLE landmap.access_log (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);

-- The service asks these two and cannot list keys or people. `state`: valid, unknown, revoked or expired; only who knows
-- the secret learns more than "unknown".
CREATE FUNCTION landmap.actor_rights(of_agency text, only_layers text[], OUT area text, OUT owns text[], OUT reads text[])
LANGUAGE sql STABLE AS $$
    SELECT (SELECT a.area_digest FROM landmap.agency a WHERE a.id = of_agency),
           coalesce(array_agg(l.layer ORDER BY l.layer) FILTER (WHERE l.owns), '{}'),
           coalesce(array_agg(l.layer ORDER BY l.layer), '{}')
    FROM landmap.agency_layer l
    WHERE l.agency = of_agency AND (only_layers IS NULL OR l.layer = ANY (only_layers))
$$;

CREATE FUNCTION landmap.key_actor(key text, secret_digest bytea)
RETURNS TABLE (state text, role text, agency text, layers text[], area text, owns text[], reads text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= clock_timestamp() THEN 'expired' ELSE 'valid' END,
           k.role, k.agency, k.layers, r.area, r.owns, r.reads
    FROM landmap.api_key k, landmap.actor_rights(k.agency, k.layers) r
    WHERE k.id = key AND k.digest = secret_digest
$$;

CREATE FUNCTION landmap.member_actor(by_issuer text, by_subject text)
RETURNS TABLE (state text, role text, agency text, layers text[], area text, owns text[], reads text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT CASE WHEN m.expires_at <= clock_timestamp() THEN 'expired' ELSE 'valid' END,
           m.role, m.agency, NULL::text[], r.area, r.owns, r.reads
    FROM landmap.member m, landmap.actor_rights(m.agency, NULL) r
    WHERE m.issuer = by_issuer AND m.subject = by_subject
$$;

-- The area that bounds what an agency sees beyond the public, for the queries of its people.
CREATE FUNCTION landmap.agency_area(of_agency text) RETURNS public.geometry
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT area FROM landmap.agency WHERE id = of_agency $$;

REVOKE ALL ON FUNCTION landmap.actor_rights(text, text[]), landmap.key_actor(text, bytea), landmap.member_actor(text, text),
    landmap.agency_area(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION landmap.key_actor(text, bytea), landmap.member_actor(text, text) TO landmap_public;
GRANT EXECUTE ON FUNCTION landmap.agency_area(text) TO landmap_staff;
