-- What the money desk reads: the book of recurring gifts, what became of refused instalments, donors by cohort and stage, income and
-- what differs, refunds and disputes, the health of webhooks, silence, and goals.
-- Locking order of what is new: recurring_log after recurring; goal_shown alone.

SET LOCAL lock_timeout = '5s';

-- How it was paid, and the country of the card or account, as far as the provider tells.
ALTER TABLE pledged.payment
	ADD COLUMN method text CHECK (method ~ '^[a-z0-9_]{1,40}$'),
	ADD COLUMN country char(2) CHECK (country ~ '^[A-Z]{2}$');
COMMENT ON COLUMN pledged.payment.method IS 'How it was paid, as the provider calls it (card, sepa_debit, ideal); null: not told yet.';
COMMENT ON COLUMN pledged.payment.country IS 'Country of the card or account, ISO 3166; null: not told.';

-- --- the history of recurring gifts -------------------------------------------------------------------------------------------
-- recurring holds how a gift stands; a bridge from one month to the next needs how it stood.
CREATE TABLE pledged.recurring_log (
	log_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	recurring_id uuid NOT NULL REFERENCES pledged.recurring,
	at           timestamptz NOT NULL,
	state        text NOT NULL CHECK (state IN ('active', 'past_due', 'ended')),
	amount       bigint NOT NULL CHECK (amount >= 0),
	currency     char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	paused_until timestamptz,
	ends_at      timestamptz,
	failures     integer NOT NULL CHECK (failures >= 0),
	failure      text CHECK (length(failure) <= 100)
);
CREATE INDEX recurring_log_gift ON pledged.recurring_log (recurring_id, at, log_id);
COMMENT ON TABLE pledged.recurring_log IS 'How each recurring gift stood from a moment on: a row a change, written by the trigger of recurring. Of several rows of one moment the last counts.';
COMMENT ON COLUMN pledged.recurring_log.log_id IS 'Row number.';
COMMENT ON COLUMN pledged.recurring_log.recurring_id IS 'Recurring gift.';
COMMENT ON COLUMN pledged.recurring_log.at IS 'From when on.';
COMMENT ON COLUMN pledged.recurring_log.state IS 'active, past_due or ended.';
COMMENT ON COLUMN pledged.recurring_log.amount IS 'Amount of the next instalments in minor units; that of the pledge until the provider tells another.';
COMMENT ON COLUMN pledged.recurring_log.currency IS 'ISO 4217 code of amount.';
COMMENT ON COLUMN pledged.recurring_log.paused_until IS 'End of the pause; null: none.';
COMMENT ON COLUMN pledged.recurring_log.ends_at IS 'It ends then, as was asked; null: it goes on.';
COMMENT ON COLUMN pledged.recurring_log.failures IS 'Tries to charge that failed since the last one that did not.';
COMMENT ON COLUMN pledged.recurring_log.failure IS 'Why the last of them failed, as the provider calls it.';

-- A row that comes with a past (an import, made-up history) brings its begin and its present state.
CREATE FUNCTION pledged.recurring_logged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	IF TG_OP = 'INSERT' AND NEW.state_at > NEW.created_at AND NEW.state <> 'active' THEN
		INSERT INTO recurring_log (recurring_id, at, state, amount, currency, failures)
		SELECT NEW.recurring_id, NEW.created_at, 'active', coalesce(NEW.amount, p.amount), coalesce(NEW.currency, p.currency), 0
		FROM pledge p WHERE p.pledge_id = NEW.pledge_id;
	END IF;
	-- Never before the row before, though a clock was set back.
	INSERT INTO recurring_log (recurring_id, at, state, amount, currency, paused_until, ends_at, failures, failure)
	SELECT NEW.recurring_id, greatest(CASE WHEN TG_OP = 'UPDATE' THEN greatest(NEW.fetched_at, NEW.state_at)
			WHEN NEW.state = 'active' THEN NEW.created_at ELSE NEW.state_at END,
			(SELECT max(g.at) FROM recurring_log g WHERE g.recurring_id = NEW.recurring_id)),
		NEW.state, coalesce(NEW.amount, p.amount), coalesce(NEW.currency, p.currency), NEW.paused_until, NEW.ends_at, NEW.failures, NEW.failure
	FROM pledge p WHERE p.pledge_id = NEW.pledge_id;
	RETURN NULL;
END $$;
CREATE TRIGGER recurring_begun AFTER INSERT ON pledged.recurring FOR EACH ROW EXECUTE FUNCTION pledged.recurring_logged();
CREATE TRIGGER recurring_changed AFTER UPDATE ON pledged.recurring FOR EACH ROW
	WHEN ((OLD.state, OLD.amount, OLD.currency, OLD.paused_until, OLD.ends_at, OLD.failures, OLD.failure)
		IS DISTINCT FROM (NEW.state, NEW.amount, NEW.currency, NEW.paused_until, NEW.ends_at, NEW.failures, NEW.failure))
	EXECUTE FUNCTION pledged.recurring_logged();
REVOKE ALL ON FUNCTION pledged.recurring_logged() FROM PUBLIC;
COMMENT ON FUNCTION pledged.recurring_logged() IS 'Notes how a recurring gift stands from now on.';

-- The past, as far as the ledger and what was asked for tell it: states, amounts, pauses; what a gift is now comes last.
DO $$
DECLARE
	v_r record;
	v_e record;
	v_g pledged.recurring_log;
