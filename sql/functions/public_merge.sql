-- public_merge: make a table of months and countries fit for the public: no row tells of p_most donors or fewer, neither by itself nor as
-- what is missing from a total. Internal, pure. Who gives six times is one donor still.
--   p_cells  [[part, month, country, gifts, sum, donors], …]: parts (site, mode, currency) are dealt with apart; donors left out: as many as gifts
-- 1. In a month the smallest cells are merged: all with p_most donors or fewer, and then the next smallest, until there are two of them
--    and they are more than p_most together: in a month a donor is in one country.
-- 2. A month in which that cannot be is merged with others like it, and then with the smallest rows of other months, until there
--    are two rows and one of them alone is of more than p_most: those of two months may be the same donors. Where that cannot be every
--    month is of no more than p_most donors, and the part is left out.
-- Gives rows with their cells: 1: as it was; more: merged, country null; of several months: month null too.
CREATE OR REPLACE FUNCTION pledged.public_merge(p_cells jsonb, p_most bigint)
RETURNS TABLE (part text, month date, country text, cells bigint, gifts bigint, total numeric)
LANGUAGE sql IMMUTABLE STRICT ROWS 100 SET search_path = pledged, pg_temp AS $$
	WITH cell AS (
		SELECT e ->> 0 AS part, (e ->> 1)::date AS month, e ->> 2 AS country, (e ->> 3)::bigint AS n, (e ->> 4)::numeric AS s,
			coalesce((e ->> 5)::bigint, (e ->> 3)::bigint) AS donors
		FROM jsonb_array_elements(p_cells) e WHERE (e ->> 3)::bigint > 0
	), ordered AS (
		SELECT c.*, row_number() OVER w AS k, sum(c.donors) OVER w AS upto, count(*) FILTER (WHERE c.donors <= p_most) OVER (PARTITION BY c.part, c.month) AS small
		FROM cell c WINDOW w AS (PARTITION BY c.part, c.month ORDER BY c.donors, c.n, c.country)
	), cut AS (
		SELECT o.*, min(o.k) FILTER (WHERE o.k >= o.small AND o.k >= 2 AND o.upto > p_most) OVER (PARTITION BY o.part, o.month) AS least
		FROM ordered o
	), line AS (
		-- whether it stands by itself, is one of those merged in its month, or is of a month that is too small
		SELECT c.part, c.month, CASE WHEN c.small = 0 OR c.k > c.least THEN c.country END AS country, c.small > 0 AND c.least IS NULL AS short,
			count(*) AS cells, sum(c.n)::bigint AS n, sum(c.s) AS s, sum(c.donors) AS donors
		FROM cut c GROUP BY 1, 2, 3, 4
	), again AS (
		SELECT l.*, row_number() OVER w AS k, max(l.donors) OVER w AS upto,
			count(*) FILTER (WHERE l.short) OVER (PARTITION BY l.part) AS shorts
		FROM line l WINDOW w AS (PARTITION BY l.part ORDER BY l.short DESC, l.donors, l.n, l.month, l.country NULLS FIRST)
	), final AS (
		SELECT a.*, min(a.k) FILTER (WHERE a.k >= a.shorts AND a.k >= 2 AND a.upto > p_most) OVER (PARTITION BY a.part) AS least FROM again a
	), kept AS (
		SELECT f.part, CASE WHEN f.shorts = 0 OR f.k > f.least THEN f.month END AS month, CASE WHEN f.shorts = 0 OR f.k > f.least THEN f.country END AS country,
			f.cells, f.n, f.s FROM final f WHERE f.shorts = 0 OR f.least IS NOT NULL
	)
	SELECT k.part, k.month, k.country, sum(k.cells)::bigint, sum(k.n)::bigint, sum(k.s) FROM kept k GROUP BY k.part, k.month, k.country
$$;
COMMENT ON FUNCTION pledged.public_merge(jsonb, bigint) IS 'Merges what is too small to be published.';
REVOKE ALL ON FUNCTION pledged.public_merge(jsonb, bigint) FROM PUBLIC;
