-- 0031_gift: what was given, taken back and kept, a row each with all that reports divide it by, so that a report of money reads one narrow
-- table and not the ledger beside payments and pledges.
-- Pledges in roll_due stand here as they were; roll_gift_all has them as they are. Locking order of what is new: roll_gift after roll_pledge.

SET LOCAL lock_timeout = '5s';

CREATE TABLE pledged.roll_gift (
	pledge_id uuid NOT NULL,
	ledger_id bigint NOT NULL,
	payment_id uuid NOT NULL,
	at timestamptz NOT NULL,
	amount bigint NOT NULL,
	value bigint NOT NULL,
	booked bigint NOT NULL,
	day date NOT NULL,
	site_id smallint NOT NULL,
	livemode boolean NOT NULL,
	kind text NOT NULL CHECK (kind IN ('paid', 'refund', 'dispute', 'fee', 'booked')),
	currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	paid_in text NOT NULL CHECK (paid_in ~ '^[A-Z]{3}$'),
	"interval" text NOT NULL CHECK ("interval" IN ('once', 'month', 'year')),
	campaign text NOT NULL CHECK (length(campaign) <= 255),
	provider text NOT NULL CHECK (provider ~ '^([a-z]{2,16})?$'),
	method text NOT NULL CHECK (method ~ '^[a-z0-9_]{0,40}$'),
	country text NOT NULL CHECK (country ~ '^([A-Z]{2})?$'),
	PRIMARY KEY (pledge_id, ledger_id, payment_id)
);
CREATE INDEX roll_gift_day ON pledged.roll_gift USING brin (day);
COMMENT ON TABLE pledged.roll_gift IS 'A row a paid payment, and a row an entry of the ledger that takes of one. Written anew, a pledge as a whole, when something of it changes (roll_gift_put).';
COMMENT ON COLUMN pledged.roll_gift.pledge_id IS 'The pledge.';
COMMENT ON COLUMN pledged.roll_gift.ledger_id IS 'The entry of the ledger; 0: the payment itself.';
COMMENT ON COLUMN pledged.roll_gift.payment_id IS 'The payment, or what the entry is of when no payment is known.';
COMMENT ON COLUMN pledged.roll_gift.at IS 'When it was paid, or booked.';
COMMENT ON COLUMN pledged.roll_gift.amount IS 'Amount of the payment, in minor units of paid_in.';
COMMENT ON COLUMN pledged.roll_gift.value IS 'What was paid, taken back or kept, in minor units of currency; a dispute that was won is negative.';
COMMENT ON COLUMN pledged.roll_gift.booked IS 'What the ledger took from the donor for it, in minor units; of a payment in the payment''s own currency and mode.';
COMMENT ON COLUMN pledged.roll_gift.day IS 'Day of at in the site''s zone.';
COMMENT ON COLUMN pledged.roll_gift.site_id IS 'Site.';
COMMENT ON COLUMN pledged.roll_gift.livemode IS 'False for test money.';
COMMENT ON COLUMN pledged.roll_gift.kind IS 'paid: a payment. refund, dispute, fee: an entry of these accounts. booked: taken from a donor for what is no paid payment, which should not be.';
COMMENT ON COLUMN pledged.roll_gift.currency IS 'Currency of value.';
COMMENT ON COLUMN pledged.roll_gift.paid_in IS 'Currency of the payment.';
COMMENT ON COLUMN pledged.roll_gift."interval" IS 'once, month or year.';
COMMENT ON COLUMN pledged.roll_gift.campaign IS 'Campaign that asked; empty: none.';
COMMENT ON COLUMN pledged.roll_gift.provider IS 'Payment provider.';
COMMENT ON COLUMN pledged.roll_gift.method IS 'How it was paid; empty: not told.';
COMMENT ON COLUMN pledged.roll_gift.country IS 'Country of the card or account; empty: not told.';

CREATE VIEW pledged.roll_gift_now AS
SELECT p.pledge_id, x.ledger_id, x.payment_id, x.at, x.amount, x.value, x.booked, (x.at AT TIME ZONE s.time_zone)::date AS day, p.site_id, x.livemode,
	x.kind, x.currency, x.paid_in, p."interval", coalesce(p.campaign, '') AS campaign, x.provider, x.method, x.country
