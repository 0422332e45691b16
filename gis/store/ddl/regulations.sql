-- What laws and decisions say, as files of layers/: rule packs and what else a check answers with. A file is written once for
-- each content it had; an answer of an earlier day is given again by the content that was known then.

CREATE TABLE landmap.regulation (
    path text NOT NULL,
    content text NOT NULL,
    digest bytea NOT NULL CHECK (digest = sha256(convert_to(content, 'UTF8'))),
    from_changeset integer NOT NULL REFERENCES landmap.changeset,
    to_changeset integer REFERENCES landmap.changeset,
    PRIMARY KEY (path, from_changeset),
    CHECK (to_changeset > from_changeset)
);
COMMENT ON COLUMN landmap.regulation.path IS 'of the file in layers/: rules/<pack>.toml';
CREATE INDEX regulation_to ON landmap.regulation (to_changeset) WHERE to_changeset IS NOT NULL;
CREATE UNIQUE INDEX regulation_open ON landmap.regulation (path) WHERE to_changeset IS NULL;

GRANT SELECT ON landmap.regulation TO landmap_public, landmap_staff;
