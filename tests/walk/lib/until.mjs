// until.mjs: waiting for something to become true, by asking.

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// until: polls test() until it gives something truthy, which is returned; an error counts as not yet.
export async function until(what, test, seconds = 60) {
	const end = Date.now() + seconds * 1000;
	let last;

	for (;;) {
		try {
			const value = await test();

			if (value)
				return value;
			last = undefined;
		} catch (error) {
			last = error;
		}
		if (Date.now() > end)
			throw new Error(`not within ${seconds} s: ${what}${last ? ` (${last.message})` : ""}`);
		await sleep(50);
	}
}
