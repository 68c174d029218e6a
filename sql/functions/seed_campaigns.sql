-- seed_campaigns: publish the campaigns of a made-up history as of its days, where the site has none of that name: an appeal, compared in three
-- variants while raw events are kept, a meter, and an appeal for each December. They end with the history, so they ask nobody. Internal.
-- Tables: those of campaign_publish.
CREATE OR REPLACE FUNCTION pledged.seed_campaigns() RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	m record;
	v_site site;
	v_from timestamptz;
	v_words jsonb := '{"topline": "Independent for its readers.", "body": "What readers give pays for what we write.", "button": "Contribute", "later": "Later"}';
	v_base jsonb;
	v_one jsonb[];
	v_year record;
BEGIN
	SELECT * INTO STRICT m FROM seed_plan;
	SELECT * INTO STRICT v_site FROM site WHERE site_id = m.site_id;
	v_from := m.from_day::timestamp AT TIME ZONE m.time_zone;
	v_base := jsonb_build_object('site', v_site.slug, 'kind', 'appeal', 'priority', 100, 'min_views', 2,
		'start', to_char(v_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'end', to_char(m.until_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
		'target', '{"section": {"not_in": ["obituaries"]}}'::jsonb, 'cap', '{"views": 4, "days": 30}'::jsonb, 'amounts', jsonb_build_object('currency', v_site.currency,
			'once', (SELECT jsonb_agg(money_major(a * m.minor, v_site.currency)::text) FROM unnest(ARRAY[5, 10, 25, 50]) a),
			'month', (SELECT jsonb_agg(money_major(a * m.minor, v_site.currency)::text) FROM unnest(ARRAY[3, 5, 10, 20]) a),
			'year', (SELECT jsonb_agg(money_major(a * m.minor, v_site.currency)::text) FROM unnest(ARRAY[30, 60, 120]) a),
			'preselect', jsonb_build_object('interval', 'once', 'amount', money_major(10 * m.minor, v_site.currency)::text)));
	v_one := ARRAY(SELECT jsonb_build_object('variant', 'a', 'share', 100, 'text', jsonb_build_object(v_site.locale, v_words || jsonb_build_object('title', t)))
		FROM unnest(ARRAY['Please support us', 'You just read what a week of work looks like', 'Your free articles are read', 'The year ends, the work goes on']) t);
	IF NOT EXISTS (SELECT FROM campaign c WHERE c.site_id = v_site.site_id AND c.slug = 'support') THEN
		PERFORM campaign_publish(v_site.slug, 'support', v_base || jsonb_build_object('campaign', 'support', 'variants', jsonb_build_array(v_one[1])), 'seed', v_from);
		PERFORM campaign_publish(v_site.slug, 'support', v_base || jsonb_build_object('campaign', 'support', 'variants', jsonb_build_array(
			v_one[1] || '{"share": 45}', v_one[2] || '{"variant": "b", "share": 45}', '{"variant": "control", "share": 10, "control": true}'::jsonb)), 'seed', m.test_at);
	END IF;
	IF NOT EXISTS (SELECT FROM campaign c WHERE c.site_id = v_site.site_id AND c.slug = 'meter') THEN
		PERFORM campaign_publish(v_site.slug, 'meter', v_base || jsonb_build_object('campaign', 'meter', 'kind', 'wall', 'priority', 300, 'target',
			'{"section": {"in": ["news", "culture"]}}'::jsonb, 'meter', '{"window": "month", "allowance": 5, "then": "wall"}'::jsonb,
			'variants', jsonb_build_array(v_one[3])), 'seed', v_from);
	END IF;
	IF NOT EXISTS (SELECT FROM campaign c WHERE c.site_id = v_site.site_id AND c.slug = 'year-end') THEN
		FOR v_year IN SELECT d::timestamp AT TIME ZONE v_site.time_zone AS begins, (d + interval '1 month') AT TIME ZONE v_site.time_zone AS ends
			FROM generate_series(date_trunc('year', v_from AT TIME ZONE v_site.time_zone) + interval '11 months', m.until_at AT TIME ZONE v_site.time_zone, interval '1 year') d
			WHERE (d + interval '1 month') AT TIME ZONE v_site.time_zone > v_from LOOP
			PERFORM campaign_publish(v_site.slug, 'year-end', v_base || jsonb_build_object('campaign', 'year-end', 'priority', 200, 'variants', jsonb_build_array(v_one[4]),
				'start', to_char(greatest(v_year.begins, v_from) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
				'end', to_char(least(v_year.ends, m.until_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')), 'seed', greatest(v_year.begins, v_from));
		END LOOP;
	END IF;
END
$$;
COMMENT ON FUNCTION pledged.seed_campaigns() IS 'Publishes the campaigns of a made-up history.';
REVOKE ALL ON FUNCTION pledged.seed_campaigns() FROM PUBLIC;
