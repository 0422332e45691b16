-- When the indicators by ward were computed, and from which data: so that everybody is told how they stand, and whoever
-- computes them knows whether there is anything to do. There is no queue: what was published since the last row is one.

CREATE TABLE landmap.indicator_run (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changeset integer NOT NULL,
    declared timestamptz NOT NULL,
    surveyed integer,
    surveyed_declared timestamptz,
    newest date NOT NULL,
    days integer NOT NULL CHECK (days > 0),
    published integer REFERENCES landmap.changeset,
    began timestamptz NOT NULL,
    finished timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (finished >= began),
    CHECK ((surveyed IS NULL) = (surveyed_declared IS NULL))
);
COMMENT ON TABLE landmap.indicator_run IS 'one row each time all indicators were computed to the end';
COMMENT ON COLUMN landmap.indicator_run.changeset IS 'everything published up to it is in the figures';
COMMENT ON COLUMN landmap.indicator_run.declared IS 'everything declared about coverage by then is in the figures';
COMMENT ON COLUMN landmap.indicator_run.surveyed IS 'the same as changeset, of the buildings of the newest day; null: they were never compared';
COMMENT ON COLUMN landmap.indicator_run.surveyed_declared IS 'the same as declared, of the buildings of the newest day';
COMMENT ON COLUMN landmap.indicator_run.newest IS 'the last day that was counted';
COMMENT ON COLUMN landmap.indicator_run.published IS 'the changeset that it made; null: nothing was new';

GRANT SELECT ON landmap.indicator_run TO landmap_public, landmap_staff, landmap_keeper;
GRANT SELECT (layer, declared_at, withdrawn_at) ON landmap.coverage TO landmap_keeper;
