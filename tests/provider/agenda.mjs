// agenda.mjs: what happens by itself when its time has come: a session expires, a paused subscription
// goes on, money that a charge moved shows in the balance. Looked at once a second.
import { settleCharge } from './balance.mjs';
import { resume } from './billing.mjs';
import { expireSession } from './sessions.mjs';

// A pause that ends after the running period is ended by the renewals that come first.
function resumesAt({ status, pause_collection: pause, items })
{
	const at = status === 'canceled' ? undefined : pause?.resumes_at;
	return at < items.data[0].current_period_end ? at : undefined;
}

// kind: when a record's time comes (nothing: never), and what is done then.
const KINDS = {
	'checkout.session': [(o) => (o.status === 'open' ? o.expires_at : undefined), expireSession],
	subscription: [resumesAt, resume],
	charge: [(o, priv) => priv.settles_at, settleCharge],
};

export class Agenda {
	constructor(world)
	{
		this.world = world;
		this.clear();
	}

	clear()
	{
		this.times = new Map();
		this.swept = undefined;
	}

	// note: a record is new or changed.
	note(record)
	{
		const kind = KINDS[record.obj.object];
		const at = kind?.[0](record.obj, record.priv);
		if (at)
			this.times.set(record.obj.id, at);
		else if (kind)
			this.times.delete(record.obj.id);
	}

	sweep()
	{
		const now = this.world.now();
		if (this.swept === now)
			return;
		this.swept = now;
		for (const [id, at] of this.times)
			if (at <= now) {
				const record = this.world.ledger.get(id);
				KINDS[record.obj.object][1](this.world, record);
			}
	}
}
