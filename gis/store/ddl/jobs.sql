-- What was asked for and is answered later. Only the service's own hand, `landmap_keeper`, reads and writes it: inputs and
-- results may hold what is not public.

CREATE TABLE landmap.job (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    process text NOT NULL,
    owner text NOT NULL,
    address bytea,
    inputs jsonb NOT NULL,
    outputs jsonb,
    response text NOT NULL,
    base text NOT NULL,
    language text NOT NULL,
    status text NOT NULL DEFAULT 'accepted' CHECK (status IN ('accepted', 'running', 'successful', 'failed', 'dismissed')),
    progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    message jsonb,
    problem jsonb,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    started timestamptz,
    updated timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished timestamptz,
    due timestamptz DEFAULT clock_timestamp(),
    attempt integer NOT NULL DEFAULT 0,
    losses integer NOT NULL DEFAULT 0,
    bytes bigint NOT NULL,
    CHECK ((due IS NOT NULL) = (status IN ('accepted', 'running'))),
    CHECK ((finished IS NULL) = (status IN ('accepted', 'running'))),
    CHECK ((problem IS NOT NULL) = (status = 'failed')),
    CHECK (address IS NULL OR (owner = 'public' AND finished IS NULL)),
    CHECK (status <> 'running' OR (attempt > 0 AND started IS NOT NULL))
);
COMMENT ON COLUMN landmap.job.id IS 'random: who knows it and is not signed in reaches the job of somebody who was not either';
COMMENT ON COLUMN landmap.job.owner IS 'the actor, who alone sees the job, and is looked up again when it runs';
COMMENT ON COLUMN landmap.job.address IS 'where it came from, while it waits or runs: a keyed hash, to count with and for nothing else';
COMMENT ON COLUMN landmap.job.due IS 'accepted: not to be run before; running: whoever runs it is gone, unless it has said by then that it is not';
COMMENT ON COLUMN landmap.job.attempt IS 'rises with each run: only the last one may write';
COMMENT ON COLUMN landmap.job.losses IS 'runs that ended without an outcome';
COMMENT ON COLUMN landmap.job.bytes IS 'of inputs and results';
CREATE INDEX job_due ON landmap.job (due) WHERE due IS NOT NULL;
CREATE INDEX job_owner ON landmap.job (owner, created DESC, id DESC);
CREATE INDEX job_turn ON landmap.job (owner, started DESC NULLS LAST);
CREATE INDEX job_updated ON landmap.job (updated);

CREATE TABLE landmap.job_output (
    job uuid NOT NULL REFERENCES landmap.job ON DELETE CASCADE,
    name text NOT NULL,
    media_type text,
    content bytea NOT NULL,
    PRIMARY KEY (job, name)
);
COMMENT ON COLUMN landmap.job_output.media_type IS 'of a document; null: a value, as JSON';

GRANT SELECT, INSERT, DELETE ON landmap.job, landmap.job_output TO landmap_keeper;
GRANT UPDATE (address, inputs, outputs, status, progress, message, problem, started, updated, finished, due, attempt, losses, bytes)
    ON landmap.job TO landmap_keeper;

-- The holder of a key on whose behalf a job runs: the service has no secret any more by then.
CREATE FUNCTION landmap.key_holder(key text)
RETURNS TABLE (state text, role text, agency text, layers text[], area text, owns text[], reads text[], restricted text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT a.* FROM landmap.api_key k, landmap.key_actor(k.id, k.digest) a WHERE k.id = key
$$;
REVOKE ALL ON FUNCTION landmap.key_holder(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION landmap.key_holder(text), landmap.member_actor(text, text) TO landmap_keeper;