BEGIN
	FOR v_r IN SELECT r.*, p.amount AS pledged_amount, p.currency AS pledged_currency
		FROM pledged.recurring r JOIN pledged.pledge p USING (pledge_id)
	LOOP
		v_g := NULL;
		v_g.recurring_id := v_r.recurring_id;
		v_g.amount := v_r.pledged_amount;
		v_g.currency := v_r.pledged_currency;
		v_g.failures := 0;
		FOR v_e IN
			SELECT l.at, 'state' AS what, l.became AS word, NULL::bigint AS amount, NULL::timestamptz AS until FROM pledged.ledger l
			WHERE l.object = 'recurring' AND l.object_id = v_r.recurring_id
			UNION ALL
			SELECT w.state_at, w.kind, NULL, w.amount, w.until FROM pledged.wish w
			WHERE w.recurring_id = v_r.recurring_id AND w.state = 'done' AND w.kind IN ('amount', 'pause', 'resume')
			UNION ALL
			SELECT greatest(v_r.fetched_at, v_r.state_at), 'now', v_r.state, coalesce(v_r.amount, v_r.pledged_amount), v_r.paused_until
			ORDER BY 1, 2
		LOOP
			v_g.at := v_e.at;
			v_g.state := coalesce(v_e.word, v_g.state);
			v_g.amount := coalesce(v_e.amount, v_g.amount);
			v_g.paused_until := CASE WHEN v_e.what IN ('pause', 'resume', 'now') THEN v_e.until ELSE v_g.paused_until END;
			IF v_e.what = 'now' THEN
				v_g.currency := coalesce(v_r.currency, v_r.pledged_currency);
				v_g.ends_at := v_r.ends_at;
				v_g.failures := v_r.failures;
				v_g.failure := v_r.failure;
			END IF;
			CONTINUE WHEN v_g.state IS NULL;
			INSERT INTO pledged.recurring_log (recurring_id, at, state, amount, currency, paused_until, ends_at, failures, failure)
			VALUES (v_g.recurring_id, v_g.at, v_g.state, v_g.amount, v_g.currency, v_g.paused_until, v_g.ends_at, v_g.failures, v_g.failure);
		END LOOP;
	END LOOP;
END $$;

-- A pause ends by the clock: that is a step too, though nobody wrote one.
CREATE VIEW pledged.recurring_step AS
WITH line AS (
	SELECT DISTINCT ON (g.recurring_id, g.at) g.* FROM pledged.recurring_log g ORDER BY g.recurring_id, g.at, g.log_id DESC
), span AS (
	SELECT g.*, lead(g.at) OVER (PARTITION BY g.recurring_id ORDER BY g.at) AS next_at FROM line g
)
SELECT g.recurring_id, g.at, g.state, g.amount, g.currency, g.ends_at, g.failures, g.failure,
	g.state <> 'ended' AND coalesce(g.paused_until > g.at, false) AS paused
FROM span g
UNION ALL
SELECT g.recurring_id, g.paused_until, g.state, g.amount, g.currency, g.ends_at, g.failures, g.failure, false
FROM span g
WHERE g.state <> 'ended' AND g.paused_until > g.at AND g.paused_until < coalesce(g.next_at, 'infinity') AND g.paused_until <= now();
COMMENT ON VIEW pledged.recurring_step IS 'recurring_log, one row a moment, with the ends of pauses.';
COMMENT ON COLUMN pledged.recurring_step.recurring_id IS 'Recurring gift.';
COMMENT ON COLUMN pledged.recurring_step.at IS 'From when on.';
COMMENT ON COLUMN pledged.recurring_step.state IS 'active, past_due or ended.';
COMMENT ON COLUMN pledged.recurring_step.amount IS 'Minor units.';
COMMENT ON COLUMN pledged.recurring_step.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN pledged.recurring_step.ends_at IS 'It ends then, as was asked.';
COMMENT ON COLUMN pledged.recurring_step.failures IS 'Tries that failed since the last one that did not.';
COMMENT ON COLUMN pledged.recurring_step.failure IS 'Why the last of them failed.';
COMMENT ON COLUMN pledged.recurring_step.paused IS 'Nothing is charged.';

