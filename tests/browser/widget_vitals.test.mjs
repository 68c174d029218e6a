// Nothing shifts, and no touch waits long for its answer. How fast it is, on a machine with nothing else to do, is measured by
// tests/bench/vitals.mjs; here only what no load explains fails: beyond web-vitals' own limit of a good page, in every try.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { pages, vitals } from "./lib_vitals.mjs";
import { open_browser } from "./stage.mjs";

const TRIES = 4;
const GOOD_MS = 200;
let browser;

before(async () => {
	browser = await open_browser();
});

after(() => browser?.close());

for (const name of Object.keys(pages))
	test(`${name}: CLS 0, touches are answered`, async () => {
		let best = Infinity;

		for (let n = 0; n < TRIES && !(best < GOOD_MS); n++) {
			const { CLS, INP } = await vitals(browser, name);

			assert.equal(CLS, 0);
			assert.ok(INP !== null, "touches were measured");
			best = Math.min(best, INP);
		}
		console.log(`# ${name}: INP ${best} ms`);
		assert.ok(best < GOOD_MS, `${best} ms`);
	});
