-- What tiles stand on: which tiles a changeset touched, and cells for the zooms at which single features are too many.

CREATE TABLE landmap.tile_mark (
    layer text NOT NULL,
    zoom smallint NOT NULL,
    x integer NOT NULL,
    y integer NOT NULL,
    below integer NOT NULL,
    whole integer NOT NULL,
    public_below integer NOT NULL,
    public_whole integer NOT NULL,
    PRIMARY KEY (layer, zoom, x, y)
);
COMMENT ON TABLE landmap.tile_mark IS 'The last changeset that touched a tile (WebMercatorQuad, with its buffer); 0: none did';
COMMENT ON COLUMN landmap.tile_mark.below IS 'the last one that touched this tile';
COMMENT ON COLUMN landmap.tile_mark.whole IS 'the last one that touched this tile and, without a row for each, all tiles inside it';
COMMENT ON COLUMN landmap.tile_mark.public_below IS 'as below, of rows whose place the public sees';

-- Places are parts of the world in Mercator, from its north-western corner.

CREATE FUNCTION landmap.world_x(lon float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (lon + 180) / 360 $$;

CREATE FUNCTION landmap.world_y(lat float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (1 - asinh(tan(radians(least(greatest(lat, -85.06), 85.06)))) / pi()) / 2 $$;

CREATE FUNCTION landmap.world_latitude(y float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT degrees(atan(sinh(pi() * (1 - 2 * y)))) $$;

-- The tile of the zoom that holds a place; outside of the world, the nearest.
CREATE FUNCTION landmap.tile_at(place float8, zoom integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT least(greatest(floor(place * (1 << zoom)), 0), (1 << zoom) - 1)::integer $$;

-- Marks what a changeset touched: up to 500 versions one by one, up to 50,000 by tiles of zoom 14, more as everything.
-- 0.016 is the buffer of a tile (64 of 4,096) and a bit.
CREATE FUNCTION landmap.mark_tiles(l text, n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    history regclass := to_regclass(format('land_history.%I', l));
    boxes text := 'SELECT landmap.world_x(public.ST_XMin(g)) AS x0, landmap.world_y(public.ST_YMax(g)) AS y0,
                          landmap.world_x(public.ST_XMax(g)) AS x1, landmap.world_y(public.ST_YMin(g)) AS y1, shown >= 2 AS public
                   FROM (SELECT geom_84 AS g, shown FROM %1$s WHERE from_changeset = $2
                         UNION ALL SELECT geom_84, shown FROM %1$s WHERE to_changeset = $2) h WHERE g IS NOT NULL';
    touched bigint;
BEGIN
    IF history IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE from_changeset = $1
                    UNION ALL SELECT FROM %1$s WHERE to_changeset = $1 LIMIT 50001) h', history) INTO touched USING n;
    IF touched > 50000 THEN
        boxes := 'SELECT 0 AS x0, 0 AS y0, 1 AS x1, 1 AS y1, true AS public';
    ELSIF touched > 500 THEN
        boxes := 'SELECT x / 16384.0 AS x0, y / 16384.0 AS y0, (x + 1) / 16384.0 AS x1, (y + 1) / 16384.0 AS y1, bool_or(public) AS public
                  FROM (' || boxes || ') b,
                       generate_series(landmap.tile_at(x0, 14), landmap.tile_at(x1, 14)) AS x,
                       generate_series(landmap.tile_at(y0, 14), landmap.tile_at(y1, 14)) AS y GROUP BY x, y';
    END IF;
    -- Down to the zoom at which the box is 16 tiles wide; what lies deeper is marked as a whole.
    EXECUTE format('
        INSERT INTO landmap.tile_mark AS m (layer, zoom, x, y, below, whole, public_below, public_whole)
        SELECT $1, zoom, x, y, $2, CASE WHEN bool_or(zoom = deepest) THEN $2 ELSE 0 END,
               CASE WHEN bool_or(public) THEN $2 ELSE 0 END, CASE WHEN bool_or(public AND zoom = deepest) THEN $2 ELSE 0 END
        FROM (SELECT *, CASE WHEN x1 - x0 < 1e-4 AND y1 - y0 < 1e-4 THEN 16
                        ELSE least(16, greatest(0, floor(log(2, (16 / greatest(x1 - x0, y1 - y0, 1e-9))::numeric))))::integer END AS deepest
              FROM (' || boxes || ') b) c,
             generate_series(0, deepest) AS zoom,
             generate_series(landmap.tile_at(x0 - 0.016 / (1 << zoom), zoom), landmap.tile_at(x1 + 0.016 / (1 << zoom), zoom)) AS x,
             generate_series(landmap.tile_at(y0 - 0.016 / (1 << zoom), zoom), landmap.tile_at(y1 + 0.016 / (1 << zoom), zoom)) AS y
        GROUP BY zoom, x, y
        ON CONFLICT (layer, zoom, x, y) DO UPDATE SET below = excluded.below, whole = greatest(m.whole, excluded.whole),
            public_below = greatest(m.public_below, excluded.public_below), public_whole = greatest(m.public_whole, excluded.public_whole)',
        history) USING l, n;
END $$;
COMMENT ON FUNCTION landmap.mark_tiles IS 'Marks the tiles of the layer in which the changeset wrote or closed versions';

-- At the end of the transaction, when all its rows are there, however they were written.
CREATE FUNCTION landmap.mark_changeset() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM landmap.mark_tiles(NEW.layer, NEW.number);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER mark AFTER INSERT ON landmap.changeset_layer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION landmap.mark_changeset();

INSERT INTO landmap.tile_mark
SELECT layer, 0, 0, 0, max(number), max(number), max(number), max(number) FROM landmap.changeset_layer GROUP BY layer;

-- Cells: what lies in each 64th part of a tile, for the zooms below the first that shows single features.

CREATE TABLE landmap.tile_base (
    layer text PRIMARY KEY,
    definition text NOT NULL,
    changeset integer NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE landmap.tile_base IS 'What the cells of a layer show: the rows that hold at this instant as known at this changeset';

CREATE TABLE landmap.tile_cell (
    layer text NOT NULL,
    zoom smallint NOT NULL,
    x integer NOT NULL,
    y integer NOT NULL,
    cell smallint NOT NULL,
    class text NOT NULL,
    shown smallint NOT NULL,
    features bigint NOT NULL,
    area bigint NOT NULL,
    PRIMARY KEY (layer, zoom, x, y, cell, class, shown)
);
CREATE INDEX tile_cell_empty ON landmap.tile_cell (layer) WHERE features = 0 AND area = 0;
COMMENT ON COLUMN landmap.tile_cell.cell IS '64 times the row from the north and the column from the west, of 64 by 64 in a tile';
COMMENT ON COLUMN landmap.tile_cell.class IS 'value of the field that the cells are coloured by; empty where it is null';
COMMENT ON COLUMN landmap.tile_cell.features IS 'features whose bounds have their centre here';
COMMENT ON COLUMN landmap.tile_cell.area IS 'what they cover, in millionths of a square of the grid of zoom 21';

CREATE TABLE landmap.tile_pending (
    layer text NOT NULL,
    at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (layer, at, version)
);
COMMENT ON TABLE landmap.tile_pending IS 'Open versions of a layer with cells that begin or cease to hold after the instant of its base';

-- The finest grid that a feature of this size (degrees, the longer side of its bounds) is laid on; null: none, it is
-- shown as itself at all zooms. A feature covers at most 12 to 24 squares of its grid in each direction.
CREATE FUNCTION landmap.cell_grid(size float8, finest integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN size <= 0.0005 THEN least(21, finest) WHEN size <= 0.004 THEN least(20, finest) WHEN size <= 0.032 THEN least(18, finest) WHEN size <= 0.256 THEN least(15, finest) END $$;

-- A polygon of this size (see cell_grid) cut along its grid: the squares that it covers, and the one at x, y, where the
-- centre of its bounds lies. Nothing for what is no polygon or hardly larger than a square: that lies there as a whole.
-- One SELECT without anything volatile, so that the planner takes it in where it is called.
CREATE FUNCTION landmap.cut(g public.geometry, size float8, grid integer, x integer, y integer)
RETURNS TABLE (cut_x integer, cut_y integer, features integer, area bigint) LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT i, j, (i = x AND j = y)::integer, part.area
    FROM generate_series(CASE WHEN size * (1 << grid) > 540 AND public.ST_Dimension(g) = 2 THEN landmap.tile_at(landmap.world_x(public.ST_XMin(g)), grid) END,
                         landmap.tile_at(landmap.world_x(public.ST_XMax(g)), grid)) AS i,
         generate_series(landmap.tile_at(landmap.world_y(public.ST_YMax(g)), grid), landmap.tile_at(landmap.world_y(public.ST_YMin(g)), grid)) AS j,
         LATERAL (SELECT landmap.world_latitude(j / (1 << grid)::float8) AS north, landmap.world_latitude((j + 1) / (1 << grid)::float8) AS south,
                         360.0::float8 / (1 << grid) AS step OFFSET 0) s,
         LATERAL (SELECT (public.ST_Area(public.ST_Intersection(g, public.ST_MakeEnvelope(i * step - 180, south, (i + 1) * step - 180, north, 4326)))
                          / (step * (north - south)) * power(4, 21 - grid) * 1e6)::bigint AS area OFFSET 0) part
    WHERE part.area > 0 OR i = x AND j = y
$$;

GRANT SELECT ON landmap.tile_mark, landmap.tile_base, landmap.tile_cell TO landmap_public, landmap_staff;