-- A gift's part of the book is what it brings in a month, in whole minor units: so every sum of parts is a sum of the very numbers shown.
CREATE VIEW pledged.recurring_book AS
SELECT t.recurring_id, r.pledge_id, p.site_id, CASE WHEN p.livemode THEN 'live' ELSE 'test' END AS mode, p."interval", t.at,
	lead(t.at) OVER w AS next_at, t.state, t.paused, t.failures, t.failure, t.currency::text AS currency, m.monthly,
	t.state <> 'ended' AND NOT t.paused AS held,
	lag(t.state <> 'ended' AND NOT t.paused, 1, false) OVER w AS held_before,
	coalesce(bool_or(t.state <> 'ended' AND NOT t.paused) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS held_ever,
	lag(m.monthly) OVER w AS monthly_before, lag(t.currency::text) OVER w AS currency_before, lag(t.failures, 1, 0) OVER w AS failures_before,
	lag(t.state = 'past_due' AND t.ends_at IS NULL, 1, false) OVER w AS owed_before
FROM pledged.recurring_step t JOIN pledged.recurring r USING (recurring_id) JOIN pledged.pledge p USING (pledge_id),
	LATERAL (SELECT CASE p."interval" WHEN 'year' THEN round(t.amount / 12.0) ELSE t.amount END AS monthly) m
WINDOW w AS (PARTITION BY t.recurring_id ORDER BY t.at);
COMMENT ON VIEW pledged.recurring_book IS 'What each recurring gift brings to the book from one moment to the next, beside what it brought before.';
COMMENT ON COLUMN pledged.recurring_book.recurring_id IS 'Recurring gift.';
COMMENT ON COLUMN pledged.recurring_book.pledge_id IS 'Its pledge.';
COMMENT ON COLUMN pledged.recurring_book.site_id IS 'Site.';
COMMENT ON COLUMN pledged.recurring_book.mode IS 'live or test.';
COMMENT ON COLUMN pledged.recurring_book."interval" IS 'month or year.';
COMMENT ON COLUMN pledged.recurring_book.at IS 'From when on.';
COMMENT ON COLUMN pledged.recurring_book.next_at IS 'Until when; null: it stands so now.';
COMMENT ON COLUMN pledged.recurring_book.state IS 'active, past_due or ended.';
COMMENT ON COLUMN pledged.recurring_book.paused IS 'Nothing is charged.';
COMMENT ON COLUMN pledged.recurring_book.failures IS 'Tries that failed since the last one that did not.';
COMMENT ON COLUMN pledged.recurring_book.failure IS 'Why the last of them failed.';
COMMENT ON COLUMN pledged.recurring_book.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN pledged.recurring_book.monthly IS 'Minor units a month; of a yearly gift a twelfth, rounded.';
COMMENT ON COLUMN pledged.recurring_book.held IS 'It is in the book: neither ended nor paused.';
COMMENT ON COLUMN pledged.recurring_book.held_before IS 'It was in the book just before.';
COMMENT ON COLUMN pledged.recurring_book.held_ever IS 'It was in the book at some time before.';
COMMENT ON COLUMN pledged.recurring_book.monthly_before IS 'monthly just before.';
COMMENT ON COLUMN pledged.recurring_book.currency_before IS 'currency just before.';
COMMENT ON COLUMN pledged.recurring_book.failures_before IS 'failures just before.';
COMMENT ON COLUMN pledged.recurring_book.owed_before IS 'Just before, an instalment was owed and no end was asked for.';

CREATE VIEW pledged.recurring_move AS
SELECT b.recurring_id, b.site_id, b.mode, b."interval", b.at, m.currency, m.what, m.gifts, m.monthly
FROM pledged.recurring_book b, LATERAL (
	SELECT b.currency, CASE WHEN b.held_ever THEN 'reactivated' ELSE 'new' END AS what, 1 AS gifts, b.monthly AS monthly
	WHERE b.held AND NOT b.held_before
	UNION ALL
	SELECT b.currency_before, CASE WHEN b.state <> 'ended' THEN 'paused'
		WHEN b.owed_before AND NOT EXISTS (SELECT FROM pledged.wish w WHERE w.recurring_id = b.recurring_id
			AND w.kind IN ('cancel', 'cancel_at_end') AND w.state IN ('sent', 'done') AND w.created_at <= b.at) THEN 'ended_failure'
		ELSE 'ended_asked' END, -1, -b.monthly_before
	WHERE b.held_before AND NOT b.held
	UNION ALL
	SELECT b.currency, CASE WHEN b.monthly > b.monthly_before THEN 'raised' ELSE 'lowered' END, 0, b.monthly - b.monthly_before
	WHERE b.held AND b.held_before AND b.currency = b.currency_before AND b.monthly <> b.monthly_before
	UNION ALL -- the same gift in another currency leaves one book for the other
	SELECT x.currency, x.what, x.gifts, x.monthly
	FROM (VALUES (b.currency_before, 'lowered', -1, -b.monthly_before), (b.currency, 'raised', 1, b.monthly)) x (currency, what, gifts, monthly)
	WHERE b.held AND b.held_before AND b.currency <> b.currency_before
	UNION ALL
	SELECT b.currency, 'failed', 0, 0 WHERE b.failures > 0 AND b.failures <> b.failures_before AND b.state <> 'ended'
	UNION ALL
	SELECT b.currency, 'recovered', 0, 0 WHERE b.failures = 0 AND b.failures_before > 0 AND b.state <> 'ended'
) m;
COMMENT ON VIEW pledged.recurring_move IS 'Each change of the book of recurring gifts.';
COMMENT ON COLUMN pledged.recurring_move.recurring_id IS 'Recurring gift.';
COMMENT ON COLUMN pledged.recurring_move.site_id IS 'Site.';
COMMENT ON COLUMN pledged.recurring_move.mode IS 'live or test.';
COMMENT ON COLUMN pledged.recurring_move."interval" IS 'month or year.';
COMMENT ON COLUMN pledged.recurring_move.at IS 'When.';
COMMENT ON COLUMN pledged.recurring_move.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN pledged.recurring_move.what IS 'new, raised, reactivated, lowered, paused, ended_asked, ended_failure; failed and recovered change no sum.';
COMMENT ON COLUMN pledged.recurring_move.gifts IS 'Change of the number of gifts in the book.';
COMMENT ON COLUMN pledged.recurring_move.monthly IS 'Change of what they bring in a month, in minor units.';

CREATE VIEW report.book_moves AS
SELECT (m.at AT TIME ZONE s.time_zone)::date AS day, s.slug AS site, m.mode, m.currency, m."interval", m.what, count(*) AS n,
	sum(m.gifts)::bigint AS gifts, pledged.money_major(sum(m.monthly), m.currency) AS monthly
FROM pledged.recurring_move m JOIN pledged.site s USING (site_id)
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW report.book_moves IS 'Changes of the book of recurring gifts by day; all of them together are the book.';
COMMENT ON COLUMN report.book_moves.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN report.book_moves.site IS 'Site.';
COMMENT ON COLUMN report.book_moves.mode IS 'live or test.';
COMMENT ON COLUMN report.book_moves.currency IS 'Currency; never converted.';
COMMENT ON COLUMN report.book_moves."interval" IS 'month or year.';
COMMENT ON COLUMN report.book_moves.what IS 'new, raised, reactivated, lowered, paused, ended_asked, ended_failure; failed and recovered change no sum.';
COMMENT ON COLUMN report.book_moves.n IS 'How often.';
COMMENT ON COLUMN report.book_moves.gifts IS 'Change of the number of gifts in the book.';
COMMENT ON COLUMN report.book_moves.monthly IS 'Change of what they bring in a month, in major units; of yearly gifts a twelfth, each rounded.';

-- --- paid gifts and their donors ----------------------------------------------------------------------------------------------
CREATE VIEW pledged.paid AS
SELECT y.payment_id, y.pledge_id, p.site_id, s.slug AS site, s.time_zone, CASE WHEN y.livemode THEN 'live' ELSE 'test' END AS mode,
	y.currency::text AS currency, p."interval", coalesce(p.campaign, '') AS campaign, y.provider, coalesce(y.method, '') AS method,
	coalesce(y.country, '')::text AS country, y.amount, y.paid_at, y.paid_at AT TIME ZONE s.time_zone AS local,
	md5(coalesce('mail ' || lower(p.email), 'reader ' || coalesce(r.same_as, p.reader_id), 'pledge ' || p.pledge_id))::uuid AS donor
FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id) JOIN pledged.site s USING (site_id)
	LEFT JOIN pledged.reader r ON p.email IS NULL AND r.reader_id = p.reader_id
