// steady.mjs: a load at a constant rate. Each request has its moment, whether or not the ones before were answered, and its
// time is counted from that moment: a server that stalls cannot slow its own examiner down.

// percentile: of sorted numbers.
export const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];

// steady: rate a second for so many seconds; send(i) gives a promise of what was answered, tally(answer) a word for it.
// Gives {sent, words: {word: n}, p50, p99, max} in milliseconds.
export async function steady(rate, seconds, send, tally) {
	const total = Math.round(rate * seconds), took = [], words = {}, began = performance.now();
	const flying = [];

	for (let i = 0; i < total;) {
		const now = performance.now() - began;

		for (; i < total && i * 1000 / rate <= now; i++) {
			const due = began + i * 1000 / rate;

			flying.push(send(i).then(tally, (error) => error.code ?? "error").then((word) => {
				took.push(performance.now() - due);
				words[word] = (words[word] ?? 0) + 1;
			}));
		}
		await new Promise((done) => setTimeout(done, 1));
	}
	await Promise.all(flying);
	took.sort((a, b) => a - b);
	return { sent: total, words, p50: percentile(took, 0.5), p99: percentile(took, 0.99), max: took.at(-1) };
}
