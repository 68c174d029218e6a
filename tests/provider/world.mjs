// world.mjs: one provider: its clock, its ledger and the parts that share them.
import { Agenda } from './agenda.mjs';
import { FEES } from './balance.mjs';
import { DUNNING } from './billing.mjs';
import { Faults } from './faults.mjs';
import { Idempotency } from './idempotency.mjs';
import { Ledger } from './ledger.mjs';
import { Mollie } from './mollie.mjs';
import { event } from './shapes.mjs';
import { OLD, older } from './shapes_2023.mjs';
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
		this.agenda = new Agenda(this);
		this.ledger = new Ledger(options.ledger, (record) => this.agenda.note(record));
		this.idempotency = new Idempotency(this);
		this.faults = new Faults();
		this.webhooks = new Webhooks(this, {
			endpoints: options.endpoints ?? [], retries: options.retries ?? [],
		});
		this.forget();
		this.mollie = options.mollieKey && new Mollie(this, { key: options.mollieKey, retries: options.retries ?? [] });
	}

	forget()
	{
		this.offset = 0;
		this.signatureOffset = 0;
		this.requests = [];
		this.cause = null;
		this.moment = undefined;
		this.tlsRefusals = 0;
		this.tlsReason = null;
		this.nextRefund = undefined;
		this.fees = { ...FEES };
		this.dunning = { ...DUNNING };
		this.shape = {};
	}

	reset()
	{
		this.forget();
		this.agenda.clear();
		this.ledger.reset();
		this.idempotency.reset();
		this.faults.reset();
		this.webhooks.reset();
		this.mollie?.forget();
	}

	now()
	{
		return this.moment ?? Math.floor(Date.now() / 1000) + this.offset;
	}

	// at: work done as if it were that time.
	at(moment, work)
	{
		this.moment = moment;
		try {
			return work();
		} finally {
			this.moment = undefined;
		}
	}

	sweep()
	{
		this.agenda.sweep();
		this.mollie?.sweep();
	}

	// emit: a fact as it stands now; delivered once the running step is on record. What it tells is in
	// the shape of the version that its endpoint was made for.
	emit(type, object, { previous } = {})
	{
		const version = this.shape.events?.test(type) ? OLD : this.apiVersion;
		return this.webhooks.queue(event(this, type, older(this, object, version), previous,
			this.cause, version));
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
		if (this.requests.length > 1.2 * REQUESTS_MAX)
			this.requests.splice(0, this.requests.length - REQUESTS_MAX);
		return entry;
	}
}