WHERE y.state = 'paid';
COMMENT ON VIEW pledged.paid IS 'Paid payments with all that reports divide them by.';
COMMENT ON COLUMN pledged.paid.payment_id IS 'Payment.';
COMMENT ON COLUMN pledged.paid.pledge_id IS 'Pledge.';
COMMENT ON COLUMN pledged.paid.site_id IS 'Site.';
COMMENT ON COLUMN pledged.paid.site IS 'Its name.';
COMMENT ON COLUMN pledged.paid.time_zone IS 'Its zone.';
COMMENT ON COLUMN pledged.paid.mode IS 'live or test.';
COMMENT ON COLUMN pledged.paid.currency IS 'Currency as paid.';
COMMENT ON COLUMN pledged.paid."interval" IS 'once, month or year.';
COMMENT ON COLUMN pledged.paid.campaign IS 'Campaign that asked; empty: none.';
COMMENT ON COLUMN pledged.paid.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.paid.method IS 'How it was paid; empty: not told.';
COMMENT ON COLUMN pledged.paid.country IS 'Country of the card or account; empty: not told.';
COMMENT ON COLUMN pledged.paid.amount IS 'Minor units.';
COMMENT ON COLUMN pledged.paid.paid_at IS 'When it was paid.';
COMMENT ON COLUMN pledged.paid.local IS 'The same in the site''s zone.';
COMMENT ON COLUMN pledged.paid.donor IS 'Who gave: a hash of the address, else of the reader, else of the pledge alone. [personal]';

-- --- income -------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE VIEW report.income AS
WITH book AS (
	SELECT y.local::date AS day, y.site, y.time_zone, y.currency, y."interval", y.mode, y.amount AS gross, 0::bigint AS refunds,
		0::bigint AS disputes, 0::bigint AS fees, 1 AS gifts, 0::bigint AS booked
	FROM pledged.paid y
	UNION ALL
	SELECT (l.at AT TIME ZONE s.time_zone)::date, s.slug, s.time_zone, l.currency::text, p."interval", CASE WHEN l.livemode THEN 'live' ELSE 'test' END, 0,
		CASE l.account WHEN 'refund' THEN l.amount ELSE 0 END, CASE l.account WHEN 'dispute' THEN l.amount ELSE 0 END,
		CASE l.account WHEN 'fee' THEN l.amount ELSE 0 END, 0, 0
	FROM pledged.ledger l JOIN pledged.pledge p USING (pledge_id) JOIN pledged.site s USING (site_id)
	WHERE l.account IN ('refund', 'dispute', 'fee')
	UNION ALL
	SELECT (coalesce(y.paid_at, l.at) AT TIME ZONE s.time_zone)::date, s.slug, s.time_zone, l.currency::text, p."interval",
		CASE WHEN l.livemode THEN 'live' ELSE 'test' END, 0, 0, 0, 0, 0, -l.amount
	FROM pledged.ledger l JOIN pledged.pledge p USING (pledge_id) JOIN pledged.site s USING (site_id)
		LEFT JOIN pledged.payment y ON y.payment_id = l.object_id
	WHERE l.account = 'donor'
)
SELECT day, site, currency, "interval", mode, sum(gifts)::bigint AS gifts,
	pledged.money_major(sum(gross), currency) AS gross,
	pledged.money_major(sum(refunds), currency) AS refunds,
	pledged.money_major(sum(disputes), currency) AS disputes,
	pledged.money_major(sum(gross) - sum(refunds) - sum(disputes), currency) AS net,
	pledged.money_major(sum(fees), currency) AS fees,
	pledged.money_major(sum(gross) - sum(refunds) - sum(disputes) - sum(fees), currency) AS net_of_fees,
	pledged.money_major(sum(gross)::numeric / nullif(sum(gifts), 0), currency) AS mean,
	pledged.money_major((percentile_disc(0.5) WITHIN GROUP (ORDER BY gross) FILTER (WHERE gifts = 1)
		+ percentile_disc(0.5) WITHIN GROUP (ORDER BY gross DESC) FILTER (WHERE gifts = 1)) / 2.0, currency) AS median,
	day > (now() AT TIME ZONE time_zone)::date - 3 AS provisional,
	CASE WHEN sum(gross) = sum(booked) THEN 'ok' ELSE 'ledger has ' || pledged.money_major(sum(booked), currency) END AS "check"
