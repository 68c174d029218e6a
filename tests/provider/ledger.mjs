// ledger.mjs: everything the provider knows, in memory and as JSON lines in a file.
//
// A line is one step: a list of records that take effect together. A process killed in the middle
// of a line leaves a torn end, which the next start cuts off, so no step is ever half known.
// Records: ['o', object, private part], ['k', idempotency entry].
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

export class Ledger {
	constructor(file)
	{
		this.file = file;
		this.clear();
		if (file && existsSync(file))
			this.whole = this.replay(readFileSync(file, 'utf8'));
		if (file) {
			this.fd = openSync(file, 'a', 0o600);
			if (this.whole !== undefined)
				ftruncateSync(this.fd, this.whole);
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
	replay(text)
	{
		const end = text.lastIndexOf('\n') + 1;
		for (const line of text.slice(0, end).split('\n')) {
			if (line === '')
				continue;
			for (const [type, value, priv] of JSON.parse(line))
				if (type === 'o')
					this.take(value, priv);
				else
					this.keys.set(value.key, value);
		}
		return Buffer.byteLength(text.slice(0, end));
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
