-- seen_add: append several entries of 8 bytes to a reader's list, each once; the newest 250 stay.
-- Pure; used by view_batch for the rare row with more than one entry.
CREATE OR REPLACE FUNCTION pledged.seen_add(p_seen bytea, p_add bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
DECLARE
	v bytea := p_seen;
	e bytea;
BEGIN
	FOR o IN 1 .. octet_length(p_add) BY 8 LOOP
		e := substr(p_add, o, 8);
		IF position(e IN v) = 0 THEN
			v := v || e;
		END IF;
	END LOOP;
	RETURN substr(v, greatest(octet_length(v) - 1999, 1));
END
$$;
COMMENT ON FUNCTION pledged.seen_add(bytea, bytea) IS 'Append 8-byte entries to a list of articles, each once.';
REVOKE ALL ON FUNCTION pledged.seen_add(bytea, bytea) FROM PUBLIC;
