-- What filters compute. All of it is total: an error would tell of rows that the caller may not ask about.

-- Without regard to case: simple lower case after decomposition, so that letters with marks follow their base letter in
-- every locale; and the letters that do not decompose.
CREATE FUNCTION landmap.caseless(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN normalize(replace(translate(lower(normalize(t, NFD)), 'ĐØŁÆŒÞÐς', 'đøłæœþðσ'), 'ß', 'ss'), NFC);

-- Without regard to accents: no combining marks, and the Vietnamese đ is a d. Hoà and Hòa are one.
CREATE FUNCTION landmap.accentless(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN normalize(translate(regexp_replace(normalize(t, NFD), '[\u0300-\u036f]+', '', 'g'), 'đĐ', 'dD'), NFC);

-- Both; the indexes on names are made on this one.
CREATE FUNCTION landmap.folded(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN normalize(replace(translate(lower(regexp_replace(normalize(t, NFD), '[\u0300-\u036f]+', '', 'g')),
    'đĐØŁÆŒÞÐς', 'ddøłæœþðσ'), 'ß', 'ss'), NFC);

-- Arithmetic in double precision. What cannot be told (a division by zero, a root of a negative number, more than 1e100)
-- is null, that is unknown; less than 1e-100 is 0.
CREATE FUNCTION landmap.calculated(a float8, operation text, b float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    r float8;
BEGIN
    IF abs(a) > 1e100 OR abs(b) > 1e100 OR abs(a) < 1e-100 AND a <> 0 OR abs(b) < 1e-100 AND b <> 0 THEN
        RETURN NULL;  -- NaN is greater than every number
    END IF;
    IF operation = '+' THEN r := a + b;
    ELSIF operation = '-' THEN r := a - b;
    ELSIF operation = '*' THEN r := a * b;
    ELSIF operation = '^' THEN
        IF a = 0 THEN
            RETURN CASE WHEN b > 0 THEN 0 WHEN b = 0 THEN 1 END;
        ELSIF a < 0 AND b <> trunc(b) OR b * ln(abs(a)) > 230 THEN
            RETURN NULL;
        ELSIF b * ln(abs(a)) < -230 THEN
            RETURN 0;
        END IF;
        r := power(a, b);
    ELSIF b = 0 THEN RETURN NULL;
    ELSIF operation = '/' THEN r := a / b;
    ELSIF operation = 'div' THEN r := trunc(a / b);
    ELSIF operation = '%' THEN r := mod(a::numeric, b::numeric);
    END IF;
    RETURN CASE WHEN abs(r) > 1e100 THEN NULL WHEN abs(r) < 1e-100 THEN 0 ELSE r END;
END $$;
