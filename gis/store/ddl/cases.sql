-- Applications for permits on their way through an office: what they ask, each state they came into, each decision with its
-- reason. Nothing of it is about applicants; officers are named. The service reads and adds to all of it as `landmap_keeper`,
-- which can take nothing of it back.

CREATE TABLE landmap.permit_case (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agency text NOT NULL REFERENCES landmap.agency,
    number text NOT NULL,
    permit_type text,
    work_kind text,
    house boolean,
    opened_by text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    version integer NOT NULL DEFAULT 0,
    changed bigint UNIQUE,
    changed_at timestamptz,
    state text,
    day date,
    application jsonb,
    parcel uuid,
    place public.geometry,
    advice jsonb,
    decision jsonb,
    UNIQUE (agency, number)
);
CREATE INDEX permit_case_number ON landmap.permit_case (number);
COMMENT ON COLUMN landmap.permit_case.number IS 'mã hồ sơ: each agency numbers its own';
COMMENT ON COLUMN landmap.permit_case.version IS 'of its last event; this and what stands below follow from the events';
COMMENT ON COLUMN landmap.permit_case.changed IS 'number of its last event: in the order of commits';
COMMENT ON COLUMN landmap.permit_case.place IS 'a point on the lot, in the storage CRS: within whose area the case lies';

CREATE TABLE landmap.case_event (
    number bigint PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES landmap.permit_case,
    version integer NOT NULL CHECK (version > 0),
    kind text NOT NULL CHECK (kind IN ('opened', 'state', 'application', 'check')),
    at timestamptz NOT NULL,
    day date NOT NULL,
    actor text NOT NULL,
    role text NOT NULL,
    agency text NOT NULL,
    from_state text,
    state text NOT NULL,
    reason text,
    document text,
    application jsonb,
    parcel uuid,
    place public.geometry,
    advice jsonb,
    decision jsonb,
    UNIQUE (case_id, version),
    CHECK (kind <> 'opened' OR (version = 1 AND application IS NOT NULL AND place IS NOT NULL)),
    CHECK ((application IS NULL) = (place IS NULL)),
    CHECK ((kind = 'check') = (advice IS NOT NULL)),
    CHECK (decision IS NULL OR kind = 'state')
);
COMMENT ON TABLE landmap.case_event IS 'Written once';
CREATE INDEX case_event_at ON landmap.case_event (at);
COMMENT ON COLUMN landmap.case_event.day IS 'of the event, on the clock of the territory; `at` is when it was recorded, and grows with `number`';
COMMENT ON COLUMN landmap.case_event.advice IS 'what a check said: verdict, hash and what it stands on, so that it can be given again';
COMMENT ON COLUMN landmap.case_event.decision IS 'outcome, the verdict before it, and whether it departs from that';

-- One writer at a time, so that numbers follow the order of commits and a reader who has seen one has seen all below it.
-- An event that is not the next one of its case is passed over: somebody else was first.
CREATE FUNCTION landmap.number_case_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    found landmap.permit_case;
    newest landmap.case_event;
BEGIN
    PERFORM pg_advisory_xact_lock(7305476);
    SELECT * INTO found FROM landmap.permit_case WHERE id = NEW.case_id FOR UPDATE;
    IF found.id IS NULL OR found.version <> NEW.version - 1 THEN
        RETURN NULL;
    END IF;
    SELECT * INTO newest FROM landmap.case_event ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(newest.number, 0) + 1;
    NEW.at := greatest(clock_timestamp(), newest.at + interval '1 microsecond');
    NEW.from_state := found.state;
    UPDATE landmap.permit_case SET
        version = NEW.version, changed = NEW.number, changed_at = NEW.at, state = NEW.state, day = NEW.day,
        application = coalesce(NEW.application, found.application),
        parcel = CASE WHEN NEW.application IS NULL THEN found.parcel ELSE NEW.parcel END,
        place = coalesce(NEW.place, found.place),
        -- What was advised on other inputs is no advice on these.
        advice = CASE WHEN NEW.application IS NULL THEN coalesce(NEW.advice, found.advice) END,
        decision = coalesce(NEW.decision, found.decision)
    WHERE id = NEW.case_id;
    RETURN NEW;
END $$;
CREATE TRIGGER number BEFORE INSERT ON landmap.case_event FOR EACH ROW EXECUTE FUNCTION landmap.number_case_event();

CREATE FUNCTION landmap.keep_case_events() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'landmap.case_event is written once: nothing in it is changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON landmap.case_event EXECUTE FUNCTION landmap.keep_case_events();

REVOKE ALL ON FUNCTION landmap.number_case_event(), landmap.keep_case_events() FROM PUBLIC;
GRANT SELECT ON landmap.permit_case, landmap.case_event TO landmap_keeper;
GRANT INSERT (agency, number, permit_type, work_kind, house, opened_by) ON landmap.permit_case TO landmap_keeper;
GRANT INSERT ON landmap.case_event TO landmap_keeper;

-- Answers to requests that carried a key, to be given again to who repeats one because the first answer got lost.
CREATE TABLE landmap.kept_answer (
    actor text NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    status smallint,
    headers jsonb,
    body bytea,
    PRIMARY KEY (actor, key)
);
COMMENT ON COLUMN landmap.kept_answer.request IS 'SHA-256 of what was asked: the key stands for nothing else';
COMMENT ON COLUMN landmap.kept_answer.status IS 'null only within the transaction that does what was asked';
CREATE INDEX kept_answer_at ON landmap.kept_answer (at);
GRANT SELECT, INSERT, DELETE, UPDATE (status, headers, body) ON landmap.kept_answer TO landmap_keeper;
