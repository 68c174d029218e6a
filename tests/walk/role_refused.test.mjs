// The goal: one function after the other is refused by the database, as after a migration that went wrong: the role that needs it says
// which, answers by itself, does its other work, and goes on where it was when the function is there again. So it does when its own
// memory is short at any moment.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { key } from "./lib/http.mjs";
import { HTML, ask, page, press, send, wish } from "./lib/manage.mjs";
import { books_agree, deliver, event, made, reaches, session_of, state } from "./lib/money.mjs";
import { session } from "./lib/session.mjs";
import { shim, shimmed } from "./lib/shim.mjs";
import { smtp } from "./lib/smtp.mjs";
import { root, sanitized } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";
import { by_role, reader_of, row, view_stack } from "./lib/view.mjs";

const sink = await smtp();

after(() => sink.close());
const s = await view_stack({ name: "role-refused", views: 1, moneys: 1, hooks: 0,
	set: { "clerk.interval_ms": 100, "clerk.call_ms": 2000, "clerk.events_s": 1, "clerk.lookup_after_s": 5, "view.deadline_ms": 3000, "view.max_requests": 16, "money.wait_ms": 2000,
		"mail.smtp_url": sink.url, "mail.from": "paper@courier.example" } });

s.planted = [];
await s.sql(`UPDATE pledged.site SET origin = '${s.url}'`);
const next = await s.one("SELECT to_char(now() AT TIME ZONE time_zone + interval '1 month', 'YYYY-MM') FROM pledged.site");

