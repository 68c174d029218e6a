// ledger.mjs: everything the provider knows, in memory and as JSON lines in a file.
//
// A line is one step: a list of records that take effect together. A process killed in the middle
// of a line leaves a torn end, which the next start cuts off, so no step is ever half known.
// Records: ['o', object, private part], ['e', event, private part, its data as text],
// ['k', idempotency entry], ['d', event, its deliveries].
//
// What an event tells is kept as text: there are many events, and few are looked at again.
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

const PIECE = 4 * 1024 * 1024;
const NONE = Object.freeze([]);

const TEXT = Symbol('text');

// packed: an event whose data take the room of their text, and are read from it when asked for.
function packed(event, text)
{
	const { id, object, api_version, created, livemode, pending_webhooks, request, type } = event;
	return {
		id, object, api_version, created,
		get data() { return JSON.parse(text); },
		set data(value) { text = JSON.stringify(value); },
		livemode, pending_webhooks, request, type,
		get [TEXT]() { return text; },
	};
}

// written: a record as a part of a line.
function written([type, value, more])
{
	if (type !== 'o' || value.object !== 'event')
		return JSON.stringify([type, value, more]);
	const { id, object, api_version, created, livemode, pending_webhooks, request, type: name } = value;
	return JSON.stringify(['e', { id, object, api_version, created, livemode, pending_webhooks, request,
		type: name }, more, value[TEXT]]);
}

export class Ledger {
	// watch: told of each record that is new or changed.
	constructor(file, watch = () => {})
	{
		this.file = file;
		this.watch = watch;
		this.size = 0;
		this.clear();
		if (file) {
			// not existsSync: access(2) asks without the capabilities that let us open
			this.fd = openSync(file, 'a+', 0o600);
			this.size = this.replay();
			ftruncateSync(this.fd, this.size);
		}
	}

	clear()
	{
		this.byId = new Map();
		this.byKind = new Map();
		this.keys = new Map();
		this.dirty = new Map();
	}

	// replay: returns the length of the file that holds whole steps. Read piece by piece: a file may be
	// larger than the memory.
	replay()
	{
		const piece = Buffer.alloc(PIECE);
		let rest = Buffer.alloc(0);
		let at = 0;
		for (let n; (n = readSync(this.fd, piece, 0, PIECE, at + rest.length)) > 0;) {
			const bytes = Buffer.concat([rest, piece.subarray(0, n)]);
			let from = 0;
			for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
				for (const record of JSON.parse(bytes.toString('utf8', from, end)))
					this.again(record);
				from = end + 1;
			}
			at += from;
			rest = bytes.subarray(from);
		}
		return at;
	}

	again([type, value, more, text])
	{
		if (type === 'o')
			this.take(value, more);
		else if (type === 'e')
			this.keep(packed(value, text), more);
		else if (type === 'k')
			this.keys.set(value.key, value);
		else {
			const event = this.byId.get(value);
			event.priv.state = more.state;
			event.obj.pending_webhooks = more.pending;
		}
	}

	take(obj, priv)
	{
		return this.keep(obj.object === 'event' ? packed(obj, JSON.stringify(obj.data)) : obj, priv);
	}

	// keep: a new record, or, when a file is read, a later state of one that is known.
	keep(obj, priv)
	{
		let record = this.byId.get(obj.id);
		if (record)
			Object.assign(record, { obj, priv });
		else {
			if (!this.byKind.has(obj.object))
				this.byKind.set(obj.object, []);
			const rows = this.byKind.get(obj.object);
			record = { obj, priv, row: rows.length };
			this.byId.set(obj.id, record);
			rows.push(record);
		}
		this.watch(record);
		return record;
	}

	add(obj, priv = {})
	{
		return this.touch(this.take(obj, priv));
	}

	touch(record)
	{
		this.watch(record);
		this.dirty.set(record.obj.id, ['o', record.obj, record.priv]);
		return record;
	}

	// delivered: an event's deliveries moved; its body is on record already.
	delivered(event)
	{
		this.dirty.set(`delivered ${event.obj.id}`, ['d', event.obj.id,
			{ state: event.priv.state, pending: event.obj.pending_webhooks }]);
	}

	setKey(entry)
	{
		this.keys.set(entry.key, entry);
		this.dirty.set(`key ${entry.key}`, ['k', entry]);
	}

	get(id, kind)
	{
		const record = this.byId.get(id);
		return record && (!kind || record.obj.object === kind) ? record : undefined;
	}

	// all: records of a kind, oldest first; the list itself, so only to be read. A record's row is its
	// place in it.
	all(kind)
	{
		return this.byKind.get(kind) ?? NONE;
	}

	commit()
	{
		if (!this.dirty.size)
			return;
		if (this.fd !== undefined)
			this.write(`[${[...this.dirty.values()].map(written).join(',')}]\n`);
		this.dirty.clear();
	}

	// write: the whole line; the system may take it in pieces.
	write(line)
	{
		const bytes = Buffer.from(line);
		for (let at = 0; at < bytes.length;)
			at += writeSync(this.fd, bytes, at);
		this.size += bytes.length;
	}

	reset()
	{
		this.clear();
		this.size = 0;
		if (this.fd !== undefined)
			ftruncateSync(this.fd, 0);
	}

	close()
	{
		this.commit();
		if (this.fd !== undefined)
			closeSync(this.fd);
		this.fd = undefined;
	}
}