FROM book GROUP BY day, site, time_zone, currency, "interval", mode;
COMMENT ON COLUMN report.income.mean IS 'gross / gifts.';
COMMENT ON COLUMN report.income.median IS 'Amount that half of the gifts reach; of an even number the middle of the two.';
COMMENT ON COLUMN report.income.provisional IS 'True of the newest three days: money may still be on its way to us.';
COMMENT ON COLUMN report.income."check" IS 'ok: gross is what the ledger took from donors for these payments; else what that has.';

-- --- pending and webhooks -----------------------------------------------------------------------------------------------------
CREATE OR REPLACE VIEW report.pending AS
SELECT s.slug AS site, p.status, CASE WHEN p.livemode THEN 'live' ELSE 'test' END AS mode, c.age, p.currency::text AS currency,
	count(*) AS pledges, pledged.money_major(sum(p.amount), p.currency) AS amount, min(p.created_at) AS oldest, k.what
FROM pledged.pledge p JOIN pledged.site s USING (site_id),
	LATERAL (SELECT CASE WHEN p.created_at > now() - interval '5 minutes' THEN '1: under 5 min'
		WHEN p.created_at > now() - interval '1 hour' THEN '2: under 1 h'
		WHEN p.created_at > now() - interval '1 day' THEN '3: under 24 h' ELSE '4: older' END AS age) c,
	LATERAL (SELECT CASE WHEN p.status <> 'processing' THEN 'page'
		WHEN EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'processing')
			OR EXISTS (SELECT FROM pledged.attempt a WHERE a.pledge_id = p.pledge_id AND a.state = 'processing') THEN 'bank'
		WHEN p.mismatch THEN 'mismatch' ELSE 'webhook' END AS what) k
WHERE p.status IN ('new', 'offered', 'processing')
GROUP BY s.slug, p.status, p.livemode, c.age, p.currency, k.what;
COMMENT ON COLUMN report.pending.what IS 'What it waits for: page (the donor), bank (the provider says that money is on its way), mismatch (a person: other money came), webhook (the payment of a finished page is not known yet).';

CREATE OR REPLACE VIEW report.webhooks AS
SELECT (i.received_at AT TIME ZONE 'UTC')::date AS day, i.provider, count(*) AS received,
	count(*) FILTER (WHERE i.state = 'done') AS done, count(*) FILTER (WHERE i.state = 'ignored') AS ignored,
	count(*) FILTER (WHERE i.state IN ('new', 'leased')) AS waiting,
	count(*) FILTER (WHERE i.tries > 1 OR i.error IS NOT NULL) AS failed,
	count(*) FILTER (WHERE i.state = 'parked') AS parked,
	round((percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i.ended_at - i.received_at))
		FILTER (WHERE i.state = 'done'))::numeric, 3) AS lag_p50_s,
	round((percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM i.ended_at - i.received_at))
		FILTER (WHERE i.state = 'done'))::numeric, 3) AS lag_p95_s,
	round(max(extract(epoch FROM i.ended_at - i.received_at)) FILTER (WHERE i.state = 'done'), 3) AS lag_max_s,
	min(i.received_at) FILTER (WHERE i.state IN ('new', 'leased')) AS oldest_waiting,
	round((percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i.received_at - i.occurred_at))
		FILTER (WHERE i.headers IS NOT NULL AND i.occurred_at IS NOT NULL))::numeric, 3) AS sent_p50_s,
	round((percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM i.received_at - i.occurred_at))
		FILTER (WHERE i.headers IS NOT NULL AND i.occurred_at IS NOT NULL))::numeric, 3) AS sent_p95_s,
	round(max(extract(epoch FROM i.received_at - i.occurred_at)) FILTER (WHERE i.headers IS NOT NULL), 3) AS sent_max_s,
	count(*) FILTER (WHERE i.headers IS NULL) AS undelivered,
	floor(extract(epoch FROM now() - min(i.received_at) FILTER (WHERE i.state IN ('new', 'leased'))))::bigint AS oldest_waiting_s,
	CASE WHEN count(*) = count(*) FILTER (WHERE i.state = 'done') + count(*) FILTER (WHERE i.state = 'ignored')
			+ count(*) FILTER (WHERE i.state IN ('new', 'leased')) + count(*) FILTER (WHERE i.state = 'parked')
			AND count(*) FILTER (WHERE i.ended_at < i.received_at) = 0 THEN 'ok'
		ELSE 'received is not done + ignored + waiting + parked, or one ended before it came' END AS "check"
