-- seen_add: put several entries of 8 bytes, oldest first, before a reader's list, each once; the newest 250 stay. An entry that is marked as walled
-- (the highest bit of its third byte) is no opening: it takes the place of the same entry without that mark, if p_walls; where there is
-- none, nothing is to be done. Pure; used by view_batch for rows with more than one entry and for walls.
CREATE OR REPLACE FUNCTION pledged.seen_add(p_seen bytea, p_add bytea, p_walls boolean DEFAULT true) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
DECLARE
	v bytea := p_seen;
	e bytea;
	at integer;
BEGIN
	FOR o IN 1 .. octet_length(p_add) BY 8 LOOP
		e := substr(p_add, o, 8);
		IF get_byte(e, 2) < 128 THEN
			IF position(e IN v) = 0 THEN
				v := e || v;
			END IF;
		ELSIF p_walls THEN
			at := position(set_byte(e, 2, get_byte(e, 2) - 128) IN v);
			IF at % 8 = 1 AND position(e IN v) > 0 THEN
				v := substr(v, 1, at - 1) || substr(v, at + 8);
			ELSIF at % 8 = 1 THEN
				v := overlay(v PLACING e FROM at);
			END IF;
		END IF;
	END LOOP;
	RETURN substr(v, 1, 2000);
END
$$;
COMMENT ON FUNCTION pledged.seen_add(bytea, bytea, boolean) IS 'Put 8-byte entries before a list of articles, each once; note walls.';
REVOKE ALL ON FUNCTION pledged.seen_add(bytea, bytea, boolean) FROM PUBLIC;
