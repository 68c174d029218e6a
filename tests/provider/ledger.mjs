// ledger.mjs: everything the provider knows, in memory and as JSON lines in a file.
//
// A line is one step: a list of records that take effect together. A process killed in the middle
// of a line leaves a torn end, which the next start cuts off, so no step is ever half known.
// Records: ['o', object, private part], ['k', idempotency entry], ['d', event, its deliveries].
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

export class Ledger {
	constructor(file)
	{
		this.file = file;
		this.clear();
		if (file) {
			// not existsSync: access(2) asks without the capabilities that let us open
			this.fd = openSync(file, 'a+', 0o600);
			ftruncateSync(this.fd, this.replay(readFileSync(this.fd)));
		}
	}

	clear()
	{
		this.byId = new Map();
		this.byKind = new Map();
		this.keys = new Map();
		this.dirty = new Map();
	}

	// replay: returns the length of the file that holds whole steps.
	replay(bytes)
	{
		let at = 0;
		for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n', at)) {
			for (const record of JSON.parse(bytes.toString('utf8', at, end)))
				this.again(record);
			at = end + 1;
		}
		return at;
	}

	again([type, value, more])
	{
		if (type === 'o')
			this.take(value, more);
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
		const record = { obj, priv };
		this.byId.set(obj.id, record);
		if (!this.byKind.has(obj.object))
			this.byKind.set(obj.object, new Map());
		this.byKind.get(obj.object).set(obj.id, record);
		return record;
	}

	add(obj, priv = {})
	{
		return this.touch(this.take(obj, priv));
	}

	touch(record)
	{
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

	// all: records of a kind, oldest first.
	all(kind)
	{
		return [...(this.byKind.get(kind)?.values() ?? [])];
	}

	commit()
	{
		if (!this.dirty.size)
			return;
		if (this.fd !== undefined)
			writeSync(this.fd, `${JSON.stringify([...this.dirty.values()])}\n`);
		this.dirty.clear();
	}

	reset()
	{
		this.clear();
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
