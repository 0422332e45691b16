-- Which feature came from which, as known at a changeset: who reads this need not see which changesets were reverted.
CREATE FUNCTION landmap.relations(of_layer text, feature uuid, known integer)
RETURNS TABLE (parent uuid, child uuid, kind text, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT l.parent, l.child, l.kind, l.at FROM landmap.lineage l
    WHERE l.layer = of_layer AND (l.child = feature OR l.parent = feature) AND l.changeset <= known
      AND NOT EXISTS (SELECT FROM landmap.changeset c WHERE c.reverts = l.changeset AND c.number <= known)
    ORDER BY l.at, l.parent, l.child
$$;
REVOKE ALL ON FUNCTION landmap.relations(text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION landmap.relations(text, uuid, integer) TO landmap_public, landmap_staff;
