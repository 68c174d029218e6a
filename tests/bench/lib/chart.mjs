// chart.mjs: requests a second of all targets as bars, and how long half the peak takes.
const escape = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");

export function chart({ peers, half }, about) {
	const names = Object.keys(peers), most = Math.max(...names.filter((name) => name !== "return").map((name) => peers[name].rate)), left = 90, wide = 560, high = 26;
	const rows = names.map((name, i) => {
		const { rate } = peers[name], w = Math.min(wide, rate / most * wide), y = 50 + i * high; // return goes off the scale

		return `<text x="${left - 8}" y="${y + 14}" text-anchor="end">${escape(name)}</text><rect x="${left}" y="${y}" width="${w.toFixed(1)}" height="18" fill="${
			name === "decide" ? "#0b6e4f" : "#9aa5b1"}"/><text x="${left + w + 6}" y="${y + 14}">${Math.round(rate).toLocaleString("en")}/s</text>`;
	});
	const tall = 50 + names.length * high + 40;

	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + wide + 100} ${tall}" font-family="sans-serif" font-size="13">
<title>Requests a second</title><text x="${left}" y="24" font-size="16">Requests a second, medians</text>
${rows.join("\n")}
<text x="${left}" y="${tall - 22}">At half the peak: p50 ${half.decided.p50.toFixed(1)} ms, p99 ${half.decided.p99.toFixed(1)} ms, p99.9 ${half.decided.p999.toFixed(1)} ms</text>
<text x="${left}" y="${tall - 6}" fill="#555">${escape(about)}</text>
</svg>
`;
}
