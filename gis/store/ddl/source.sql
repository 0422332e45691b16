-- Sources have a table of their own; changesets and stages name them. No role but the owner has a right on it.

CREATE TABLE landmap.source (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fingerprint text NOT NULL UNIQUE,
    name text NOT NULL,
    digest text,
    size bigint,
    format text,
    layer text,
    crs_declared text,
    crs_used text,
    encodings jsonb NOT NULL DEFAULT '{}',
    records bigint,
    mapping jsonb NOT NULL DEFAULT '{}',
    agency text,
    document text,
    document_date date,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE landmap.source IS 'Where data came from and how they were read; never shown to the public';
COMMENT ON COLUMN landmap.source.fingerprint IS 'SHA-256 of all that tells one source from another';
COMMENT ON COLUMN landmap.source.name IS 'name of the file, without its path, or what the user calls it';

ALTER TABLE landmap.changeset ADD source integer REFERENCES landmap.source;
ALTER TABLE landmap.stage ADD source integer REFERENCES landmap.source;

-- Of what came before, name, digest and document are known.
INSERT INTO landmap.source (fingerprint, name, digest, document, document_date, received_at)
SELECT encode(sha256(convert_to(jsonb_build_array(name, digest, document, document_date)::text, 'UTF8')), 'hex'),
       name, digest, document, document_date, min(at)
FROM (SELECT coalesce(source_name, source_digest) AS name, source_digest AS digest, document, document_date, created_at AS at
      FROM landmap.stage
      UNION ALL SELECT coalesce(source_name, source_digest), source_digest, document, document_date, begun_at
      FROM landmap.changeset) known
WHERE name IS NOT NULL
GROUP BY name, digest, document, document_date
ORDER BY min(at);

UPDATE landmap.stage t SET source = s.id FROM landmap.source s
WHERE s.name = coalesce(t.source_name, t.source_digest)
  AND (s.digest, s.document, s.document_date) IS NOT DISTINCT FROM (t.source_digest, t.document, t.document_date);
UPDATE landmap.changeset t SET source = s.id FROM landmap.source s
WHERE s.name = coalesce(t.source_name, t.source_digest)
  AND (s.digest, s.document, s.document_date) IS NOT DISTINCT FROM (t.source_digest, t.document, t.document_date);

ALTER TABLE landmap.changeset DROP COLUMN source_name, DROP COLUMN source_digest;
ALTER TABLE landmap.stage DROP COLUMN source_name, DROP COLUMN source_digest;