FROM pledged.inbox i GROUP BY 1, 2;
COMMENT ON COLUMN report.webhooks.sent_p50_s IS 'Seconds from the provider''s event to its receipt here, median, of those that were delivered.';
COMMENT ON COLUMN report.webhooks.sent_p95_s IS 'The same, 95th percentile.';
COMMENT ON COLUMN report.webhooks.sent_max_s IS 'The same, longest.';
COMMENT ON COLUMN report.webhooks.undelivered IS 'Not delivered but found: listed by the clerk, or a hint of ours.';
COMMENT ON COLUMN report.webhooks.oldest_waiting_s IS 'Age of the oldest of those waiting, in seconds.';
COMMENT ON COLUMN report.webhooks."check" IS 'ok: received = done + ignored + waiting + parked, and none ended before it came.';

CREATE VIEW report.webhook_errors AS
SELECT (i.received_at AT TIME ZONE 'UTC')::date AS day, i.provider, i.event_type, coalesce(i.error, '') AS error, i.state,
	count(*) AS n, max(i.tries) AS tries, min(i.received_at) AS first, max(i.received_at) AS last
FROM pledged.inbox i WHERE i.error IS NOT NULL OR i.state = 'parked'
GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW report.webhook_errors IS 'Webhooks that met trouble, by what it was.';
COMMENT ON COLUMN report.webhook_errors.day IS 'Day of receipt, UTC.';
COMMENT ON COLUMN report.webhook_errors.provider IS 'Payment provider.';
COMMENT ON COLUMN report.webhook_errors.event_type IS 'Kind of event, as the provider calls it.';
COMMENT ON COLUMN report.webhook_errors.error IS 'The last trouble.';
COMMENT ON COLUMN report.webhook_errors.state IS 'new, leased (both are tried again), done or parked (given up).';
COMMENT ON COLUMN report.webhook_errors.n IS 'Webhooks.';
COMMENT ON COLUMN report.webhook_errors.tries IS 'Most tries that one of them took.';
COMMENT ON COLUMN report.webhook_errors.first IS 'When the first of them came.';
COMMENT ON COLUMN report.webhook_errors.last IS 'When the last of them came.';

-- --- settlement ---------------------------------------------------------------------------------------------------------------
CREATE VIEW report.settlement AS
WITH line AS (
	SELECT d.provider, d.provider_id, d.object, CASE d.what WHEN 'missing_there' THEN 'not in their list' WHEN 'missing_here' THEN 'unknown here'
			ELSE d.what END AS what, d.ours, d.theirs, d.livemode, d.object_at, d.first_seen, d.resolved_at
	FROM pledged.difference d
	UNION ALL
	SELECT n.provider, n.provider_id, n.object, 'without its pledge', '',
		coalesce(pledged.money_major(n.amount, n.currency) || ' ' || n.currency, ''), n.livemode, n.object_at, n.first_seen, n.resolved_at
	FROM pledged.orphan n
)
SELECT (l.object_at AT TIME ZONE coalesce(s.time_zone, 'UTC'))::date AS day, coalesce(s.slug, '') AS site, l.provider,
	CASE WHEN l.livemode THEN 'live' ELSE 'test' END AS mode, l.object, l.provider_id AS id, l.what, l.ours, l.theirs,
	round(extract(epoch FROM coalesce(l.resolved_at, now()) - l.object_at) / 86400, 1) AS days, l.first_seen, l.resolved_at
FROM line l LEFT JOIN LATERAL (
	SELECT p.site_id FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'payment' AND y.provider = l.provider AND (y.provider_payment_id = l.provider_id OR y.intent = l.provider_id)
	UNION ALL
	SELECT p.site_id FROM pledged.refund f JOIN pledged.payment y USING (payment_id) JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'refund' AND f.provider = l.provider AND f.provider_refund_id = l.provider_id
	UNION ALL
	SELECT p.site_id FROM pledged.dispute f JOIN pledged.payment y USING (payment_id) JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'dispute' AND f.provider = l.provider AND f.provider_dispute_id = l.provider_id
	UNION ALL
	SELECT p.site_id FROM pledged.recurring f JOIN pledged.pledge p USING (pledge_id)
	WHERE l.object = 'recurring' AND f.provider = l.provider AND f.provider_recurring_id = l.provider_id
	LIMIT 1) x ON true LEFT JOIN pledged.site s USING (site_id);
COMMENT ON VIEW report.settlement IS 'What the provider''s books and ours do not agree on, one row each; none while they agree. As the last comparison found it.';
COMMENT ON COLUMN report.settlement.day IS 'Day on which the object was made, in the site''s zone (UTC when the site is not known).';
COMMENT ON COLUMN report.settlement.site IS 'Site; empty: nothing here belongs to it.';
COMMENT ON COLUMN report.settlement.provider IS 'Payment provider.';
COMMENT ON COLUMN report.settlement.mode IS 'live or test.';
COMMENT ON COLUMN report.settlement.object IS 'payment, refund, dispute or recurring.';
COMMENT ON COLUMN report.settlement.id IS 'Provider''s id of the object.';
COMMENT ON COLUMN report.settlement.what IS 'not in their list, unknown here, without its pledge, amount, currency, fee, state, refunded, disputed, livemode, pledge or twice.';
COMMENT ON COLUMN report.settlement.ours IS 'What our books say.';
COMMENT ON COLUMN report.settlement.theirs IS 'What the provider''s say.';
COMMENT ON COLUMN report.settlement.days IS 'Days from the object to the end of the difference, or to now.';
COMMENT ON COLUMN report.settlement.first_seen IS 'When it was found.';
COMMENT ON COLUMN report.settlement.resolved_at IS 'When it was gone; empty: it is open.';

