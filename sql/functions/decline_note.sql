-- decline_note: count a refused payment for its pledge, its site, its reader and address, and its card, and see whether the form is to ask for a puzzle or to be shut.
-- Internal. Tables: decline_count, decline_page, then as breaker_judge and limit_put. Counts each time: the caller makes sure that it is a new one.
-- The report counts every refusal, the breaker at most two of a pledge: whoever tries card after card on one page shuts nobody's form.
-- A card that has no room left (limit_rule, card) is noted at the page that it was tried on, which decline_end ends.
--   p_card  the provider's own word for the card, the same whoever gives it; null: not told
-- Not of a recurring gift's page before it is paid: Stripe tells of the refused intent and its card, but that has no metadata, there is no
-- invoice yet, and the session does not name it, so nobody knows whose it is.
CREATE OR REPLACE FUNCTION pledged.decline_note(p_site smallint, p_pledge uuid, p_made timestamptz, p_now timestamptz, p_card text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO decline_count AS d (site_id, at, n) VALUES (p_site, date_bin('10 seconds', p_now, timestamptz '2000-01-01 00:00:00Z'), 1)
	ON CONFLICT (site_id, at) DO UPDATE SET n = d.n + 1;
	INSERT INTO decline_page AS d (pledge_id, site_id, made_at, n, first_at) VALUES (p_pledge, p_site, p_made, 1, p_now)
	ON CONFLICT (pledge_id) DO UPDATE SET n = d.n + 1, second_at = coalesce(d.second_at, excluded.first_at);
	PERFORM breaker_judge(p_site, p_now);
	-- A refusal weighs more than a try: it takes room of reader and address as one more pledge does. What is full stays so.
	PERFORM limit_put(p_site, ARRAY[w.scope], ARRAY[w.who], p_now, 2)
	FROM pledge p, limit_whos(p_site, '{}', p.reader_id, p.email, NULL, NULL, '{}') l, unnest(l.scopes, l.whos) w (scope, who)
	WHERE p.pledge_id = p_pledge AND w.scope IN ('reader', 'email');
	IF p_card <> '' AND EXISTS (SELECT FROM limit_rule r WHERE r.scope = 'card' AND r."on") THEN
		PERFORM limit_put(p_site, '{card}', ARRAY[limit_hash(p_site, 'card ' || p_card)], p_now, 2);
		IF FOUND THEN
			UPDATE decline_page SET card_at = p_now WHERE pledge_id = p_pledge;
		END IF;
	END IF;
END $$;
COMMENT ON FUNCTION pledged.decline_note(smallint, uuid, timestamptz, timestamptz, text) IS 'Counts a refused payment.';
REVOKE ALL ON FUNCTION pledged.decline_note(smallint, uuid, timestamptz, timestamptz, text) FROM PUBLIC;
