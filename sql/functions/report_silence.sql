-- report.silence: for how long nothing was paid, by method, and whether that is odd; how that is told stands in pledged.silence.
-- Reads paid, pay_switch, site. Changes nothing.
CREATE OR REPLACE FUNCTION report.silence(p_site text, p_hours numeric, p_now timestamptz)
RETURNS TABLE (site text, mode text, provider text, method text, last_paid timestamptz, hours numeric, expected numeric, chance_pct numeric,
	switched_off boolean, alarm boolean, why text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp SET jit = off SET work_mem = '64MB' AS $$
	SELECT * FROM silence(p_site, p_hours, p_now, '-infinity') ORDER BY 1, 2, 3, 4
$$;
COMMENT ON FUNCTION report.silence(text, numeric, timestamptz) IS 'How long ago the last payment was at p_now, by site and method, of p_site or all (empty). p_hours: alarm after so many hours in any case, null: never for that. last_paid; hours since then; expected: payments in such hours of the four weeks before, on average; chance_pct: that there are none by chance; switched_off: by an operator; alarm and why: five or more were expected, longer than the hours given, switched off, or nothing.';
REVOKE ALL ON FUNCTION report.silence(text, numeric, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.silence(text, numeric, timestamptz) TO pledged_report;
