// audit.mjs: what every line about money ends with: the provider's books against ours, the invariants, the logs.

import { join } from "node:path";

import { check_logs } from "../../walk/lib/invariants.mjs";
import { books } from "../../walk/lib/money.mjs";
import { root } from "../../walk/lib/stack.mjs";
import { until } from "../../walk/lib/until.mjs";

const LIST = 5;
const some = (ids) => `${ids.slice(0, LIST)}${ids.length > LIST ? ` and ${ids.length - LIST} more` : ""}`;
const sums = (pairs) => JSON.stringify(Object.entries(pairs).filter(([, sum]) => sum !== 0).sort());

// audit: words for all that is wrong, none when all is well. What is lost or double goes into the headline, once.
export async function audit(t, s) {
	const b = await books(s);
	const wrong = [];
	const broken = (await s.deploy("psql", "-p", s.env.PGPORT, "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", join(root, "sql/invariants.sql"))).trim();
	const now = { lost: b.lost.length, twice: b.twice.length + b.pages.length };

	if (broken)
		wrong.push(`invariants: ${broken}`);
	if (b.lost.length > 0)
		wrong.push(`lost: ${some(b.lost)}`);
	if (b.twice.length > 0)
		wrong.push(`booked twice: ${some(b.twice)}`);
	if (b.pages.length > 0)
		wrong.push(`pledges with two pages at the provider: ${some(b.pages)}`);
	if (b.made_up > 0 || b.marks !== 0)
		wrong.push(`${b.made_up} payments that the provider does not have, ${b.marks} mails twice`);
	if (sums(b.booked) !== sums(b.paid))
		wrong.push(`booked ${sums(b.booked)}, taken ${sums(b.paid)}`);
	await check_logs(s).catch((error) => wrong.push(error.message));
	t.count({ lost: now.lost - (s.audited?.lost ?? 0), twice: now.twice - (s.audited?.twice ?? 0) });
	s.audited = now;
	return wrong;
}

const OPEN = `(SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')) + (SELECT count(*) FROM pledged.outbox WHERE state = 'open')`;

// settled: nothing lies in the queues but what is for a person. hurry: what was put off is due at once.
export const settled = (s, { seconds = 60, hurry = false } = {}) => until("the queues are empty", async () => {
	if (await s.count(`SELECT ${OPEN}`) === 0)
		return true;
	if (hurry)
		await s.sql("UPDATE pledged.inbox SET not_before = now() WHERE state = 'new' AND not_before > now()");
	return false;
}, seconds);

// verdict: what a line gives: good of all, and no word against it.
export const verdict = (value, good, why) => ({ value, pass: good && why.length === 0, why });
