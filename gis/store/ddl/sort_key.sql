-- One row's sort key; gis/store/sort_key.py is the same function for arrays and says what it means.

CREATE FUNCTION landmap.spread(v bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    v := (v | (v << 16)) & 281470681808895;
    v := (v | (v << 8)) & 71777214294589695;
    v := (v | (v << 4)) & 1085102592571150095;
    v := (v | (v << 2)) & 3689348814741910323;
    RETURN (v | (v << 1)) & 6148914691236517205;
END $$;

CREATE FUNCTION landmap.sort_cell(degrees float8, span float8) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT least(greatest(floor((degrees + span / 2) / span * 67108864), 0), 67108863)::bigint $$;

CREATE FUNCTION landmap.sort_key(g public.geometry) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    w float8 := public.ST_XMin(g); s float8 := public.ST_YMin(g);
    e float8 := public.ST_XMax(g); n float8 := public.ST_YMax(g);
    size float8 := greatest(e - w, n - s);
    class bigint;
BEGIN
    IF w IS NULL THEN
        RETURN 5::bigint << 52;
    END IF;
    class := CASE WHEN size <= 0.0005 THEN 0 WHEN size <= 0.004 THEN 1 WHEN size <= 0.032 THEN 2 WHEN size <= 0.256 THEN 3 ELSE 4 END;
    RETURN (class << 52) | landmap.spread(landmap.sort_cell((w + e) / 2, 360)) | (landmap.spread(landmap.sort_cell((s + n) / 2, 180)) << 1);
END $$;
