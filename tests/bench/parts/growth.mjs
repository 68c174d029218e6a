// growth: the same with more of one thing: readers, view processes, campaigns, connections, and a year of history behind it.
import { rmSync } from "node:fs";
import { join } from "node:path";

import { number } from "../lib/bars.mjs";
import { PART, campaigns } from "../lib/campaigns.mjs";
import { median, wrk } from "../lib/load.mjs";

const list = (name, usual) => (process.env[name] ?? usual).split(",").map(Number);

export async function growth(context) {
	const { stand, bars, result, say } = context, READERS = list("GROWTH_READERS", "10000,1000000,20000000"), seconds = Number(process.env.SECONDS_EACH ?? 5);
	const rows = result.growth = [];
	const measure = async (what, options = {}) => {
		await wrk(stand, "decide", { seconds: 2, ...options });
		const rounds = [];

		for (let i = 0; i < Number(process.env.ROUNDS ?? 3); i++)
			rounds.push(await wrk(stand, "decide", { seconds, full: true, ...options }));
		const of = (get) => median(rounds.map(get)), row = { what, rate: of((r) => r.rate), p99: of((r) => r.p99), wal: of((r) => r.wal), hot: of((r) => r.hot),
			view: of((r) => r.cpu.view), postgres: of((r) => r.cpu.postgres), buffers: of((r) => r.buffers) };

		rows.push(row);
		say(`${what.padEnd(30)} ${number(row.rate).padStart(7)}/s  p99 ${number(row.p99).padStart(6)} ms  view ${number(row.view)} µs  postgres ${number(row.postgres)} µs  WAL ${number(row.wal)}  HOT ${
			(row.hot * 100).toFixed(1)} %  ${number(row.buffers)} buffers`);
		return row;
	};
	const at = {};

	for (const readers of READERS) {
		if (stand.pool)
			await stand.down();
		stand.readers = readers;
		await stand.up();
		await stand.fill(readers, { say: (percent) => readers > 1000000 && say(`${percent} % of ${number(readers)} readers`) });
		at[readers] = await measure(`${number(readers)} readers`);
		if (readers !== (READERS[1] ?? READERS[0])) // the rest is measured at one size
			continue;
		for (const views of [1, 2, 4]) {
			await stand.view(views);
			await measure(`${views} view processes`);
		}
		await stand.view(2);
		for (const connections of [8, 64, 256, 1024])
			await measure(`${connections} connections`, { connections });
		for (const n of [20, 200, 2000]) {
			for (let from = 0; from < n; from += PART) {
				const set = join(stand.dir, "../bench-campaigns");

				rmSync(set, { recursive: true, force: true });
				campaigns(set, n, from);
				await stand.ctl("campaign", "apply", set);
			}
			await new Promise((done) => setTimeout(done, 3000));
			await measure(`${n} campaigns`);
		}
		await stand.ctl("seed", "--site", "demo", "--days", process.env.DAYS ?? "365", "--views-per-day", process.env.VIEWS_A_DAY ?? "5000", "--seed", "1");
		await measure("and a year behind it");
	}
	if (at[20000000] && at[1000000])
		bars.note("growth", at[20000000].rate / at[1000000].rate);
}