FROM pledged.pledge p JOIN pledged.site s USING (site_id), LATERAL (
	SELECT 0::bigint AS ledger_id, y.payment_id, y.paid_at AS at, y.amount, y.amount AS value,
		coalesce((SELECT -sum(l.amount) FROM pledged.ledger l WHERE l.pledge_id = y.pledge_id AND l.account = 'donor' AND l.object_id = y.payment_id
			AND (l.livemode, l.currency) = (y.livemode, y.currency)), 0)::bigint AS booked,
		y.livemode, 'paid' AS kind, y.currency::text AS currency, y.currency::text AS paid_in, y.provider, coalesce(y.method, '') AS method,
		coalesce(y.country, '')::text AS country
	FROM pledged.payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid'
	UNION ALL
	SELECT l.ledger_id, coalesce(y.payment_id, l.object_id), CASE l.account WHEN 'donor' THEN coalesce(y.paid_at, l.at) ELSE l.at END, coalesce(y.amount, 0),
		CASE l.account WHEN 'donor' THEN 0 ELSE l.amount END, CASE l.account WHEN 'donor' THEN -l.amount ELSE 0 END, l.livemode,
		CASE l.account WHEN 'donor' THEN 'booked' ELSE l.account END, l.currency::text, coalesce(y.currency, l.currency)::text, coalesce(y.provider, ''),
		coalesce(y.method, ''), coalesce(y.country, '')::text
	FROM pledged.ledger l LEFT JOIN pledged.refund r ON l.object = 'refund' AND r.refund_id = l.object_id
		LEFT JOIN pledged.dispute d ON l.object = 'dispute' AND d.dispute_id = l.object_id LEFT JOIN pledged.fee f ON l.object = 'fee' AND f.fee_id = l.object_id
		LEFT JOIN pledged.payment y ON y.payment_id = coalesce(r.payment_id, d.payment_id, f.payment_id, l.object_id)
	WHERE l.pledge_id = p.pledge_id AND (l.account IN ('refund', 'dispute', 'fee')
		OR (l.account = 'donor' AND (y.state = 'paid' AND (y.pledge_id, l.livemode, l.currency) = (p.pledge_id, y.livemode, y.currency)) IS NOT TRUE))
) x;
COMMENT ON VIEW pledged.roll_gift_now IS 'roll_gift, made anew of pledges, payments and the ledger.';
CREATE VIEW pledged.roll_gift_all AS
SELECT g.* FROM pledged.roll_gift g WHERE NOT EXISTS (SELECT FROM pledged.roll_due d WHERE d.pledge_id = g.pledge_id)
UNION ALL
SELECT n.* FROM (SELECT DISTINCT pledge_id FROM pledged.roll_due) d
	JOIN LATERAL (SELECT * FROM pledged.roll_gift_now n WHERE n.pledge_id = d.pledge_id) n ON true;
COMMENT ON VIEW pledged.roll_gift_all IS 'roll_gift, with pledges that wait as they are now.';
DO $$
DECLARE c record;
BEGIN
	FOR c IN SELECT a.attname, col_description(a.attrelid, a.attnum) AS words, v FROM pg_attribute a, unnest(ARRAY['roll_gift_now', 'roll_gift_all']) v
		WHERE a.attrelid = 'pledged.roll_gift'::regclass AND a.attnum > 0 LOOP
		EXECUTE format('COMMENT ON COLUMN pledged.%I.%I IS %L', c.v, c.attname, c.words);
	END LOOP;
END $$;

-- An entry of the ledger, or what a payment turned out to be, makes its pledge due.
CREATE FUNCTION pledged.roll_due_book() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO roll_due (pledge_id) SELECT DISTINCT e.pledge_id FROM entries e WHERE e.account IN ('donor', 'refund', 'dispute', 'fee');
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION pledged.roll_due_book() IS 'Something was booked for a pledge.';
REVOKE ALL ON FUNCTION pledged.roll_due_book() FROM PUBLIC;
CREATE TRIGGER roll_due_book AFTER INSERT ON pledged.ledger REFERENCING NEW TABLE AS entries
	FOR EACH STATEMENT EXECUTE FUNCTION pledged.roll_due_book();
CREATE TRIGGER roll_due_told AFTER UPDATE OF state, method, country, provider, currency, livemode ON pledged.payment FOR EACH ROW
	WHEN (OLD.state = 'paid' AND (NEW.state, NEW.method, NEW.country, NEW.provider, NEW.currency, NEW.livemode)
		IS DISTINCT FROM (OLD.state, OLD.method, OLD.country, OLD.provider, OLD.currency, OLD.livemode))
	EXECUTE FUNCTION pledged.roll_due_put();

