// decision.mjs: what both Node peers do with a view: one prepared statement on a pool of sixteen connections, a simple decision.
import cluster from "node:cluster";

import pg from "pg";

const SQL = `INSERT INTO peer.reader AS r (reader_id, site_id, first_at, last_at, views, seen) VALUES ($1, 1, now(), now(), 1, $2)
	ON CONFLICT (reader_id) DO UPDATE SET views = r.views + 1, last_at = now(),
		seen = substr(r.seen || excluded.seen, greatest(octet_length(r.seen) - 1991, 1))
	RETURNING views, seen`;
const PAD = "0".repeat(250), CONNECTIONS = 16;
const [socket, path, processes] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const alone = processes === 1;
const pool = alone || !cluster.isPrimary ? new pg.Pool({ max: CONNECTIONS / processes, idleTimeoutMillis: 0 }) : null;

// The day in two bytes, the article in six.
function entry(article) {
	const bytes = Buffer.allocUnsafe(8);
	let high = 0x811c9dc5, low = 0x9dc5811c;

	for (let i = 0; i < article.length; i++) {
		high = Math.imul(high ^ article.charCodeAt(i), 16777619);
		low = Math.imul(low ^ article.charCodeAt(i), 2654435761);
	}
	bytes.writeUInt16BE(Math.floor(Date.now() / 86400000) - 10957, 0);
	bytes.writeUInt32BE(high >>> 0, 2);
	bytes.writeUInt16BE(low >>> 16, 6);
	return bytes;
}

export async function decide(cookie, article, section) {
	const at = cookie.indexOf("reader=") + 7, seen = entry(article);
	const { rows: [row] } = await pool.query({ name: "view", text: SQL, values: [cookie.slice(at, at + 36), seen] });
	const today = seen.readUInt16BE(0);
	let month = 0;

	for (let i = 0; i < row.seen.length; i += 8)
		month += today - row.seen.readUInt16BE(i) < 30;
	return { act: section === "opinion" && month >= 2 ? "prompt" : "open", reason: "peer", articles: month, pad: PAD };
}

// Words: the socket, the address, how many processes share it.
export function serve(listen) {
	if (alone || !cluster.isPrimary) {
		listen(socket, path);
		return;
	}
	for (let i = 0; i < processes; i++)
		cluster.fork();
	process.on("SIGTERM", () => process.exit(0));
}
