-- Fixed system tables. `landmap` is for Landmap itself; layers have land, land_history, land_staging, land_restricted.

CREATE SCHEMA IF NOT EXISTS land;
CREATE SCHEMA IF NOT EXISTS land_history;
CREATE SCHEMA IF NOT EXISTS land_staging;
CREATE SCHEMA IF NOT EXISTS land_restricted;

CREATE TABLE landmap.meta (
    key text PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE landmap.changeset (
    number integer PRIMARY KEY CHECK (number > 0),
    begun_at timestamptz NOT NULL,
    committed_at timestamptz NOT NULL UNIQUE,
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    counts jsonb NOT NULL DEFAULT '{}',
    actor text NOT NULL,
    title text NOT NULL,
    source_name text,
    source_digest text,
    document text,
    document_date date,
    reverts integer REFERENCES landmap.changeset
);
COMMENT ON TABLE landmap.changeset IS 'Every change the database knows; number orders all, committed_at grows with it';
COMMENT ON COLUMN landmap.changeset.begun_at IS 'when the publishing lock was taken: from when undated changes hold';

-- Whoever asked before the commit did not see the changeset: its instant is set at the end, however it was written.
CREATE FUNCTION landmap.stamp_changeset() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE landmap.changeset SET committed_at = greatest(clock_timestamp(), begun_at) WHERE number = NEW.number;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER stamp AFTER INSERT ON landmap.changeset DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION landmap.stamp_changeset();

-- The last changeset of a layer, now or as known at changeset k, is one index look-up.
CREATE TABLE landmap.changeset_layer (
    layer text NOT NULL,
    number integer NOT NULL REFERENCES landmap.changeset,
    PRIMARY KEY (layer, number)
);

CREATE TABLE landmap.stage (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer text NOT NULL,
    state text NOT NULL DEFAULT 'loading' CHECK (state IN ('loading', 'staged', 'published', 'refused')),
    base integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changeset integer REFERENCES landmap.changeset,
    counts jsonb NOT NULL DEFAULT '{}',
    several boolean NOT NULL DEFAULT false,
    report jsonb,
    actor text NOT NULL,
    title text NOT NULL,
    source_name text,
    source_digest text,
    document text,
    document_date date
);
COMMENT ON COLUMN landmap.stage.base IS 'last changeset when the records were matched';

-- Instants at which the answer about a layer changes by the clock alone, with how many more (or fewer) features hold
-- from then on. The number that hold at t as known at k is the sum of delta where at <= t and changeset <= k.
CREATE TABLE landmap.valid_bound (
    layer text NOT NULL,
    at timestamptz NOT NULL,
    changeset integer NOT NULL REFERENCES landmap.changeset,
    shown smallint NOT NULL,
    delta bigint NOT NULL,
    PRIMARY KEY (layer, at, changeset, shown)
);

CREATE TABLE landmap.lineage (
    layer text NOT NULL,
    parent uuid NOT NULL,
    child uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('split', 'merge', 'subdivide', 'boundary change', 'renumber')),
    at timestamptz NOT NULL,
    changeset integer NOT NULL REFERENCES landmap.changeset,
    PRIMARY KEY (layer, parent, child, changeset)
);
CREATE INDEX lineage_child ON landmap.lineage (layer, child);

CREATE TABLE landmap.stage_lineage (
    stage integer NOT NULL REFERENCES landmap.stage ON DELETE CASCADE,
    parent uuid NOT NULL,
    child uuid NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE landmap.coverage (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer text NOT NULL,
    commune text,
    area geometry(MultiPolygon, 4326) NOT NULL,
    level text NOT NULL CHECK (level IN ('complete', 'partial', 'none')),
    as_of date NOT NULL,
    agency text NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_at timestamptz
);
CREATE INDEX coverage_area ON landmap.coverage USING gist (area);

CREATE TABLE landmap.code (
    list text NOT NULL,
    code text NOT NULL,
    valid_from date NOT NULL DEFAULT '-infinity',
    valid_to date NOT NULL DEFAULT 'infinity',
    vi text NOT NULL,
    en text NOT NULL,
    parent text,
    color text,
    is_group boolean NOT NULL DEFAULT false,
    replaced_by text,
    note text,
    from_changeset integer NOT NULL REFERENCES landmap.changeset,
    to_changeset integer REFERENCES landmap.changeset,
    PRIMARY KEY (list, code, valid_from, from_changeset)
);

CREATE TABLE landmap.quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stage integer NOT NULL REFERENCES landmap.stage,
    layer text NOT NULL,
    source_row bigint,
    severity text NOT NULL CHECK (severity IN ('error', 'warning')),
    reason text NOT NULL,
    message_vi text NOT NULL,
    message_en text NOT NULL,
    responsible text NOT NULL,
    raw jsonb NOT NULL,
    geom_wkb bytea
);
CREATE INDEX quarantine_stage ON landmap.quarantine (stage, severity, reason);
