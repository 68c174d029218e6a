// campaigns.mjs: as many campaigns as a large site has: one asks in the section "opinion" (a tenth of the pages), one is a meter
// that counts all pages and lets them pass, the others have targets, caps and meters and are looked at for each page.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const conf = join(new URL(".", import.meta.url).pathname, "../../../conf/campaigns");

// They may be written in parts: those from number `from` on, PART at most.
export const PART = 150;

export function campaigns(dir, n, from = 0) {
	const support = JSON.parse(readFileSync(join(conf, "support.json"), "utf8"));
	const save = (campaign) => writeFileSync(join(dir, `${campaign.campaign}.json`), JSON.stringify({ ...support, ...campaign }, null, "\t"));

	mkdirSync(dir, { recursive: true });
	cpSync(join(conf, "policy.json"), join(dir, "policy.json"));
	writeFileSync(join(dir, "policy.json"), JSON.stringify({ ...JSON.parse(readFileSync(join(conf, "policy.json"), "utf8")), cap: { views: 100, days: 1 } }, null, "\t"));
	save({ campaign: "asks", priority: 100, target: { section: { in: ["opinion"], not_in: [] } }, cap: { id: "asks", views: 90, days: 1, daily: 90 } });
	save({ ...JSON.parse(readFileSync(join(conf, "meter.json"), "utf8")), campaign: "meter", priority: 900, target: {}, min_views: 2,
		meter: { window: "month", allowance: 200, then: "wall" } });
	for (let i = Math.max(2, from); i < Math.min(n, from + PART); i++)
		save({
			campaign: `other-${i}`, priority: 200 + i % 600,
			// a third is of another section, a third of another country, a third waits for readers of a thousand articles
			target: { section: { in: i % 3 === 0 ? [`desk-${i}`, "sport"] : ["news", "opinion"], not_in: ["obituaries"] },
				...(i % 3 === 1 ? { country: { in: ["LV", "LT"], not_in: [] } } : {}) },
			min_views: i % 3 === 2 ? 1000 : 2,
			cap: { id: `cap-${i % 7}`, views: 4, days: 30, gap_hours: 12, ...(i % 2 ? { cycle: { views: 3, skip: 1, restart_days: 30 } } : {}) },
			...(i % 5 === 0 ? { meter: { window: "rolling", days: 30, allowance: 2, then: "prompt" } } : {}),
		});
}