// Which role calls what, as src/store/stmt.def tells.
const calls = readFileSync(join(root, "src/store/stmt.def"), "utf8").split("\n").map((line) => /^X\((\w+), *"(\w+)",[^"]*".*? pledged\.(\w+)\(/.exec(line))
	.filter(Boolean).map(([, , roles, name]) => ({ roles, name }));
const of_role = (letter) => [...new Set(calls.filter((c) => c.roles.includes(letter)).map((c) => c.name))];
const db = session(s);
const take = (role, ...names) => db(names.map((name) => `REVOKE EXECUTE ON FUNCTION pledged.${name} FROM ${role}`).join(";"));
const give = (role, ...names) => db(names.map((name) => `GRANT EXECUTE ON FUNCTION pledged.${name} TO ${role}`).join(";"));
const said = async (log, name, from = 0) => (await s.log(log)).slice(from).includes(`${name}: SQLSTATE 42501`);
const length = async (log) => (await s.log(log)).length;
const tells = (log, name, from) => until(`${log} tells of ${name}`, () => said(log, name, from), 60);

after(() => db.end());

// --- what donors and readers do ------------------------------------------------------------------

const json = { accept: "application/json" };
const gift = await made(s, { interval: "month", email: "giver@mail.example" });

await s.provider.pay(gift.url);
await reaches(s, gift.pledge, "paid", 60);
await until("it runs", async () => (await state(s, gift.pledge)).recurring?.state === "active");

// linked: the path in the mail that asking for it brings.
async function linked(email, folder, ask_for_it) {
	const all = () => sink.to(email).flatMap((m) => [...m.text.matchAll(new RegExp(`/${folder}/[\\w-]{43}`, "g"))].map(([path]) => path));
	const before = all().length;

	assert.equal((await ask_for_it()).status, 202);
	const path = await until(`a mail for ${email}`, () => all().length > before && all().at(-1), 60);

	s.planted.push(path.split("/").pop());
	return path;
}

async function visit(who) {
	assert.equal((await press(s, who, await linked("giver@mail.example", "manage", () => ask(s, who, "giver@mail.example")))).status, 303);
	return page(who);
}

const donor = s.client();
const shown = await visit(donor);
const reader = s.client();

await reader.decide("/refused/1", { section: "sport" });
const { token } = await reader.decide("/refused/2", { section: "sport" });
const open = await made(s, { email: "open@mail.example" });
const lapsed = await made(s, { email: "lapsed@mail.example" });

await s.provider.expire(session_of(lapsed.url));
await until("its page is over", async () => await s.one(`SELECT state FROM pledged.attempt a JOIN pledged.pledge USING (pledge_id)
	WHERE public_token = '${lapsed.pledge}'`) === "expired");
const form = (kind) => wish(shown, kind);
const portal = shown.forms.find((f) => f.action === "/manage/portal"), mail = shown.forms.find((f) => f.action === "/manage/mail");
const leaver = s.client();
const leaving = (await visit(leaver)).forms.find((f) => f.action === "/manage/leave");
const join_path = await linked("reader@mail.example", "link", () => reader.post("/link", { body: { email: "reader@mail.example", locale: "en" }, headers: { origin: s.url } }));
const nobody = `/${"A".repeat(43)}`;

const manage_path = await linked("giver@mail.example", "manage", () => ask(s, s.client(), "giver@mail.example"));
const hook = (what) => deliver(s, what);
const declined = () => event("payment_intent.payment_failed", { id: `pi_${key()}`, object: "payment_intent", amount: 500, currency: "eur", livemode: false,
	last_payment_error: { type: "card_error", code: "card_declined" }, metadata: {} });

// Everything that a money process answers. Each may be asked as often as one likes.
const REQUESTS = {
	pledge: () => s.client().pledge({ email: "again@mail.example" }),
	prompted: () => reader.pledge({ token, cover: true }),
	same: () => s.client().pledge({ key: "the-same-key-again-and-again" }),
	status: () => s.request(`/pledge/${open.pledge}`, { headers: json }),
	"status of a paid one": () => s.request(`/pledge/${gift.pledge}`, { headers: HTML }),
	again: () => s.request(`/pledge/${lapsed.pledge}/again`, { method: "POST", form: {}, headers: { origin: s.url, ...json } }),
	link: () => reader.post("/link", { body: { email: "reader@mail.example", locale: "en" }, headers: { origin: s.url } }),
	"look at a link": () => s.request(join_path, { headers: HTML }),
	"use a link": () => press(s, s.client(), `/link${nobody}`),
	remind: () => reader.post("/remind", { body: { email: "later@mail.example", month: next, token, locale: "en" }, headers: { origin: s.url } }),
	"the form of reminders": () => reader.get(`/remind?d=${token}&l=en`, { headers: HTML }),
	"look at a reminder": () => s.request(`/remind${nobody}`, { headers: HTML }),
	"follow a reminder": () => s.request(`/remind${nobody}?give`, { headers: HTML }),
	"stop reminders": () => press(s, s.client(), `/remind${nobody}`),
	"ask to manage": () => ask(s, s.client(), "giver@mail.example"),
	"look at the link": () => s.request(manage_path, { headers: HTML }),
	"use the link": () => press(s, s.client(), `/manage${nobody}`),
	manage: () => page(donor),
	"another amount": () => send(s, donor, form("amount"), { amount: "31.00" }),
	"a mail again": () => send(s, donor, mail, { what: "receipts" }),
	portal: () => send(s, donor, portal),
	leave: () => send(s, s.client({ jar: new Map(leaver.jar) }), leaving),
	webhook: () => hook(event("product.created", { id: "prod_refused", object: "product" })),
	"a declined card": () => hook(declined()),
	metrics: () => s.request("/metrics/money"),
};
const everything = async () => {
	const answers = {};

	for (const [name, send_it] of Object.entries(REQUESTS))
		answers[name] = await send_it();
	return answers;
};
const summary = (answers) => Object.fromEntries(Object.entries(answers).map(([name, a]) => [name, a.status]));
const usual = summary(await everything());

// What a donor is not held up by: who watches the provider, and what is only for our own figures.
const SILENT = ["remind_follow", "circuit_take", "circuit_note", "lockout_may", "lockout_note", "look_ask"];
// Of these nothing here has need.
const UNUSED = ["pledge_poll", "attempt_next", "inbox_hint", "outbox_result", "outbox_claim", "pledge_hint", "wish_ask", "view_sites"];

test("with all there is, everything is answered as it should be", () => {
	for (const [name, status] of Object.entries(usual))
		assert.ok(status < 500, `${name}: ${status}`);
});

test("money: each function is refused once; whoever needs it gets an answer of ours, the log has its name, nobody else is disturbed", async (t) => {
	const [pid] = await s.pids("money");
	const failed = {}, missed = [];

	for (const name of of_role("m")) {
		const from = await length("money");

		await take("pledged_money", name);
		const answers = await everything();

		await give("pledged_money", name);
		failed[name] = [];
		for (const [what, a] of Object.entries(answers)) {
			if (a.status >= 500) {
				failed[name].push(what);
				assert.ok([500, 502, 503].includes(a.status) && by_role(a), `${what} without ${name}: ${a.status} ${a.text}`);
				assert.doesNotMatch(a.text, /SQLSTATE|42501|permission/, "and no word of it to the world");
			} else {
				assert.equal(Math.floor(a.status / 100), Math.floor(usual[what] / 100), `${what} without ${name}: ${a.status} ${a.text}`);
			}
		}
		if (!SILENT.includes(name) && !UNUSED.includes(name)) {
			if (failed[name].length === 0)
				missed.push(`nobody needed ${name}`);
			else if (!await said("money", name, from))
				missed.push(`${name} is not in the log`);
		}
		if (SILENT.includes(name))
			assert.deepEqual(failed[name], [], `${name} holds nobody up`);
	}
	t.diagnostic(Object.entries(failed).map(([name, what]) => `${name}: ${what.join(", ")}`).join("; "));
	assert.deepEqual(missed, []);
	assert.deepEqual(summary(await everything()), usual);
	assert.deepEqual(await s.pids("money"), [pid]);
});

// --- the clerk -----------------------------------------------------------------------------------

// What each round begins with; of those in the first list only that they are asked is known elsewhere.
const SECOND_HAND = ["look_lease"];
const FIRST = ["inbox_lease", "outbox_lease", "lookup_lease", "payment_look_lease", "find_lease", "reconcile_lease", "comparison_lease", "wish_lease", "wish_calls",
	"mail_lease", "partition_ensure", "tally_fold", "roll_events", "roll_pledges", "roll_months", "roll_experiments", "roll_fill", "sample_trim", "visit_fold",
	"mail_renewals", "mail_summaries", "remind_due", "mail_reminder", "manage_clean", "remind_clean", "link_clean", "retain", "guard_tick", "robot_claim_lease", "look_lease"];

test("clerk: everything that a round begins with is refused: each is told, the process lives, and then all is made up for", async () => {
	await take("pledged_clerk", ...FIRST);
	await s.role("clerk", "restart");
	const [pid] = await s.pids("clerk");
	const waits = await made(s, { email: "waits@mail.example" });

	await s.provider.pay(waits.url);
	for (const name of FIRST.filter((f) => !SECOND_HAND.includes(f)))
		await tells("clerk", name);
	assert.equal((await state(s, waits.pledge)).status, "offered");
	await give("pledged_clerk", ...FIRST);
	await reaches(s, waits.pledge, "paid", 60);
	await until("its receipt is mailed", () => sink.to("waits@mail.example").length === 1, 60);
	assert.deepEqual(await s.pids("clerk"), [pid]);
});

// Leases that a failed step left are over.
const free = () => db(`UPDATE pledged.outbox SET lease_until = CASE WHEN lease_until IS NOT NULL THEN now() END, not_before = CASE WHEN find_at IS NULL THEN least(not_before, now()) ELSE not_before END,
		find_at = CASE WHEN find_at IS NOT NULL THEN now() END WHERE state = 'open';
	UPDATE pledged.mail_out SET lease_until = CASE WHEN lease_until IS NOT NULL THEN now() END, not_before = least(not_before, now()) WHERE state = 'queued';
	UPDATE pledged.inbox SET lease_until = CASE WHEN lease_until IS NOT NULL THEN now() END, not_before = least(not_before, now()) WHERE state IN ('new', 'leased');
	UPDATE pledged.wish SET not_before = now() WHERE state = 'asked' AND not_before > now();
	UPDATE pledged.reconcile SET tries = 0, not_before = NULL, lease_until = CASE WHEN holder IS NOT NULL THEN now() END`);
const refused = async (names, work) => {
	const from = await length("clerk");

	await take("pledged_clerk", ...names);
	const done = await work();

	for (const name of names)
		await tells("clerk", name, from);
	await give("pledged_clerk", ...names);
	await free();
	return done;
};
const pays = async (fields, who = s.client()) => {
	const p = await made(s, fields, who);

	await s.provider.pay(p.url);
	return p;
};

test("clerk: a payment that cannot be booked is parked and told; an operator's word later it is", async () => {
	const p = await refused(["settle"], async () => {
		const paid = await pays({ email: "parked@mail.example" });

		await until("its webhook is parked", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state = 'parked'") > 0, 60);
		return paid;
	});

	assert.equal((await s.ctl("inbox", "retry", "--all")).code, 0);
	await reaches(s, p.pledge, "paid", 60);
});

test("clerk: a supporter who cannot be marked is marked later", async () => {
	const who = s.client();

	await who.decide("/marked/1", { section: "sport" });
	const { token: prompt } = await who.decide("/marked/2", { section: "sport" });
	const p = await refused(["reader_supporter"], () => pays({ token: prompt }, who));

	await reaches(s, p.pledge, "paid", 60);
	await until("no appeal any more", async () => {
		await free();
		return (await who.decide("/marked/3", { section: "sport" })).supporter;
	}, 60);
});

test("clerk: a mail whose fate cannot be noted is tried again", async () => {
	const p = await refused(["mail_result"], () => pays({ email: "noted@mail.example" }));

	await reaches(s, p.pledge, "paid", 60);
	await until("it is noted", async () => {
		await free();
		return await s.count("SELECT count(*) FROM pledged.mail_out WHERE recipient = 'noted@mail.example' AND state <> 'sent'") === 0;
	}, 60);
});

for (const name of ["wish_send", "wish_answered"]) {
	test(`clerk: a refund without ${name} is made once, when it can be`, async () => {
		const p = await pays({ amount: "20.00" });

		await reaches(s, p.pledge, "paid", 60);
		await refused([name], () => s.ctl("pledge", "refund", p.pledge));
		await until("it is given back", async () => {
			await free();
			return (await state(s, p.pledge)).status === "refunded";
		}, 60);
	});
}

const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };

for (const [name, effect] of [["attempt_found", true], ["attempt_next", false]]) {
	test(`clerk: a page whose answer was lost is looked for again when ${name} is there again`, async () => {
		await s.provider.fault({ match: CREATE, times: 1, do: { do: "status", status: 500, should_retry: "false", effect } });
		const answer = await s.client().pledge({ email: "lost@mail.example" });

		assert.equal(answer.status, 202, answer.text);
		await refused([name], free);
		const { url } = await until("a page", async () => {
			const now = await state(s, answer.json().pledge);

			return now.url && now;
		}, 60);

		await s.provider.pay(url);
		await reaches(s, answer.json().pledge, "paid", 60);
	});
}

test("clerk: what no webhook told is looked up again when it can be booked", async () => {
	await s.provider.webhooks({ drop: true });
	const p = await refused(["settle", "events_put"], () => pays({}));

	await reaches(s, p.pledge, "paid", 60);
	await s.provider.webhooks({ drop: false });
});

test("clerk: missed events that cannot be kept, or their end noted, are listed again", async () => {
	for (const name of ["events_put", "reconcile_end"])
		await refused([name], async () => {});
	await s.provider.webhooks({ drop: true });
	const p = await pays({});

	await reaches(s, p.pledge, "paid", 60);
	await s.provider.webhooks({ drop: false });
});

test("clerk: a comparison that cannot go on says so to the operator who waits for it, and the next one agrees", async () => {
	for (const name of ["comparison_put", "comparison_doubt", "comparison_end"]) {
		const r = await refused([name], () => s.ctl("audit"));

		assert.equal(r.code, 75, `${name}: ${r.stdout}${r.stderr}`);
		assert.match(r.stderr, new RegExp(`the provider could not be asked: ${name}: SQLSTATE 42501`));
	}
	for (const name of ["comparison_state", "comparison_list", "comparison_sums"]) {
		await take("pledged_owner", name);
		const r = await s.ctl("audit");

		await give("pledged_owner", name);
		assert.deepEqual([r.code, r.stdout, r.stderr], [1, "", `pledgectl: ${name}: SQLSTATE 42501\n`]);
	}
	const elsewhere = await s.ctl("audit", "--dir", "/nowhere");

	assert.deepEqual([elsewhere.code, elsewhere.stderr], [1, "pledgectl: /nowhere/invariants.sql: No such file or directory\n"]);
	const last = await s.ctl("audit");

	assert.equal(last.code, 0, last.stdout + last.stderr);
});

// --- the workers ----------------------------------------------------------------------------------

const LOADED = ["view_campaigns", "view_sites", "view_calendar"];

test("view: without what a worker loads, pages open, and it is ready as soon as that is there", async () => {
	for (const name of LOADED) {
		const from = await length("view");

		await take("pledged_view", name);
		await s.role("view", "restart");
		await until(`${name} is told`, async () => /campaigns could not be loaded; there are no earlier ones/.test((await s.log("view")).slice(from)), 60);
		const d = await until("a worker's answer", async () => {
			const answer = await s.request("/decide?a=/refused/9&s=sport");

			return by_role(answer) && answer;
		}, 60);

		assert.deepEqual([d.json().act, d.json().reason], ["open", "store_down"]);
		assert.equal((await s.request("/readyz")).status, 503);
		await give("pledged_view", name);
		await until("ready", async () => (await s.request("/readyz")).status === 200, 60);
	}
});

test("view: a batch that is refused opens the page, and the view is counted when it can be", async () => {
	const who = s.client(), count = () => s.count("SELECT coalesce(sum(views), 0) FROM pledged.reader");

	await who.decide("/batch/1", { section: "sport" });
	await until("a row", async () => (await who.decide("/batch/2", { section: "sport" })).reason !== "first_view");
	const before = await count();

	await take("pledged_view", "view_batch");
	const d = await who.decide("/batch/3", { section: "sport" });

	assert.deepEqual([d.act, d.reason], ["open", "store_down"]);
	await give("pledged_view", "view_batch");
	await until("it is counted", async () => await count() > before, 60);
});

test("view: figures that cannot be read keep nobody from a page", async () => {
	const names = ["view_goals_shown", "view_robots", "view_lockouts", "view_queues", "view_guard"];

	await take("pledged_view", ...names);
	await s.role("view", "restart");
	await s.ready();
	const who = s.client();

	await who.decide("/figures/1", { section: "sport" });
	await until("a prompt all the same", async () => (await who.decide(`/figures/${Math.random()}`, { section: "sport" })).act === "prompt", 60);
	await give("pledged_view", ...names);
});

test("view: more readers than a worker may hold at once: pages open, other words are put off, and each view is counted in the end", async () => {
	const crowd = Array.from({ length: 40 }, () => s.client());

	await Promise.all(crowd.map((who, i) => who.decide(`/crowd/${i}/1`, { section: "sport" })));
	const locked = s.sql("BEGIN; LOCK TABLE pledged.reader IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4); COMMIT");

	await until("the readers' table is locked", async () => await s.count(`SELECT count(*) FROM pg_locks
		WHERE relation = 'pledged.reader'::regclass AND mode = 'AccessExclusiveLock' AND granted`) === 1);
	const reasons = [], all = Promise.all(crowd.map(async (who, i) => reasons.push((await who.decide(`/crowd/${i}/2`, { section: "sport" })).reason)));

	await until("one is too many", () => reasons.includes("overload"), 60);
	const put_off = [await reader.event(token, "viewed"), await reader.post("/consent", { body: { c: "none" }, headers: { origin: s.url } }), await reader.get(`/still?d=${token}`)];
	const gone = await reader.get("/decide?a=/crowd/x&s=sport&c=none");

	assert.deepEqual(put_off.map((a) => [a.status, a.json().type]), Array(3).fill([503, "urn:pledged:problem:overload"]));
	assert.deepEqual([gone.json().act, gone.json().reason], ["open", "overload"], "who takes consent back is forgotten next time");
	assert.ok(reader.jar.has("pledged"), "so the cookie stays");
	await locked;
	await all;
	assert.ok(reasons.every((reason) => ["overload", "store_down"].includes(reason)), reasons.join());
	for (const who of crowd)
		await until("both views are there", async () => (await row(s, reader_of(who)))?.articles === 2, 60);
});

// --- memory ---------------------------------------------------------------------------------------

const SKIP = sanitized ? "two libraries that want to be the first" : !existsSync(shim) && "make torture was not run";

test("money: each allocation of its own fails once; every request is answered, and the process is the same", { skip: SKIP }, async (t) => {
	const m = await shimmed(s, "money"), counts = {};

	await until("it serves", async () => (await REQUESTS.status()).status === 200, 60);
	const pid = m.get("pid");

	for (const [name, send_it] of Object.entries(REQUESTS)) {
		m.arm("ours", 1e12);
		await send_it();
		const places = m.get("seen");

		counts[name] = places;
		for (let n = 1; n <= places; n += Math.ceil(places / 20)) {
			m.arm("ours", n);
			const a = await send_it();

			m.rest();
			// where not even the connection can be had, nginx answers in our place
			assert.ok(a.status < 500 || [500, 502, 503].includes(a.status), `${name}, ${n} of ${places}: ${a.status} ${a.text}`);
		}
		assert.equal(m.get("pid"), pid, name);
	}
	t.diagnostic(JSON.stringify(counts));
	await m.end();
	await s.ready();
});

// What a worker of pages answers; each may be asked as often as one likes.
const VIEWS = {
	"a new reader": () => s.client().decide("/short/1", { section: "sport" }).then(() => s.request("/healthz")),
	"a known one": () => reader.get(`/decide?a=/short/${Math.random()}&s=sport`),
	prompt: () => s.request(`/prompt?d=${token}&l=en`),
	form: () => s.request("/prompt?form=1&l=ru"),
	event: () => reader.event(token, "viewed"),
	still: () => reader.get(`/still?d=${token}`),
	"an odd consent": () => reader.post("/consent", { body: { c: "what" }, headers: { origin: s.url } }),
	goal: () => s.request("/goal?campaign=support"),
	metrics: () => s.request("/metrics"),
};

test("view: each allocation of its own fails once; pages open, and the process is the same", { skip: SKIP }, async (t) => {
	const m = await shimmed(s, "view"), counts = {};

	await s.ready();
	const pid = m.get("pid");

	for (const [name, send_it] of Object.entries(VIEWS)) {
		m.arm("ours", 1e12);
		await send_it();
		const places = m.get("seen");

		counts[name] = places;
		for (let n = 1; n <= places; n += Math.ceil(places / 20)) {
			m.arm("ours", n);
			const a = await send_it().catch((error) => ({ status: 502, text: error.message }));

			m.rest();
			assert.ok(a.status < 600, `${name}, ${n} of ${places}: ${a.status} ${a.text}`);
		}
	}
	t.diagnostic(JSON.stringify(counts));
	assert.equal(m.get("pid"), pid);
	await until("it decides", async () => (await reader.decide(`/short/${Math.random()}`, { section: "sport" })).reason !== "store_down", 60);
	await m.end();
	await s.ready();
});

test("clerk: where its memory is short again and again, nothing is lost or done twice", { skip: SKIP }, async () => {
	const m = await shimmed(s, "clerk"), gifts = [];

	await until("it works", async () => (await s.pids("clerk")).includes(m.get("pid")), 60);
	const pid = m.get("pid");

	for (let n = 1; n <= 120; n += n < 40 ? 1 : 4) {
		if (n % 8 === 1)
			gifts.push(await pays({ email: `short-${n}@mail.example`, ...(n % 16 === 1 ? { interval: "month" } : {}) }));
		m.arm("ours", n);
		await until("one has failed", () => m.get("hit") > 0, 60);
		m.rest();
	}
	assert.equal(m.get("pid"), pid);
	await s.ctl("inbox", "retry", "--all");
	for (const p of gifts)
		await until(`${p.pledge} is paid`, async () => {
			await free();
			return (await state(s, p.pledge)).status === "paid";
		}, 60);
	await m.end();
});

test("the configuration is read again where memory is short: all of it or nothing", { skip: SKIP }, async () => {
	for (const role of ["money", "view", "clerk"]) {
		const m = await shimmed(s, role);
		const told = async () => (await s.log(role)).match(/"msg":"the configuration was (not )?read again/g)?.length ?? 0;

		await until("it runs", async () => (await s.pids("clerk")).length === 1, 60);
		if (role !== "clerk")
			await s.ready();
		m.arm("ours", 1e12);
		let before = await told();
		const hup = async () => {
			process.kill(m.get("pid"), "SIGHUP");
			await until(`${role} tells`, async () => await told() > before, 60);
			before = await told();
		};

		await until("it takes signals", async () => await told() > before || (process.kill(m.get("pid"), "SIGHUP"), false), 60);
		const pid = m.get("pid");

		for (let n = 1; n < 400; n += n < 40 ? 3 : 29) {
			m.arm("ours", n);
			await hup();
			m.rest();
		}
		assert.equal(m.get("pid"), pid, role);
		await m.end();
	}
	await s.ready();
});

test("the books agree", async () => {
	await free();
	await books_agree(s, 60);
});
