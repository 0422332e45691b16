-- What citizens report on the map, as to a hotline. What everybody may see lies apart from what was told: text, exact place,
-- contact and photo are read as `landmap_keeper` alone; the public's login has no right to them.

CREATE TABLE landmap.report (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number text NOT NULL UNIQUE CHECK (number ~ '^PA-[0-9A-HJKMNP-TV-Z]{8}$'),
    category text NOT NULL,
    agency text NOT NULL,
    agency_title text NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'in_progress', 'answered', 'declined')),
    near public.geometry (Point, 4326) NOT NULL,
    requested timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer text,
    version integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE landmap.report IS 'what everybody may see of a report, and nothing else';
COMMENT ON COLUMN landmap.report.number IS 'drawn at random: the next one cannot be guessed';
COMMENT ON COLUMN landmap.report.near IS 'the place, rounded to 0.0001° (about 11 m)';
COMMENT ON COLUMN landmap.report.answer IS 'what the agency says to everybody';
COMMENT ON COLUMN landmap.report.version IS 'of its last event';
CREATE INDEX report_near ON landmap.report USING gist (near);
CREATE INDEX report_requested ON landmap.report (requested, id);
CREATE INDEX report_queue ON landmap.report (agency, requested, id);

CREATE TABLE landmap.report_told (
    report uuid PRIMARY KEY REFERENCES landmap.report ON DELETE CASCADE,
    place public.geometry (Point, 4326) NOT NULL,
    description text,
    address text
);
COMMENT ON TABLE landmap.report_told IS 'for the agency that is responsible, and nobody else';

CREATE TABLE landmap.report_contact (
    report uuid PRIMARY KEY REFERENCES landmap.report ON DELETE CASCADE,
    name text,
    phone text,
    email text
);
COMMENT ON TABLE landmap.report_contact IS 'taken away after a time; for the agency that is responsible, and nobody else';

CREATE TABLE landmap.report_photo (
    report uuid PRIMARY KEY REFERENCES landmap.report ON DELETE CASCADE,
    image bytea NOT NULL CHECK (length(image) BETWEEN 1 AND 4194304),
    size integer NOT NULL,
    released boolean NOT NULL DEFAULT false
);
ALTER TABLE landmap.report_photo ALTER image SET STORAGE EXTERNAL;
COMMENT ON COLUMN landmap.report_photo.image IS 'JPEG, written anew: nothing of the file that was sent but its pixels';
COMMENT ON COLUMN landmap.report_photo.released IS 'an officer has looked: everybody may see it';

CREATE VIEW landmap.report_picture WITH (security_barrier) AS
    SELECT r.number, p.image FROM landmap.report_photo p JOIN landmap.report r ON r.id = p.report WHERE p.released;

CREATE TABLE landmap.report_event (
    report uuid NOT NULL REFERENCES landmap.report ON DELETE CASCADE,
    version integer NOT NULL CHECK (version > 0),
    kind text NOT NULL CHECK (kind IN ('received', 'state', 'forwarded', 'photo', 'erased')),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    role text NOT NULL,
    agency text NOT NULL,
    state text NOT NULL,
    reason text,
    answer text,
    PRIMARY KEY (report, version)
);
COMMENT ON TABLE landmap.report_event IS 'written once';
COMMENT ON COLUMN landmap.report_event.agency IS 'that is responsible from then on';
COMMENT ON COLUMN landmap.report_event.reason IS 'for officers';

CREATE FUNCTION landmap.keep_report_events() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'landmap.report_event is written once: nothing in it is changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON landmap.report_event EXECUTE FUNCTION landmap.keep_report_events();
REVOKE ALL ON FUNCTION landmap.keep_report_events() FROM PUBLIC;

-- So many reports from one address and from all: kept for an hour, as a keyed hash that leads to nobody.
CREATE TABLE landmap.report_sender (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    address bytea
);
CREATE INDEX report_sender_at ON landmap.report_sender (at);

CREATE TABLE landmap.report_call (
    report uuid PRIMARY KEY REFERENCES landmap.report ON DELETE CASCADE,
    callback text NOT NULL,
    base text NOT NULL,
    language text NOT NULL,
    told integer NOT NULL DEFAULT 1,
    due timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    problem text
);
COMMENT ON TABLE landmap.report_call IS 'who is called when the state of a report changes; `told`: the version up to which';
CREATE INDEX report_call_due ON landmap.report_call (due);

GRANT SELECT ON landmap.report, landmap.report_picture TO landmap_public;
GRANT SELECT ON landmap.report, landmap.report_told, landmap.report_contact, landmap.report_photo, landmap.report_event,
    landmap.report_sender, landmap.report_call TO landmap_keeper;
GRANT SELECT (id, title) ON landmap.agency TO landmap_keeper;
GRANT INSERT ON landmap.report, landmap.report_told, landmap.report_contact, landmap.report_photo, landmap.report_event,
    landmap.report_sender, landmap.report_call TO landmap_keeper;
GRANT UPDATE (agency, agency_title, state, updated, answer, version) ON landmap.report TO landmap_keeper;
GRANT UPDATE (released) ON landmap.report_photo TO landmap_keeper;
GRANT UPDATE (told, due, attempts, problem) ON landmap.report_call TO landmap_keeper;
GRANT DELETE ON landmap.report_contact, landmap.report_sender, landmap.report_call TO landmap_keeper;
