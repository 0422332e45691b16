-- What belongs to a job beside its results: whom it calls, and what a run has kept of its work. As the jobs themselves, only
-- `landmap_keeper` reads and writes it.

CREATE TABLE landmap.job_call (
    job uuid NOT NULL REFERENCES landmap.job ON DELETE CASCADE,
    event text NOT NULL CHECK (event IN ('success', 'inProgress', 'failed')),
    url text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'withheld')),
    due timestamptz DEFAULT clock_timestamp(),
    told text,
    attempts integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    tried timestamptz,
    answer smallint,
    problem text,
    PRIMARY KEY (job, event)
);
COMMENT ON COLUMN landmap.job_call.due IS 'the receiver is not called before; null: it is not called any more';
COMMENT ON COLUMN landmap.job_call.told IS 'what the receiver took last: a state of the job';
COMMENT ON COLUMN landmap.job_call.attempts IS 'rises with each call: only the last one writes';
COMMENT ON COLUMN landmap.job_call.failures IS 'calls in a row that the receiver did not take';
COMMENT ON COLUMN landmap.job_call.status IS 'withheld: it was tried for too long, or nothing of it is the owner''s to see any more';
CREATE INDEX job_call_due ON landmap.job_call (due) WHERE due IS NOT NULL;

CREATE TABLE landmap.job_part (
    job uuid NOT NULL REFERENCES landmap.job ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (job, number)
);
COMMENT ON TABLE landmap.job_part IS 'finished work of a run, from which the next one goes on; deleted when the job is over';

GRANT SELECT, INSERT, UPDATE, DELETE ON landmap.job_call, landmap.job_part TO landmap_keeper;
