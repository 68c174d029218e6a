// The goal: an operator sees what a change would do, what was changed by whom, takes it back, carries campaigns out and in again,
// and is told when two of them stand in each other's way.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";

import { build, root, stack } from "./lib/stack.mjs";

const s = await stack({ name: "ctl-history", only: "pg" });
const shipped = join(root, "conf/campaigns");
let made = 0;

// ctl: pledgectl as an operator of a login of their own.
function ctl(...words) {
	const env = { ...process.env, PGUSER: "pledged_admin" };

	return new Promise((done) => execFile(join(resolve(root, build), "pledgectl"), ["-c", s.env.CONF, "campaign", ...words.map(String)],
		{ env, cwd: root }, (error, out, err) => done({ code: error?.code ?? 0, out, err })));
}

async function fine(...words) {
	const { code, out, err } = await ctl(...words);

	assert.deepEqual([code, err], [0, ""], words.join(" "));
	return out;
}

async function body(slug, change = {}) {
	return { ...JSON.parse(await readFile(join(shipped, "support.json"), "utf8")), campaign: slug, start: "2020-01-01T00:00:00Z", ...change };
}

// one: a variant of everybody, whose text is that of the shipped campaign but for its title.
async function one(title) {
	const { variants: [a] } = await body("x");

	return [{ ...a, share: 100, text: { en: { ...a.text.en, title } } }];
}

async function file(...bodies) {
	const dir = join(s.dir, `files${++made}`);

	await mkdir(dir);
	for (const b of bodies)
		await writeFile(join(dir, `${b.campaign}.json`), JSON.stringify(b));
	return bodies.length === 1 ? join(dir, `${bodies[0].campaign}.json`) : dir;
}

const publish = async (...bodies) => ctl("apply", await file(...bodies));
const stored = (like) => s.sql(`SELECT campaign, kind, field, other_campaign FROM report.campaign_conflicts
	WHERE campaign ~ '^(${like})' ORDER BY log_id, kind, field`);
const version = (slug) => s.count(`SELECT max(version) FROM pledged.campaign WHERE slug = '${slug}'`);
const STAMP = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ";

// lines: what history prints, without the times.
async function history(slug) {
	return (await fine("history", slug)).trimEnd().split("\n").map((line) => line.replace(new RegExp(`^${STAMP}  `), ""));
}

test("a change is shown before it is made, and kept with its author afterwards", async () => {
	assert.equal((await publish(await body("plain", { variants: await one("Before") }))).out, "plain: version 1 published\n");
	const changed = await file(await body("plain", { priority: 7, end: "2030-01-01T00:00:00Z", variants: await one("After <&> Я") }));
	const lines = '  end: null -> "2030-01-01T00:00:00Z"\n  priority: 100 -> 7\n  variants[0].text.en.title: "Before" -> "After <&> Я"\n';

	assert.equal(await fine("diff", "plain", changed), `plain: version 1 -> ${changed}\n${lines}`);
	assert.equal(await version("plain"), 1);
	assert.equal(await fine("apply", changed), "plain: version 2 published\n");
	assert.equal(await fine("diff", "plain"), `plain: version 1 -> version 2\n${lines}`);
	assert.equal(await fine("diff", "demo/plain", 2, 1),
		'demo/plain: version 2 -> version 1\n  end: "2030-01-01T00:00:00Z" -> null\n  priority: 7 -> 100\n' +
		'  variants[0].text.en.title: "After <&> Я" -> "Before"\n');
	assert.equal(await fine("diff", "plain", 2), "plain: version 2 -> version 2\n  no difference\n");
	assert.equal(await fine("diff", "plain", changed), `plain: version 2 -> ${changed}\n  no difference\n`);
	await fine("pause", "plain");
	await fine("pause", "plain");
	await fine("resume", "demo/plain");
	assert.deepEqual(await history("plain"), ["pledged_admin  version 2 resumed", "pledged_admin  version 2 paused",
		"pledged_admin  version 2 published", ...lines.trimEnd().split("\n"), "pledged_admin  version 1 published"]);
	assert.deepEqual(await s.sql(`SELECT author, path, before, after FROM pledged.campaign_change WHERE campaign = 'plain' AND version = 2
		AND path = 'priority'`, { user: "pledged_admin" }), [["pledged_admin", "priority", "100", "7"]]);
});

test("an older version is published again as a new one", async () => {
	const back = '  end: "2030-01-01T00:00:00Z" -> null\n  priority: 7 -> 100\n  variants[0].text.en.title: "After <&> Я" -> "Before"\n';

	assert.equal(await fine("rollback", "plain"), `plain: version 3 published, the body of version 1\n${back}`);
	assert.equal(await fine("diff", "plain", 1, 3), "plain: version 1 -> version 3\n  no difference\n");
	assert.equal(await fine("rollback", "plain", 1), "plain: unchanged\n");
	await fine("pause", "plain");
	assert.match(await fine("rollback", "demo/plain", 2), /^plain: version 4 published, the body of version 2\n/);
	assert.match(await fine("list"), /plain +paused +4 /, "it stays paused");
	assert.deepEqual((await history("plain")).filter((line) => !line.startsWith(" ")).slice(0, 3), [
		"pledged_admin  version 4 published, the body of version 2", "pledged_admin  version 3 paused",
		"pledged_admin  version 3 published, the body of version 1"]);
});

