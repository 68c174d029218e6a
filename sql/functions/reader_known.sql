-- reader_known: have we known this reader for ten minutes? Such a one is let through where strangers wait: a machine would have to come back.
-- Internal. Reads reader.
CREATE OR REPLACE FUNCTION pledged.reader_known(p_site smallint, p_reader uuid, p_now timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	SELECT EXISTS (SELECT FROM reader r WHERE r.reader_id = p_reader AND r.site_id = p_site AND r.first_at < p_now - interval '10 minutes')
$$;
COMMENT ON FUNCTION pledged.reader_known(smallint, uuid, timestamptz) IS 'Whether a reader has been known for ten minutes.';
REVOKE ALL ON FUNCTION pledged.reader_known(smallint, uuid, timestamptz) FROM PUBLIC;
