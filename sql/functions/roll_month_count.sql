-- roll_month_count: the readers whose id begins with a byte from p_from to p_to, by that byte and what their calendar month was. Internal, reads
-- reader, pledge and payment. Columns as in roll_month. Articles and walls come from readers' lists, prompts from their marks; what a list
-- no longer holds (250 articles, 120 marks) is not counted. Only whoever opened a page in the month is there.
CREATE OR REPLACE FUNCTION pledged.roll_month_count(p_month date, p_from integer, p_to integer)
RETURNS TABLE (site_id smallint, slice smallint, articles smallint, prompts smallint, walls smallint, walled boolean, gave boolean, people bigint)
LANGUAGE sql STABLE SET search_path = pledged, pg_temp AS $$
	WITH r AS MATERIALIZED (
		SELECT r.reader_id, r.site_id, r.seen, r.marks, s.time_zone FROM reader r JOIN site s USING (site_id)
		WHERE r.reader_id >= (lpad(to_hex(p_from), 2, '0') || repeat('0', 30))::uuid
			AND r.reader_id <= (lpad(to_hex(p_to), 2, '0') || repeat('f', 30))::uuid
			AND r.last_at >= p_month::timestamp AT TIME ZONE s.time_zone AND r.same_as IS NULL
	), w AS (
		-- reader by reader: lists of all of them held against each other were walked once for each, since nobody can guess how long they are
		SELECT r.reader_id, r.site_id, a.articles, m.prompts, a.walls, coalesce(m.walled_at, a.day::timestamp AT TIME ZONE r.time_zone) AS wall_at
		FROM r, LATERAL (
			SELECT count(*) AS n, count(DISTINCT e.article) FILTER (WHERE NOT e.free) AS articles,
				count(DISTINCT (e.day, e.article)) FILTER (WHERE e.walled) AS walls, min(e.day) FILTER (WHERE e.walled) AS day
			FROM (SELECT d.day, get_byte(r.seen, o + 2) & 64 <> 0 AS free, get_byte(r.seen, o + 2) & 128 <> 0 AS walled,
					set_byte(substr(r.seen, o + 4, 5), 0, get_byte(r.seen, o + 3) & 15) AS article
				FROM generate_series(0, octet_length(r.seen) - 1, 8) AS o,
					LATERAL (SELECT date '2000-01-01' + (get_byte(r.seen, o) * 256 + get_byte(r.seen, o + 1)) AS day) d
				WHERE d.day >= p_month AND d.day < p_month + interval '1 month') e
		) a, LATERAL (
			SELECT count(*) FILTER (WHERE get_byte(r.marks, o + 8) = 1) AS prompts, min(t.at) FILTER (WHERE get_byte(r.marks, o + 8) = 8) AS walled_at
			FROM generate_series(0, octet_length(r.marks) - 1, 16) AS o,
				LATERAL (SELECT to_timestamp(('x' || encode(substr(r.marks, o + 13, 4), 'hex'))::bit(32)::bigint) AS at) t
			WHERE get_byte(r.marks, o + 8) IN (1, 8) AND t.at >= p_month::timestamp AT TIME ZONE r.time_zone
				AND t.at < (p_month + interval '1 month') AT TIME ZONE r.time_zone
		) m WHERE a.n > 0
	)
	SELECT w.site_id, get_byte(uuid_send(w.reader_id), 0)::smallint, w.articles::smallint, w.prompts::smallint, w.walls::smallint, w.wall_at IS NOT NULL, g.gave, count(*)
	FROM w, LATERAL (SELECT w.wall_at IS NOT NULL AND EXISTS (SELECT FROM pledge p JOIN payment y USING (pledge_id)
		WHERE (p.reader_id = w.reader_id OR p.reader_id IN (SELECT j.reader_id FROM reader j WHERE j.same_as = w.reader_id))
			AND y.state = 'paid' AND y.mismatch IS NULL AND y.paid_at >= w.wall_at AND y.paid_at < w.wall_at + interval '30 days') AS gave) g
	GROUP BY 1, 2, 3, 4, 5, 6, 7
$$;
COMMENT ON FUNCTION pledged.roll_month_count(date, integer, integer) IS 'Readers of some slices by what their month was.';
REVOKE ALL ON FUNCTION pledged.roll_month_count(date, integer, integer) FROM PUBLIC;
