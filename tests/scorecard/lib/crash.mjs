// crash.mjs: a service whose money role and clerk can be killed at a named place (src/base/crash.def), and
// what must be so afterwards.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { crash_build, trapped } from "../../walk/lib/crash.mjs";
import { root } from "../../walk/lib/stack.mjs";
import { until } from "../../walk/lib/until.mjs";

// labels: the rows of crash.def whose label begins with a letter.
export async function labels(letter) {
	const text = await readFile(join(root, "src/base/crash.def"), "utf8");

	return [...text.matchAll(/^X\("([\w.]+)",/gm)].map((m) => m[1]).filter((label) => label.startsWith(`${letter}.`));
}

// --- the service ---------------------------------------------------------------------------------

async function prepare(s) {
	await trapped(s, "money", "clerk");
	await s.provider.webhooks({ retries: [100, 200, ...Array(40).fill(300)] });
}

export const crash_stack = (t) => t.stack("crash", { build: crash_build, views: 1, moneys: 2, clerks: 2, set: { "money.wait_ms": 700,
	"clerk.interval_ms": 50, "clerk.call_ms": 1000, "clerk.lookup_after_s": 1, "view.deadline_ms": 2000 } }, prepare);

// --- time ----------------------------------------------------------------------------------------

// here: where the queues end now; hurry() leaves what is before alone.
export async function here(s) {
	const [[inbox, outbox]] = await s.sql(`SELECT (SELECT coalesce(max(inbox_id), 0) FROM pledged.inbox),
		(SELECT coalesce(max(outbox_id), 0) FROM pledged.outbox)`);

	return { inbox: Number(inbox), outbox: Number(outbox) };
}

// hurry: leases, pauses and look-ups of a run become due, as they would by waiting: the dead give nothing back.
export async function hurry(s, from) {
	// A call that is lost is not sent again: its search alone becomes due.
	const due = `not_before = CASE WHEN not_before < 'infinity' THEN least(not_before, now()) ELSE not_before END,
		lease_until = CASE WHEN lease_until > now() THEN now() ELSE lease_until END`;

	// Each by itself: a transaction over all of them would lock in an order that is not the service's.
	for (const update of [`pledged.inbox SET ${due} WHERE inbox_id > ${from.inbox} AND state IN ('new', 'leased')`,
		`pledged.outbox SET ${due}, find_at = CASE WHEN find_at > now() THEN now() ELSE find_at END WHERE outbox_id > ${from.outbox} AND state = 'open'`,
		"pledged.wish SET not_before = now() WHERE state = 'asked' AND not_before > now()",
		"pledged.reconcile SET lease_until = now() WHERE lease_until > now()",
		`pledged.attempt SET next_look_at = now() WHERE next_look_at > now() AND attempt_id IN (
			SELECT subject FROM pledged.outbox WHERE kind = 'create' AND outbox_id > ${from.outbox})`])
		await s.sql(`UPDATE ${update}`);
}

// --- afterwards ----------------------------------------------------------------------------------

const quoted = (keys) => keys.map((key) => `'${key}'`).join(",");

// rows: what is stored of pledges by their keys, each with its last attempt:
// {pledge, token, status, attempts, state, object, url, payments, paid, mails, calls}.
export async function rows(s, keys) {
	const found = await s.sql(`SELECT p.key, p.pledge_id, p.public_token, p.status, (SELECT count(*) FROM pledged.attempt a WHERE a.pledge_id = p.pledge_id),
			a.state, coalesce(a.object_id, ''), coalesce(a.url, ''), (SELECT count(*) FROM pledged.payment y WHERE y.pledge_id = p.pledge_id),
			(SELECT coalesce(sum(y.amount), 0) FROM pledged.payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid'),
			(SELECT count(*) FROM pledged.mail_out m JOIN pledged.payment y ON y.payment_id = m.subject WHERE y.pledge_id = p.pledge_id)
		FROM pledged.pledge p JOIN LATERAL (SELECT * FROM pledged.attempt l WHERE l.pledge_id = p.pledge_id ORDER BY l.no DESC LIMIT 1) a ON true
		WHERE p.key IN (${quoted(keys)})`);
	const names = ["key", "pledge", "token", "status", "attempts", "state", "object", "url", "payments", "paid", "mails"];

	return found.map((row) => Object.fromEntries(names.map((name, i) => [name, /^(attempts|payments|paid|mails)$/.test(name) ? Number(row[i]) : row[i]])));
}

// quiet: nothing of a run is under way any more.
export const quiet = (s, from, seconds = 30) => until("all of it is worked off", async () => await s.count(`SELECT
	(SELECT count(*) FROM pledged.inbox WHERE inbox_id > ${from.inbox} AND state IN ('new', 'leased')) +
	(SELECT count(*) FROM pledged.outbox WHERE outbox_id > ${from.outbox} AND state = 'open')`) === 0, seconds);
