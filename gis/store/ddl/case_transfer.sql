-- A case may be handed over to another agency. Its number stays that of the agency that opened it; who holds it works it.

ALTER TABLE landmap.permit_case ADD COLUMN holder text REFERENCES landmap.agency;
UPDATE landmap.permit_case SET holder = agency;
CREATE INDEX permit_case_holder ON landmap.permit_case (holder);
COMMENT ON COLUMN landmap.permit_case.agency IS 'which opened the case, and numbered it';
COMMENT ON COLUMN landmap.permit_case.holder IS 'the agency that works the case: which opened it, or to which it was handed over last';

ALTER TABLE landmap.case_event ADD COLUMN receiver text REFERENCES landmap.agency;
ALTER TABLE landmap.case_event DROP CONSTRAINT case_event_kind_check;
ALTER TABLE landmap.case_event ADD CONSTRAINT case_event_kind_check
    CHECK (kind IN ('opened', 'state', 'application', 'check', 'transfer'));
ALTER TABLE landmap.case_event ADD CONSTRAINT case_event_receiver_check
    CHECK ((kind = 'transfer') = (receiver IS NOT NULL) AND receiver <> agency);
COMMENT ON COLUMN landmap.case_event.receiver IS 'to which agency the case was handed over';

CREATE OR REPLACE FUNCTION landmap.number_case_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
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
        holder = coalesce(NEW.receiver, found.holder, found.agency),
        application = coalesce(NEW.application, found.application),
        parcel = CASE WHEN NEW.application IS NULL THEN found.parcel ELSE NEW.parcel END,
        place = coalesce(NEW.place, found.place),
        -- What was advised on other inputs is no advice on these.
        advice = CASE WHEN NEW.application IS NULL THEN coalesce(NEW.advice, found.advice) END,
        decision = coalesce(NEW.decision, found.decision)
    WHERE id = NEW.case_id;
    RETURN NEW;
END $$;

GRANT SELECT ON landmap.agency_layer TO landmap_keeper;