CREATE VIEW report.settlement_sums AS
SELECT c.provider, CASE WHEN c.livemode THEN 'live' ELSE 'test' END AS mode, c.from_at, c.ended_at, t.currency, t.what,
	pledged.money_major(t.ours, t.currency) AS ours, pledged.money_major(t.theirs, t.currency) AS theirs,
	pledged.money_major(t.ours - t.theirs, t.currency) AS difference,
	CASE WHEN t.ours = t.theirs THEN 'ok' ELSE 'the sums differ' END AS "check"
FROM (SELECT DISTINCT ON (c.provider, c.livemode) c.* FROM pledged.comparison c WHERE c.state = 'done'
		ORDER BY c.provider, c.livemode, c.ended_at DESC) c,
	jsonb_to_recordset(c.totals) AS t (currency text, what text, ours bigint, theirs bigint);
COMMENT ON VIEW report.settlement_sums IS 'The sums of the newest comparison with each provider.';
COMMENT ON COLUMN report.settlement_sums.provider IS 'Payment provider.';
COMMENT ON COLUMN report.settlement_sums.mode IS 'live or test.';
COMMENT ON COLUMN report.settlement_sums.from_at IS 'Money from then on was compared.';
COMMENT ON COLUMN report.settlement_sums.ended_at IS 'When the comparison was done.';
COMMENT ON COLUMN report.settlement_sums.currency IS 'Currency.';
COMMENT ON COLUMN report.settlement_sums.what IS 'paid or refunded.';
COMMENT ON COLUMN report.settlement_sums.ours IS 'Sum in our books, major units.';
COMMENT ON COLUMN report.settlement_sums.theirs IS 'Sum in theirs.';
COMMENT ON COLUMN report.settlement_sums.difference IS 'ours - theirs; 0 when all is well.';
COMMENT ON COLUMN report.settlement_sums."check" IS 'ok: the difference is 0.';

