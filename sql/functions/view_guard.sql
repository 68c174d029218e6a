-- view_guard: how many guards hold something back, for the metrics. Reads breaker, circuit, pay_switch, gift_switch.
CREATE OR REPLACE FUNCTION pledged.view_guard() RETURNS TABLE (forms integer, circuits integer, switches integer, puzzles integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	SELECT (SELECT count(*) FROM breaker WHERE state IN ('shut', 'trial'))::integer, (SELECT count(*) FROM circuit WHERE state <> 'closed')::integer,
		((SELECT count(*) FROM pay_switch WHERE NOT "on") + (SELECT count(*) FROM gift_switch WHERE NOT "on"))::integer, (SELECT count(*) FROM breaker WHERE state = 'puzzle')::integer
$$;
COMMENT ON FUNCTION pledged.view_guard() IS 'How many forms are shut, circuits open, switches off, forms with a puzzle.';
REVOKE ALL ON FUNCTION pledged.view_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.view_guard() TO pledged_view;
