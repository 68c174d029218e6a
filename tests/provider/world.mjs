// world.mjs: one provider: its clock, its ledger and the parts that share them.
import { Faults } from './faults.mjs';
import { Idempotency } from './idempotency.mjs';
import { Ledger } from './ledger.mjs';
import { event } from './shapes.mjs';
import { Webhooks } from './webhooks.mjs';

const REQUESTS_MAX = 50000;

export class World {
	constructor(options)
	{
		this.key = options.key;
		this.livemode = /^[a-z]k_live_/.test(options.key);
		this.apiVersion = options.apiVersion ?? '2026-10-28.endive';
		this.holdMs = options.holdMs ?? 2000;
		this.publicUrl = options.publicUrl;
		this.ledger = new Ledger(options.ledger);
		this.idempotency = new Idempotency(this);
		this.faults = new Faults();
		this.webhooks = new Webhooks(this, {
			endpoints: options.endpoints ?? [], retries: options.retries ?? [],
		});
		this.forget();
	}

	forget()
	{
		this.offset = 0;
		this.signatureOffset = 0;
		this.requests = [];
		this.cause = null;
		this.nextRefund = undefined;
	}

	reset()
	{
		this.forget();
		this.ledger.reset();
		this.idempotency.reset();
		this.faults.reset();
		this.webhooks.reset();
	}

	now()
	{
		return Math.floor(Date.now() / 1000) + this.offset;
	}

	// emit: a fact as it stands now; delivered once the running step is on record.
	emit(type, object, { previous } = {})
	{
		const frozen = JSON.parse(JSON.stringify(object));
		return this.webhooks.queue(event(this, type, frozen, previous, this.cause));
	}

	// step: one piece of work whose effects become known together, or not at all.
	step(work, cause = null)
	{
		this.cause = cause;
		try {
			return work();
		} finally {
			this.cause = null;
		}
	}

	commit()
	{
		this.ledger.commit();
		this.webhooks.kick();
	}

	note(entry)
	{
		this.requests.push(entry);
		if (this.requests.length > REQUESTS_MAX)
			this.requests.shift();
		return entry;
	}
}
