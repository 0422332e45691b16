-- What is told of a feature of the time of one of its versions (gis/store/statements.py).
CREATE TYPE landmap.statement AS (valid tstzrange, valid_from_known boolean, changeset integer);

-- Changesets are looked for one by one now: layers have an index of their own for that, made with their tables, and the
-- coarse one of before is of no more use.
DO $$
DECLARE i regclass;
BEGIN
    FOR i IN SELECT x.indexrelid::regclass FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am a ON a.oid = c.relam
             WHERE a.amname = 'brin' AND c.relnamespace = 'land_history'::regnamespace AND c.relname LIKE '%\_from' LOOP
        EXECUTE format('DROP INDEX %s', i);
    END LOOP;
END $$;