-- What was there before is due, and folded by the clerk.
INSERT INTO pledged.roll_due (pledge_id)
SELECT p.pledge_id FROM pledged.pledge p WHERE EXISTS (SELECT FROM pledged.ledger l WHERE l.pledge_id = p.pledge_id AND l.account <> 'none') ORDER BY p.created_at;

CREATE OR REPLACE VIEW pledged.paid AS
SELECT g.payment_id, g.pledge_id, g.site_id, s.slug AS site, s.time_zone, CASE WHEN g.livemode THEN 'live' ELSE 'test' END AS mode,
	g.currency, g."interval", g.campaign, g.provider,
	CASE WHEN length(g.method) > 15 THEN pledged.code_word(g.method) ELSE g.method END AS method,
	g.country, g.amount, g.at AS paid_at, g.at AT TIME ZONE s.time_zone AS local,
	coalesce(p.donor, pledged.donor_of(p.pledge_id, p.site_id, p.email, p.reader_id)) AS donor
FROM pledged.roll_gift_all g JOIN pledged.site s USING (site_id) LEFT JOIN pledged.pledge p ON p.pledge_id = g.pledge_id
WHERE g.kind = 'paid';

CREATE OR REPLACE VIEW report.income AS
WITH sum AS (
	-- amounts that are the same are one row: a median needs no more
	SELECT g.day, g.site_id, g.currency, g."interval", g.livemode, g.kind, g.value, count(*) AS n, sum(g.booked) AS booked
	FROM pledged.roll_gift_all g GROUP BY g.day, g.site_id, g.currency, g."interval", g.livemode, g.kind, g.value
), book AS (
	SELECT x.*, sum(x.n) FILTER (WHERE x.kind = 'paid') OVER w AS gifts, sum(x.n) FILTER (WHERE x.kind = 'paid') OVER (w ORDER BY x.value) AS upto
	FROM sum x WINDOW w AS (PARTITION BY x.day, x.site_id, x.currency, x."interval", x.livemode)
), line AS (
	SELECT b.day, b.site_id, b.currency, b."interval", b.livemode, coalesce(sum(b.n) FILTER (WHERE b.kind = 'paid'), 0) AS gifts,
		coalesce(sum(b.n * b.value) FILTER (WHERE b.kind = 'paid'), 0) AS gross, coalesce(sum(b.n * b.value) FILTER (WHERE b.kind = 'refund'), 0) AS refunds,
		coalesce(sum(b.n * b.value) FILTER (WHERE b.kind = 'dispute'), 0) AS disputes, coalesce(sum(b.n * b.value) FILTER (WHERE b.kind = 'fee'), 0) AS fees,
		sum(b.booked) AS booked, (min(b.value) FILTER (WHERE b.kind = 'paid' AND 2 * b.upto >= b.gifts)
			+ max(b.value) FILTER (WHERE b.kind = 'paid' AND 2 * (b.gifts - b.upto + b.n) >= b.gifts)) / 2.0 AS median
	FROM book b GROUP BY b.day, b.site_id, b.currency, b."interval", b.livemode
)
SELECT l.day, s.slug AS site, l.currency, l."interval", CASE WHEN l.livemode THEN 'live' ELSE 'test' END AS mode, l.gifts::bigint AS gifts,
	pledged.money_major(l.gross, l.currency) AS gross,
	pledged.money_major(l.refunds, l.currency) AS refunds,
	pledged.money_major(l.disputes, l.currency) AS disputes,
	pledged.money_major(l.gross - l.refunds - l.disputes, l.currency) AS net,
	pledged.money_major(l.fees, l.currency) AS fees,
	pledged.money_major(l.gross - l.refunds - l.disputes - l.fees, l.currency) AS net_of_fees,
	pledged.money_major(l.gross / nullif(l.gifts, 0), l.currency) AS mean,
	pledged.money_major(l.median, l.currency) AS median,
	l.day > (now() AT TIME ZONE s.time_zone)::date - 3 AS provisional,
	CASE WHEN l.gross = l.booked THEN 'ok' ELSE 'ledger has ' || pledged.money_major(l.booked, l.currency) END AS "check"
FROM line l JOIN pledged.site s USING (site_id);
