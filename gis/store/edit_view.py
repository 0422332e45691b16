"""`land.<layer>`: what holds now, one row a feature, and editable: each transaction of edits is a changeset."""

from __future__ import annotations

from hashlib import sha256

from gis.model.layer import Layer, Territory
from gis.store.edit_checks import checks
from gis.store.grants import grants
from gis.store.sql import quoted
from gis.store.tables import HISTORY, RESTRICTED, restricted_tables, shown_expression

_FUNCTION = """CREATE OR REPLACE FUNCTION land.{function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $edit$
DECLARE
    n integer := landmap.edit_changeset('{layer}', TG_OP);
    moment timestamptz := (SELECT begun_at FROM landmap.changeset WHERE number = n);
    v bigint := nextval(pg_get_serial_sequence('{history_name}', 'version'));
    since timestamptz := landmap.edit_from(moment);
    begins timestamptz := since;
    begins_known boolean := since <> moment;
    again boolean := false;
    part tstzrange;
    replaced {history};
    old_version {history};
    new_version {history};
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.valid_from, NEW.changeset) IS DISTINCT FROM (OLD.id, OLD.valid_from, OLD.changeset) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = '{layer}: id, valid_from and changeset are not edited here; '
            'a change that holds from another day is loaded with landmap ingest --valid-from';
    END IF;
    IF TG_OP <> 'DELETE' THEN
    {checks}
    END IF;
    IF TG_OP <> 'INSERT' THEN
        -- The version that is edited holds now; one of the same transaction is replaced.
        SELECT * INTO old_version FROM {history} WHERE id = OLD.id AND to_changeset IS NULL AND valid @> moment AND from_changeset < n;
        IF old_version.version IS NULL AND since = moment THEN
            again := true;
            DELETE FROM {history} WHERE id = OLD.id AND from_changeset = n AND valid @> moment RETURNING * INTO old_version;
            begins := lower(old_version.valid);
            begins_known := old_version.valid_from_known;
        END IF;
        IF old_version.version IS NULL OR (NOT again AND old_version.from_changeset <> OLD.changeset) THEN
            RAISE EXCEPTION 'feature % of {layer} was changed by somebody else meanwhile', OLD.id USING ERRCODE = '40001';
        ELSIF since >= upper(old_version.valid) THEN
            RAISE EXCEPTION 'feature % of {layer} does not hold any more by then', OLD.id USING ERRCODE = '22008';
        ELSIF again THEN
            PERFORM landmap.count_bound('{layer}', old_version.valid, n, old_version.shown, -1);
        END IF;
        -- What the edit speaks of ends with the version that it replaces; an end is for good.
        FOR replaced IN UPDATE {history} SET to_changeset = n WHERE NOT again AND id = OLD.id AND to_changeset IS NULL AND from_changeset < n
            AND valid && tstzrange(since, CASE TG_OP WHEN 'UPDATE' THEN upper(old_version.valid) END) RETURNING * LOOP
            PERFORM landmap.count_bound('{layer}', replaced.valid, n, replaced.shown, -1);
            IF TG_OP = 'UPDATE' AND {other_restricted} THEN
                RAISE EXCEPTION 'feature % of {layer} has other records of the time before; an edit cannot hold from so early a day, '
                    'load it with landmap ingest', OLD.id USING ERRCODE = '22008';
            END IF;
            CONTINUE WHEN lower(replaced.valid) >= since;
            part := tstzrange(lower(replaced.valid), since);
            INSERT INTO {history} ({all_columns})
            SELECT replaced.id, replaced.fid, part, replaced.valid_from_known, n,
                   replaced.sort_key, replaced.geom, replaced.geom_84, replaced.survey_crs{old_fields}
            RETURNING * INTO new_version;
            PERFORM landmap.count_bound('{layer}', new_version.valid, n, new_version.shown, 1);
            {keep_for_remains}
        END LOOP;
    ELSE
        begins := coalesce(NEW.valid_from, moment);
        begins_known := NEW.valid_from IS NOT NULL;
        IF EXISTS (SELECT FROM {history} WHERE id = NEW.id AND to_changeset IS NULL AND valid && tstzrange(begins, NULL)) THEN
            RAISE EXCEPTION USING ERRCODE = '23505', MESSAGE = '{layer}: there is a feature of this id already; leave the id out';
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        NEW.id := coalesce(OLD.id, NEW.id, gen_random_uuid());
        INSERT INTO {history} (version, {all_columns})
        SELECT v, NEW.id, coalesce(old_version.fid, v), tstzrange(begins, upper(old_version.valid)), begins_known, n,
               landmap.sort_key(CASE WHEN ({shown}) >= 2 THEN ST_Transform(NEW.geom, 4326) END), NEW.geom, ST_Transform(NEW.geom, 4326),
               coalesce(NEW.survey_crs, {srid}){new_fields}
        FROM (SELECT {new_named}) AS r
        RETURNING * INTO new_version;
        PERFORM landmap.count_bound('{layer}', new_version.valid, n, new_version.shown, 1);
        {keep_for_new}
    END IF;
    IF again THEN
        {forget_replaced}
    END IF;
    RETURN coalesce(NEW, OLD);
END $edit$"""