-- --- goals --------------------------------------------------------------------------------------------------------------------
-- What workers were last given to show. The next one comes half a minute later and writes over it.
CREATE TABLE pledged.goal_shown (
	campaign_id integer PRIMARY KEY REFERENCES pledged.campaign,
	currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	since       timestamptz NOT NULL,
	net         bigint NOT NULL,
	supporters  bigint NOT NULL,
	at          timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE pledged.goal_shown IS 'The newest figures of goals that a worker took to show them.';
COMMENT ON COLUMN pledged.goal_shown.campaign_id IS 'Campaign.';
COMMENT ON COLUMN pledged.goal_shown.currency IS 'Currency of the goal.';
COMMENT ON COLUMN pledged.goal_shown.since IS 'Money from then on counts.';
COMMENT ON COLUMN pledged.goal_shown.net IS 'Minor units, before fees.';
COMMENT ON COLUMN pledged.goal_shown.supporters IS 'Gifts of which something was kept.';
COMMENT ON COLUMN pledged.goal_shown.at IS 'When the worker took them.';

-- The ledger's side is counted another way than the public one: not by the provider's account but by those that the money came from and went to.
CREATE VIEW report.goal AS
WITH goal AS (
	SELECT c.campaign_id, c.site_id, c.slug, v.body #>> '{goal,currency}' AS currency, v.body #>> '{goal,amount}' AS amount,
		coalesce(v.body #>> '{goal,from}', v.body ->> 'start')::timestamptz AS since
	FROM pledged.campaign c JOIN pledged.campaign_version v USING (campaign_id, version)
	WHERE jsonb_typeof(v.body -> 'goal') = 'object' AND c.state = 'live'
), part AS (
	SELECT g.campaign_id, l.at, CASE l.account WHEN 'donor' THEN -l.amount WHEN 'fee' THEN 0 ELSE -l.amount END AS net,
		CASE l.account WHEN 'fee' THEN l.amount ELSE 0 END AS fee
	FROM goal g JOIN pledged.pledge p ON p.site_id = g.site_id AND p.campaign = g.slug
		JOIN pledged.ledger l ON l.pledge_id = p.pledge_id AND l.account IN ('donor', 'refund', 'dispute', 'fee') AND l.currency = g.currency
			AND l.at >= g.since AND (l.livemode OR NOT EXISTS (SELECT FROM pledged.ledger y WHERE y.livemode))
), total AS (
	SELECT g.campaign_id, coalesce(sum(t.net), 0) AS net, coalesce(sum(t.fee), 0) AS fee,
		coalesce(sum(t.net) FILTER (WHERE t.at <= h.at), 0) AS net_then
	FROM goal g LEFT JOIN part t USING (campaign_id) LEFT JOIN pledged.goal_shown h USING (campaign_id)
	GROUP BY g.campaign_id
)
SELECT s.slug AS site, g.slug AS campaign, g.currency, g.since, g.amount::numeric AS goal,
	CASE WHEN h.net < 0 THEN pledged.money_major(0, g.currency) ELSE pledged.money_major(h.net, g.currency) END AS public, pledged.money_major(t.net, g.currency) AS ledger,
	pledged.money_major(h.net - t.net_then, g.currency) AS difference, pledged.money_major(t.fee, g.currency) AS fees,
	h.supporters, floor(extract(epoch FROM now() - h.at))::bigint AS age_s,
	CASE WHEN h.campaign_id IS NULL THEN 'not shown yet' WHEN (h.currency, h.since) <> (g.currency, g.since) THEN 'an older goal is shown'
		WHEN h.net <> t.net_then THEN 'the public number is not the ledger''s' WHEN h.at < now() - interval '60 seconds' THEN 'old'
		ELSE 'ok' END AS "check"
FROM goal g JOIN total t USING (campaign_id) JOIN pledged.site s USING (site_id) LEFT JOIN pledged.goal_shown h USING (campaign_id);
COMMENT ON VIEW report.goal IS 'The number that readers see of each running goal, beside what the ledger says.';
COMMENT ON COLUMN report.goal.site IS 'Site.';
COMMENT ON COLUMN report.goal.campaign IS 'Campaign.';
COMMENT ON COLUMN report.goal.currency IS 'Currency of the goal; gifts in others are not in it.';
COMMENT ON COLUMN report.goal.since IS 'Money from then on counts.';
COMMENT ON COLUMN report.goal.goal IS 'What shall be raised, in major units.';
COMMENT ON COLUMN report.goal.public IS 'What was last given to readers: paid and kept, before fees, never annualised.';
COMMENT ON COLUMN report.goal.ledger IS 'What the ledger says now.';
COMMENT ON COLUMN report.goal.difference IS 'public - what the ledger said at that moment; must be 0.';
COMMENT ON COLUMN report.goal.fees IS 'Kept by the provider of it, not taken off the public number.';
COMMENT ON COLUMN report.goal.supporters IS 'Gifts of which something was kept, as shown.';
COMMENT ON COLUMN report.goal.age_s IS 'Age of the public number in seconds; 60 at most while pages are read.';
COMMENT ON COLUMN report.goal."check" IS 'ok; or not shown yet, an older goal is shown, the public number is not the ledger''s, old.';

-- --- refused instalments ------------------------------------------------------------------------------------------------------
-- The first refusal is the ledger's; code and number of tries are what recurring_log held then. A first payment is no instalment: the donor
-- stood at the page.
CREATE INDEX ledger_refused ON pledged.ledger (object_id, at) WHERE object = 'payment' AND became = 'failed';
CREATE VIEW pledged.refused AS
SELECT y.payment_id, y.pledge_id, p.site_id, CASE WHEN y.livemode THEN 'live' ELSE 'test' END AS mode, y.currency::text AS currency,
	p."interval", y.amount, f.at AS refused_at, y.paid_at, CASE WHEN g.failures > 0 THEN coalesce(g.failure, '') ELSE '' END AS code,
	CASE WHEN y.paid_at IS NOT NULL THEN (SELECT nullif(max(t.failures), 0) + 1 FROM pledged.recurring_log t
		WHERE t.recurring_id = g.recurring_id AND t.at >= g.at AND t.at <= y.state_at) END AS attempt,
	(SELECT min(e.at) FROM pledged.ledger e WHERE e.pledge_id = y.pledge_id AND e.object = 'recurring' AND e.became = 'ended') AS ended_at
FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
	JOIN (SELECT l.object_id, min(l.at) AS at FROM pledged.ledger l WHERE l.object = 'payment' AND l.became = 'failed' GROUP BY l.object_id) f
		ON f.object_id = y.payment_id
	LEFT JOIN LATERAL (SELECT t.recurring_id, t.at, t.failure, t.failures FROM pledged.recurring r JOIN pledged.recurring_log t USING (recurring_id)
		WHERE r.pledge_id = y.pledge_id AND t.at <= f.at ORDER BY t.at DESC, t.log_id DESC LIMIT 1) g ON true
WHERE p."interval" <> 'once' AND y.mismatch IS DISTINCT FROM 'livemode'
	AND EXISTS (SELECT FROM pledged.payment b WHERE b.pledge_id = y.pledge_id AND b.state = 'paid' AND b.paid_at < f.at AND b.payment_id <> y.payment_id);
COMMENT ON VIEW pledged.refused IS 'Instalments that were refused at least once, and what became of them.';
COMMENT ON COLUMN pledged.refused.payment_id IS 'Payment.';
COMMENT ON COLUMN pledged.refused.pledge_id IS 'Pledge.';
COMMENT ON COLUMN pledged.refused.site_id IS 'Site.';
COMMENT ON COLUMN pledged.refused.mode IS 'live or test.';
COMMENT ON COLUMN pledged.refused.currency IS 'Currency.';
COMMENT ON COLUMN pledged.refused."interval" IS 'month or year.';
COMMENT ON COLUMN pledged.refused.amount IS 'Minor units.';
COMMENT ON COLUMN pledged.refused.refused_at IS 'First refusal.';
COMMENT ON COLUMN pledged.refused.paid_at IS 'When it was paid after all; null: it was not.';
COMMENT ON COLUMN pledged.refused.code IS 'Why it was refused at first, as the provider calls it; empty: not told.';
COMMENT ON COLUMN pledged.refused.attempt IS 'Number of the try that succeeded; null: none.';
COMMENT ON COLUMN pledged.refused.ended_at IS 'When the gift ended; null: it did not.';

GRANT SELECT ON report.book_moves, report.webhook_errors, report.settlement, report.settlement_sums, report.goal TO pledged_report;
