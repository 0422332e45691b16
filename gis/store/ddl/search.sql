-- How texts are put in order and searched.

-- The order of a Vietnamese dictionary, with numbers by their value: tờ 2 before tờ 10, Đa Kao after Cầu Kho.
CREATE COLLATION landmap.alphabet (provider = icu, locale = 'vi-u-kn-true');

-- The words of a text, without case, accents and punctuation; chr(31), which parts texts, stays a word of its own. One pass
-- over the text, for an index of a million rows is made of it: where landmap.folded knows more letters, both sides here do not.
CREATE FUNCTION landmap.words(t text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(string_to_array(translate(lower(regexp_replace(normalize(t, NFD), '[\u0300-\u036f]+', '', 'g')),
    E'đĐ!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~\t\n\x0b\x0c\r\u00a0\u2013\u2014\u2018\u2019\u201c\u201d',
    'dd' || repeat(' ', 60)), ' '), '');

-- The words as a set for an index; their order is checked by landmap.phrases.
CREATE FUNCTION landmap.word_set(t text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(array_remove(landmap.words(t), chr(31)));

-- The words in their order, each with a space before it.
CREATE FUNCTION landmap.phrases(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ' ' || array_to_string(landmap.words(t), ' ');

-- Rows that have all words of the term; `whole`, or the last one only by its beginning. A term without words finds nothing.
CREATE FUNCTION landmap.has_words(term text, whole boolean) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT '''' || nullif(array_to_string(array_remove(landmap.words(term), chr(31)), ''' & '''), '')
            || CASE WHEN whole THEN '''' ELSE ''':*' END)::tsquery;

-- What landmap.phrases is like where the words of the term follow each other.
CREATE FUNCTION landmap.phrase_pattern(term text, whole boolean) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '%' || landmap.phrases(term) || CASE WHEN whole THEN ' %' ELSE '%' END;

REVOKE ALL ON FUNCTION landmap.words(text), landmap.word_set(text), landmap.phrases(text), landmap.has_words(text, boolean),
    landmap.phrase_pattern(text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION landmap.words(text), landmap.word_set(text), landmap.phrases(text), landmap.has_words(text, boolean),
    landmap.phrase_pattern(text, boolean) TO landmap_public, landmap_staff, landmap_editor;

-- Numbers are also looked for by their beginning: the indexes on identities are made anew for that, with their tables.
DO $$
DECLARE i regclass;
BEGIN
    FOR i IN SELECT x.indexrelid::regclass FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
             WHERE c.relnamespace = 'land_history'::regnamespace AND c.relname LIKE '%\_identity' LOOP
        EXECUTE format('DROP INDEX %s', i);
    END LOOP;
END $$;
