-- remind_ask: a reader wants to be reminded, in a month (p_month, YYYY-MM, with p_articles null) or after p_articles more articles.
-- Gives stored; same (that very one waits already); quiet (the address wants none) or limited, for our log alone, since the one who asked is
-- told the same in these cases; or what was wrong: month (not the next one to 12 months ahead in the site's calendar), reader
-- (articles, and nobody whose articles are counted) or off (the campaign offers none).
-- p_campaign to p_decided: the decision whose prompt was put off, null without one. p_reader may be one who was joined to another.
-- Tables: those of reader_later, remind (inserted; an open one of the address is replaced). Locks before: the network, the address, then
-- the site's lock on joins, shared, so that the reader stays the same; the reader; the site last, since everybody needs it.
-- Limits: of one address 3 in a day, of one reader 5 in a day, of one network 20 an hour, of the whole site 1000 an hour (a network stands
-- there for a day, so its index finds them). One open reminder a site and address: the last word counts.
CREATE OR REPLACE FUNCTION pledged.remind_ask(p_site smallint, p_reader uuid, p_email text, p_locale text, p_month text, p_articles integer,
	p_network text, p_campaign integer, p_version integer, p_variant integer, p_decision bigint, p_decided timestamptz, p_counting boolean,
	p_now timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_hash bytea := email_hash(p_site, p_email);
	v_network cidr := network_hash(p_site, p_network);
	v_zone text := (SELECT s.time_zone FROM site s WHERE s.site_id = p_site);
	v_month date := to_date(p_month || '-01', 'YYYY-MM-DD');
	v_this timestamp := date_trunc('month', p_now AT TIME ZONE v_zone);
	v_due timestamptz := (v_month + time '09:00') AT TIME ZONE v_zone;
	v_reader uuid;
BEGIN
	IF v_month NOT BETWEEN v_this + interval '1 month' AND v_this + interval '12 months' THEN
		RETURN 'month';
	ELSIF p_month IS NULL AND p_reader IS NULL THEN
		RETURN 'reader';
	ELSIF EXISTS (SELECT FROM campaign_version v WHERE v.campaign_id = p_campaign AND v.version = p_version AND v.body -> 'remind' = 'false') THEN
		RETURN 'off';
	END IF;
	PERFORM pg_advisory_xact_lock(hashtextextended('remind network ' || v_network, 0));
	PERFORM pg_advisory_xact_lock(hashtextextended('remind address ' || encode(v_hash, 'hex'), 0));
	PERFORM pg_advisory_xact_lock_shared(1818848875, p_site);
	v_reader := reader_of(p_reader);
	PERFORM pg_advisory_xact_lock(hashtextextended('remind reader ' || v_reader, 0));
	PERFORM pg_advisory_xact_lock(hashtextextended('remind site ' || p_site, 0));
	-- Who asked is left in peace, whatever comes of the mail.
	PERFORM reader_later(v_reader, p_campaign, p_version, p_variant, p_decision, p_decided, p_counting, v_due, p_now);
	IF EXISTS (SELECT FROM remind m WHERE m.site_id = p_site AND m.email_hash = v_hash AND m.state = 'waiting'
			AND (m.month = v_month OR (m.articles = p_articles AND m.reader_id = v_reader))) THEN
		RETURN 'same';
	ELSIF (SELECT count(*) FROM remind m WHERE m.email_hash = v_hash AND m.created_at > p_now - interval '1 day') >= 3
			OR (SELECT count(*) FROM remind m WHERE m.reader_id = v_reader AND m.created_at > p_now - interval '1 day') >= 5
			OR (SELECT count(*) FROM remind m WHERE m.network IS NOT NULL AND m.site_id = p_site AND m.created_at > p_now - interval '1 hour') >= 1000
			OR (SELECT count(*) FROM remind m WHERE m.network = v_network AND m.created_at > p_now - interval '1 hour') >= 20 THEN
		RETURN 'limited';
	END IF;
	-- Nobody confirms an address, so a stranger may be named: one mail a month at most, and what somebody else waits for stays.
	IF EXISTS (SELECT FROM remind_stop t WHERE t.site_id = p_site AND t.email_hash = v_hash)
		OR EXISTS (SELECT FROM remind m WHERE m.site_id = p_site AND m.email_hash = v_hash
			AND ((m.state = 'sent' AND m.ended_at > p_now - interval '30 days')
				OR (m.state = 'waiting' AND m.reader_id IS NOT NULL AND m.reader_id IS DISTINCT FROM v_reader))) THEN
		RETURN 'quiet';
	END IF;
	UPDATE remind SET state = 'replaced', ended_at = p_now, email = NULL WHERE site_id = p_site AND email_hash = v_hash AND state = 'waiting';
	INSERT INTO remind (remind_id, site_id, email, email_hash, network, reader_id, locale, campaign, month, articles, views_from, created_at, due_at)
	VALUES (gen_random_uuid(), p_site, lower(p_email), v_hash, v_network, v_reader, p_locale,
		(SELECT c.slug FROM campaign c WHERE c.campaign_id = p_campaign), v_month, p_articles,
		CASE WHEN p_articles IS NOT NULL THEN coalesce((SELECT r.views FROM reader r WHERE r.reader_id = v_reader), 0) END, p_now, v_due);
	RETURN 'stored';
END
$$;
COMMENT ON FUNCTION pledged.remind_ask(smallint, uuid, text, text, text, integer, text, integer, integer, integer, bigint, timestamptz, boolean, timestamptz)
	IS 'Stores a reminder that a reader asked for, within limits, and that the reader said later.';
REVOKE ALL ON FUNCTION pledged.remind_ask(smallint, uuid, text, text, text, integer, text, integer, integer, integer, bigint, timestamptz, boolean, timestamptz)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.remind_ask(smallint, uuid, text, text, text, integer, text, integer, integer, integer, bigint, timestamptz, boolean, timestamptz)
	TO pledged_money;
