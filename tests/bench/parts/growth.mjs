// growth: the same with more of one thing: readers, view processes, connections, a year of history behind it, campaigns. Each row is
// a try of its own.
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import pg from "pg";

import { number } from "../lib/bars.mjs";
import { PART, campaigns } from "../lib/campaigns.mjs";
import { median, wrk } from "../lib/load.mjs";
import { sleep } from "../lib/process.mjs";

const list = (name, usual) => (process.env[name] ?? usual).split(",").map(Number);
const WARM = 3;

class Rows {
	constructor({ stand, say, failed, result }) {
		Object.assign(this, { stand, say, failed, rows: result.growth = [], seconds: Number(process.env.SECONDS_EACH ?? 5), rounds: Number(process.env.ROUNDS ?? 3) });
	}

	async attempt(what, go) {
		try {
			return await go();
		} catch (error) {
			this.failed(what, error);
			this.rows.push({ what, failed: error.message });
			return null;
		}
	}

	// nginx answering by itself goes beside it: what the machine can do at that hour.
	async measure(what, { rounds = this.rounds, warm = WARM, ...options } = {}) {
		const found = [], plain = [];

		if (warm)
			await wrk(this.stand, "decide", { seconds: warm, checkpoint: false, ...options });
		for (let i = 0; i < rounds; i++) {
			plain.push(await wrk(this.stand, "return", { seconds: 1, checkpoint: false }));
			found.push(await wrk(this.stand, "decide", { seconds: this.seconds, full: "counts", checkpoint: false, ...options }));
		}
		const of = (get) => median(found.map(get)), row = { what, plain: median(plain.map((r) => r.rate)), ...Object.fromEntries(["rate", "committed", "p99", "wal", "pages", "hot", "buffers", "open"].map((key) => [key, of((r) => r[key])])),
			view: of((r) => r.cpu.view), postgres: of((r) => r.cpu.postgres) };

		this.rows.push(row);
		this.say(`${what.padEnd(42)} ${number(row.rate).padStart(7)}/s  p99 ${number(row.p99).padStart(6)} ms  view ${number(row.view)} µs  postgres ${number(row.postgres)} µs  WAL ${number(row.wal)} and ${
			number(row.pages)} of whole pages  HOT ${(row.hot * 100).toFixed(1)} %  ${number(row.buffers)} buffers  ${number(row.open)} open  (nginx alone ${number(row.plain)}/s)`);
		return row;
	}

	row = (what, options) => this.attempt(what, () => this.measure(what, options));
}

// So many campaigns in all, as many as programs load at most. pledgectl publishes no more than 200 that are not over, so these come by
// its function, without the search for conflicts of each with all.
async function with_campaigns(stand, n) {
	const own = n - Number(await stand.one("SELECT count(*) FROM pledged.campaign WHERE slug !~ '^(asks|meter|other-[0-9]+)$' OR site_id <> 1"));
	const set = join(stand.dir, "../bench-campaigns"), client = new pg.Client(stand.login);

	await client.connect();
	await client.query("SET session_replication_role = replica");
	await client.query("BEGIN");
	for (let from = 0; from < own; from += PART) {
		rmSync(set, { recursive: true, force: true });
		campaigns(set, own, from);
		for (const name of readdirSync(set).filter((file) => file !== "policy.json")) {
			const body = readFileSync(join(set, name), "utf8");

			await client.query("SELECT pledged.campaign_publish('demo', $1, $2, 'bench', now())", [JSON.parse(body).campaign, body]);
		}
	}
	await client.query("COMMIT");
	await client.end();
	await stand.nudge();
	await sleep(3000);
	const text = await (await fetch(`http://127.0.0.1:${stand.port}/metrics`)).text();

	if (!/^pledged_campaigns_stale 0$/m.test(text))
		throw new Error("not all campaigns were taken");
}

// More of all but readers, one after the other; campaigns last, since they stay.
async function more(rows, stand, usual) {
	for (const views of [1, 2, 4])
		await rows.attempt(`${views} view processes`, async () => {
			await stand.view(views);
			await rows.measure(`${views} view processes`);
		});
	await rows.attempt("view anew", () => stand.view(usual));
	for (const connections of [8, 64, 256, 1024])
		await rows.row(`${connections} connections`, { connections });
	await rows.attempt("a year behind it", async () => {
		await stand.history();
		await rows.measure("a year behind it");
	});
	for (const n of [20, 200, 2000])
		await rows.attempt(`${n} campaigns`, async () => {
			await with_campaigns(stand, n);
			await rows.measure(`${n} campaigns`);
		});
}

export async function growth(context) {
	const { stand, bars, say } = context, sizes = list("GROWTH_READERS", "10000,1000000,20000000"), rows = new Rows(context), at = {}, views = stand.views;
	const usual = sizes.includes(1000000) ? 1000000 : sizes[0]; // the rest is measured at one size

	for (const readers of sizes) {
		const what = `${number(readers)} readers`, made = await rows.attempt(`${what} to be made`, async () => {
			if (stand.pool)
				await stand.down();
			Object.assign(stand, { readers, views });
			await stand.up();
			await stand.fill(readers, { settle: false, say: (percent) => say(`${percent} % of ${what}`) });
			await stand.away_from_checkpoint();
			say(`${what} are made`);
			return true;
		});

		if (!made)
			continue;
		at[readers] = await rows.row(what);
		await rows.row(`${what}, just after a checkpoint`, { rounds: 1, warm: 0, checkpoint: true });
		if (readers === usual)
			await more(rows, stand, views);
	}
	if (at[20000000] && at[1000000])
		bars.note("growth", at[20000000].rate / at[1000000].rate);
}
