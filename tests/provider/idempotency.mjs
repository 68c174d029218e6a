// idempotency.mjs: what a repeated Idempotency-Key gets.
//
// An entry is made when a request begins. It is kept with its answer once the endpoint executed
// (500s included) and thrown away when nothing was executed: validation, 401, 409, 429.
import { createHash } from 'node:crypto';
import { bad, keyInUse, keyMismatch } from './errors.mjs';
import { canonical } from './form.mjs';

const LIFE_S = 24 * 3600;
const KEY_MAX = 255;

const fingerprint = (call) => createHash('sha256')
	.update(`${call.method} ${call.path} ${canonical(call.params)}`).digest('hex');

export class Idempotency {
	constructor(world)
	{
		this.world = world;
		this.running = new Map();
	}

	// begin: {replay: entry}, or {slot} to be ended with keep() or drop(); throws mismatch and in-use.
	begin(call)
	{
		if (call.method !== 'POST' || !call.key)
			return { slot: null };
		if (call.key.length > KEY_MAX)
			throw bad(`Invalid Idempotency-Key: at most ${KEY_MAX} characters.`);
		const print = fingerprint(call);
		const kept = this.world.ledger.keys.get(call.key);
		const alive = kept && this.world.now() - kept.created <= LIFE_S ? kept : undefined;
		const running = this.running.get(call.key);
		const old = running ?? alive;
		if (old && old.print !== print)
			throw keyMismatch(call.key);
		if (running)
			throw keyInUse(call.key);
		if (alive)
			return { replay: alive };
		const slot = { key: call.key, print, created: this.world.now(), request: call.id };
		this.running.set(call.key, slot);
		return { slot };
	}

	keep(slot, status, body)
	{
		if (!slot || this.running.get(slot.key) !== slot)
			return;
		this.running.delete(slot.key);
		this.world.ledger.setKey({ ...slot, status, body });
	}

	drop(slot)
	{
		if (slot)
			this.running.delete(slot.key);
	}

	reset()
	{
		this.running.clear();
	}
}