def statements(layer: Layer, territory: Territory) -> list[str]:
    """DDL of the view, its trigger function and trigger."""
    name, history = quoted(layer.id), f"{HISTORY}.{quoted(layer.id)}"
    function = quoted(f"{layer.id}_edit")
    fields = ", ".join(quoted(f.name) for f in layer.columns)
    # clock_timestamp, not now: a second edit in one transaction must see what the first one made.
    return [
        f"DROP VIEW IF EXISTS land.{name}",
        f"""CREATE VIEW land.{name} AS SELECT id, geom, {fields}, survey_crs, lower(valid) AS valid_from,
            from_changeset AS changeset FROM {history} WHERE to_changeset IS NULL AND valid @> clock_timestamp()""",
        f"COMMENT ON VIEW land.{name} IS '{comment(layer, territory)}'",
        _function(layer, territory),
        f"CREATE TRIGGER edit INSTEAD OF INSERT OR UPDATE OR DELETE ON land.{name} FOR EACH ROW EXECUTE FUNCTION land.{function}()",
    ]


def comment(layer: Layer, territory: Territory) -> str:
    """Comment on the view: the layer's title and a digest of what view, trigger and grants are made from."""
    title = layer.title.en.replace("'", "''")
    made_from = _function(layer, territory) + repr(grants(layer))
    return f"{title} [{sha256(made_from.encode()).hexdigest()[:16]}]"


def _function(layer: Layer, territory: Territory) -> str:
    fields = [quoted(f.name) for f in layer.columns]
    base = ["id", "fid", "valid", "valid_from_known", "from_changeset", "sort_key", "geom", "geom_84", "survey_crs"]
    return _FUNCTION.format(
        function=quoted(f"{layer.id}_edit"),
        layer=layer.id,
        history=f"{HISTORY}.{quoted(layer.id)}",
        history_name=f"{HISTORY}.{layer.id}",
        srid=layer.storage_crs,
        checks=checks(layer, territory).replace("\n", "\n    "),
        all_columns=", ".join(base + fields),
        old_fields="".join(f", replaced.{f}" for f in fields),
        other_restricted=_other_restricted(layer),
        new_fields="".join(f", NEW.{f}" for f in fields),
        new_named=", ".join(f"NEW.{f} AS {f}" for f in fields),
        shown=shown_expression(layer),
        keep_for_remains=_keep(layer, "replaced.version", "new_version.version"),
        keep_for_new=_keep(layer, "old_version.version", "v"),
        forget_replaced=_forget(layer),
    )


def _keep(layer: Layer, old: str, version: str) -> str:
    """The restricted rows of the version `old`, for `version` too."""
    lines = []
    for table in restricted_tables(layer).values():
        name, fields = (
            f"{RESTRICTED}.{quoted(table.name)}",
            "".join(f", {quoted(c.name)}" for c in table.columns if c.name != "version"),
        )
        lines.append(
            f"INSERT INTO {name} (version{fields}) SELECT {version}{fields} FROM {name} WHERE version = {old};"
        )
    return " ".join(lines)


def _other_restricted(layer: Layer) -> str:
    """Condition: restricted rows of `replaced`, which the new version would stand for, are not those that it goes on with."""
    conditions = []
    for table in restricted_tables(layer).values():
        fields = ", ".join(quoted(c.name) for c in table.columns if c.name != "version")
        of = f"(SELECT ROW({fields}) FROM {RESTRICTED}.{quoted(table.name)} WHERE version = {{}}.version)"
        conditions.append(f"{of.format('replaced')} IS DISTINCT FROM {of.format('old_version')}")
    return f"({' OR '.join(conditions)})" if conditions else "false"


def _forget(layer: Layer) -> str:
    tables = (f"{RESTRICTED}.{quoted(t.name)}" for t in restricted_tables(layer).values())
    return " ".join(f"DELETE FROM {name} WHERE version = old_version.version;" for name in tables) or "NULL;"
