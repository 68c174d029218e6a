// steady: half the peak at a constant rate, while something else goes on: p99 and how many pages were opened uncounted.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { number } from "../lib/bars.mjs";
import { steady } from "../lib/load.mjs";
import { sleep } from "../lib/process.mjs";
import { root } from "../lib/stand.mjs";
import { peak } from "./trouble.mjs";

const NEXT = "(date_trunc('month', now()) + interval '%s month')";

function events(stand) {
	const set = join(stand.dir, "../bench-campaigns");
	const change = () => { // every campaign a new version
		for (const name of readdirSync(set)) {
			const file = join(set, name), campaign = JSON.parse(readFileSync(file, "utf8"));

			if (campaign.priority)
				writeFileSync(file, JSON.stringify({ ...campaign, priority: (campaign.priority + 1) % 1000 }, null, "\t"));
		}
	};

	return {
		nothing: () => { },
		"a checkpoint": () => stand.query("CHECKPOINT"),
		"a vacuum of reader": () => stand.query("VACUUM (ANALYZE) pledged.reader"),
		"all campaigns anew": () => (change(), stand.ctl("campaign", "apply", set)),
		// the months to come are made, and the oldest one is dropped
		"a partition made and one dropped": async () => {
			await stand.query(`SELECT pledged.partition_ensure(${NEXT.replace("%s", "14")}::date)`).catch(() => stand.query("SELECT pledged.partition_ensure(now())"));
			await stand.query("SELECT pledged.retain(100, now())");
		},
		"all reports": () => stand.ctl("report", "--html", join(stand.env.SOCKETS, "reports.html")),
		"PostgreSQL restarted": () => stand.stack("pg", "restart"),
		"PostgreSQL killed": async () => {
			await stand.stack("pg", "kill");
			await stand.stack("pg", "start");
		},
		"view restarted": () => stand.stack("role", "view", "restart"),
	};
}

export async function steadiness(context) {
	const { stand, result, say } = context, rate = Math.round(await peak(context) / 2), seconds = Number(process.env.SECONDS_EACH ?? 10);

	await stand.query("ALTER SYSTEM SET checkpoint_timeout = '1h'"); // those that are asked for are enough
	await stand.query("SELECT pg_reload_conf()");
	result.steady = {};
	for (const [what, go] of Object.entries(events(stand))) {
		const load = steady(stand, rate, seconds, { width: 100, connections: 1024 });

		await sleep(2000);
		const began = Date.now();

		await go();
		const took = (Date.now() - began) / 1000, { all, open, refused, broken } = await load;

		result.steady[what] = { took, all, open: open.n, shut: refused.n + broken.n };
		say(`${what.padEnd(34)} took ${number(took).padStart(6)} s  p50 ${number(all.p50).padStart(6)}  p99 ${number(all.p99).padStart(6)}  p99.9 ${number(all.p999).padStart(6)}  slowest ${
			number(all.max).padStart(6)} ms  open ${String(open.n).padStart(6)}  shut ${refused.n + broken.n}`);
		await stand.ready();
		await sleep(1000);
	}
}