test("a body of an older format is refused with its faults", async () => {
	const old = await body("aged", { colour: "red" });

	delete old.priority;
	await s.sql(`SELECT pledged.campaign_publish('demo', 'aged', $$${JSON.stringify(old)}$$, 'somebody', now())`);
	await publish(await body("aged", { variants: await one("Aged") }));
	const { code, out, err } = await ctl("rollback", "aged");

	assert.deepEqual([code, out, err], [1, "", "aged version 1: colour: is not a field here\naged version 1: priority: is missing\n"]);
	assert.equal(await version("aged"), 2);
});

test("what is exported is the file that was applied, and applying it changes nothing", async () => {
	const dir = join(s.dir, "exported"), names = (await readdir(shipped)).filter((name) => name.endsWith(".json"));

	assert.equal(await fine("export", "demo/support"), await readFile(join(shipped, "support.json"), "utf8"));
	assert.deepEqual((await fine("export", "--all", dir)).trimEnd().split("\n"),
		[...names, "aged.json", "plain.json"].sort().map((name) => join(dir, name)));
	for (const name of names)
		assert.equal(await readFile(join(dir, name), "utf8"), await readFile(join(shipped, name), "utf8"));
	assert.equal((await fine("apply", dir)).match(/: unchanged\n/g).length, names.length + 2);
	assert.equal((await fine("export", "--all")).match(/^\{$/gm).length, names.length + 2);
	await writeFile(join(dir, "plain.json"), "mine");
	const again = await ctl("export", "plain", dir);

	assert.deepEqual([again.code, again.out, again.err], [1, "", `${join(dir, "plain.json")}: File exists\n`]);
	assert.equal(await readFile(join(dir, "plain.json"), "utf8"), "mine");
});

test("one name on two sites needs its site", async () => {
	const first = await body("twin", { variants: await one("Twin") });

	await s.sql(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
		VALUES (2, 'other', 'The Other', 'UTC', 'EUR', 'en', 'Gift', '/t', '/c')`);
	await fine("apply", await file(first));
	assert.equal(await fine("apply", await file({ ...first, site: "other" })), "twin: version 1 published\n", "the same text on another site is no conflict");
	for (const words of [["diff", "twin"], ["history", "twin"], ["rollback", "twin"], ["export", "twin"], ["pause", "twin"], ["resume", "twin"]]) {
		const { code, out, err } = await ctl(...words);

		assert.deepEqual([code, out, err], [1, "", "pledgectl: campaign twin stands on more than one site: name it SITE/twin\n"], words[0]);
	}
	assert.deepEqual(await history("other/twin"), ["pledged_admin  version 1 published"]);
	assert.equal(await fine("export", "other/twin", join(s.dir, "sites")), `${join(s.dir, "sites/other.twin.json")}\n`);
	assert.match(await fine("export", "--all", join(s.dir, "all")), /\/demo\.twin\.json\n[^]*\/other\.twin\.json\n/);
});

test("two campaigns in each other's way are told and stored, and published all the same", async () => {
	const left = await body("left", { variants: await one("Left") }), right = await body("right", { variants: await one("Right") });

	await fine("apply", await file(left, right));
	assert.deepEqual(await stored("left|right"), []);
	const shared = await publish({ ...right, variants: left.variants });

	assert.deepEqual([shared.code, shared.out, shared.err], [0, "right: version 2 published\n",
		"right: warning: variants[0].text is also the text of variant a of left\n"]);
	assert.deepEqual(await stored("left|right"), [["right", "shared_variant", "variants[0].text", "left"]]);
	assert.deepEqual((await history("right")).slice(0, 3), ["pledged_admin  version 2 published",
		'  variants[0].text.en.title: "Right" -> "Left"', "  warning: variants[0].text is also the text of variant a of left"]);
	// each takes the other's text, in one go: at no time do both show one
	await fine("apply", await file({ ...left, variants: right.variants }, { ...right, variants: left.variants, priority: 5 }));
	await fine("pause", "left");
	await fine("apply", await file({ ...left, variants: left.variants }));
	assert.equal((await stored("left|right")).length, 1, "who is paused is in nobody's way");
	const resumed = await ctl("resume", "left");

	assert.deepEqual([resumed.code, resumed.out, resumed.err], [0, "left: live\n",
		"left: warning: variants[0].text is also the text of variant a of right\n"]);
	assert.equal((await stored("left|right")).length, 2);
});

test("a change while variants are compared is told and stored, field by field", async () => {
	await fine("apply", await file(await body("trial", { variants: (await body("x")).variants.map((v, i) =>
		({ ...v, text: { en: { ...v.text.en, title: `Trial ${i}` } } })) })));
	const trial = JSON.parse(await fine("export", "trial"));
	const later = await publish({ ...trial, priority: 3, variants: trial.variants.map((v, i) => ({ ...v, share: [60, 40][i] })) });

	assert.deepEqual([later.code, later.out, later.err], [0, "trial: version 2 published\n",
		["priority", "variants[0].share", "variants[1].share"].map((at) => `trial: warning: ${at} changed while variants are compared\n`).join("")]);
	assert.deepEqual(await stored("trial"), ["priority", "variants[0].share", "variants[1].share"].map((at) => ["trial", "changed_running", at, "trial"]));
	const back = await ctl("rollback", "trial");

	assert.match(back.err, /^trial: warning: priority changed/);
	assert.match(back.out, /^trial: version 3 published, the body of version 1\n {2}priority: 3 -> 100\n {2}variants\[0\]\.share: 60 -> 50\n/);
	assert.deepEqual(await s.sql("SELECT DISTINCT mixed FROM report.campaign_audit WHERE campaign = 'trial'", { user: "pledged_report" }), [["t"]]);
});

test("many conflicts are told in part and stored whole", async () => {
	const crowd = [];

	for (let i = 10; i < 35; i += 1)
		crowd.push(await body(`crowd${i}`, { variants: await one(i < 34 ? `Crowd ${i}` : "Crowd") }));
	await fine("apply", await file(...crowd));
	const all = await publish(...crowd.slice(0, 24).map((c) => ({ ...c, variants: crowd[24].variants })));

	assert.equal(all.code, 0);
	assert.equal((await stored("crowd")).length, 25 * 24 / 2, "each pair once");
	assert.match(all.err, /^crowd33: warning: and 4 more in report\.campaign_conflicts$/m);
});

test("wrong words end in a sentence and the right code", async () => {
	const log = await s.count("SELECT count(*) FROM pledged.campaign_log");
	const cases = [
		[1, /^pledgectl: there is no campaign nobody\n$/, ["diff", "nobody"], ["diff", "nobody", 1], ["history", "nobody"], ["rollback", "nobody"],
			["export", "nobody"], ["diff", "nobody", join(shipped, "support.json")]],
		[1, /^pledgectl: there is no campaign demo\/support\/x\n$/, ["history", "demo/support/x"]],
		[1, /^pledgectl: campaign support has no version 9\n$/, ["diff", "support", 9], ["diff", "support", 1, 9], ["rollback", "support", 9]],
		[1, /^pledgectl: campaign support has one version only\n$/, ["diff", "support"], ["rollback", "support"]],
		[1, /^nothing\.json: No such file or directory\n$/, ["diff", "support", "nothing.json"]],
		[1, /2-three-faults\.json: .*\n.*\n.*\n$/, ["diff", "support", join(root, "tests/data/campaign/2-three-faults.json")]],
		[1, /^pledgectl: \/nonexistent\/dir: No such file or directory\n$/, ["export", "support", "/nonexistent/dir"]],
		[1, /^conf\/pledged\.ini\/support\.json: Not a directory\n$/, ["export", "support", "conf/pledged.ini"]],
		[2, /is no version: they count from 1\n$/, ["diff", "support", 0], ["diff", "support", 1, "x"], ["diff", "support", "99999999999"],
			["rollback", "support", "x"], ["rollback", "support", 0], ["rollback", "support", "1x"]],
		[2, /^usage: pledgectl \[-c FILE\] campaign (diff NAME \[FILE \| V1 \[V2\]\]|history NAME|rollback NAME \[VERSION\]|export NAME \| --all \[DIR\])\n$/m,
			["diff"], ["diff", "a", 1, 2, 3], ["diff", "--all"], ["history"], ["history", "a", "b"], ["rollback"], ["rollback", "a", 1, 2], ["export"],
			["export", "a", "b", "c"], ["export", "--all", "b", "c"], ["export", "--everything"]],
	];

	for (const [code, words, ...all] of cases) {
		for (const args of all) {
			const r = await ctl(...args);

			assert.deepEqual([r.code, r.out], [code, ""], args.join(" "));
			assert.match(r.err, words, args.join(" "));
		}
	}
	assert.equal(await s.count("SELECT count(*) FROM pledged.campaign_log"), log, "nothing was done");
	await s.pg("stop");
	for (const args of [["diff", "support"], ["history", "support"], ["rollback", "support"], ["export", "support"]])
		assert.equal((await ctl(...args)).code, 75, args.join(" "));
	await s.pg("start");
	await s.invariants();
});
