// crash_ways.mjs: how each label of src/base/crash.def is reached: which role dies there, and what leads to it. A new label
// is a row here; tests/lint/crash looks for it.

const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };

// WAYS: label, or `clerk label` where a line of the money role is the clerk's too.
//   role   who dies
//   by     what passes the label: give (the pledge itself), pay (what its payment brings), wish (what is asked beside it)
//   deep   may it be the n-th pass?
//   before made ready first: an answer that is lost, a webhook that does not come, an object that cannot be fetched
//   due    made due until somebody is dead
//   attempts  how many a pledge may have come to; 1
//   hasty  the first run does not wait either: another label shows that the same lease runs out
export const WAYS = {
	"p.read": { role: "money", by: "give", deep: 3 },
	"p.begin": { role: "money", by: "give", deep: 3 },
	"p.inserted": { role: "money", by: "give", deep: 3 },
	"p.committed": { role: "money", by: "give", deep: 3 },
	"p.before_call": { role: "money", by: "give", deep: 3 },
	"p.request_sent": { role: "money", by: "give", deep: 3 },
	"p.answer_read": { role: "money", by: "give", deep: 3 },
	"p.stored": { role: "money", by: "give", deep: 3 },
	"p.replied": { role: "money", by: "give", deep: 3 },

	"w.verified": { role: "money", by: "pay", deep: 3 },
	"w.begin": { role: "money", by: "pay", deep: 3 },
	"w.event_inserted": { role: "money", by: "pay", deep: 3 },
	"w.committed": { role: "money", by: "pay", deep: 3 },
	"w.replied": { role: "money", by: "pay", deep: 3 },
	"w.state_changed": { role: "clerk", by: "pay", deep: 2 },

	"r.leased": { role: "clerk", by: "pay", deep: 2 },
	"r.fetched": { role: "clerk", by: "pay", deep: 2 },
	"r.applied": { role: "clerk", by: "pay", deep: 2 },
	"r.released": { role: "clerk", by: "pay", before: (s) => s.provider.fault({ match: { method: "GET", path: "^/v1/" }, times: 1, do: "status:500" }) },
	"r.create_leased": { role: "clerk", by: "give", before: lost },
	"r.lookup_leased": { role: "clerk", by: "pay", before: silent },
	"r.mark_leased": { role: "clerk", by: "pay", reader: true },
	"r.marking": { role: "clerk", by: "pay", reader: true },
	"r.marked": { role: "clerk", by: "pay", reader: true },
	"clerk p.before_call": { role: "clerk", by: "give", before: lost },
	"clerk p.request_sent": { role: "clerk", by: "give", before: lost },
	"clerk p.answer_read": { role: "clerk", by: "give", before: lost },
	"clerk p.stored": { role: "clerk", by: "give", before: lost },

	"r.wish_leased": { role: "clerk", by: "wish" },
	"r.wish_keeping": { role: "clerk", by: "wish", hasty: true },
	"r.wish_kept": { role: "clerk", by: "wish", hasty: true },
	"r.wish_call_leased": { role: "clerk", by: "wish" },
	"r.wish_read": { role: "clerk", by: "wish", hasty: true },
	"r.wish_ending": { role: "clerk", by: "wish", hasty: true },
	"r.wish_ended": { role: "clerk", by: "wish", hasty: true },

	"r.find_leased": { role: "clerk", by: "give", before: unheard },
	"r.finding": { role: "clerk", by: "give", before: unheard, hasty: true },
	"r.found": { role: "clerk", by: "give", before: unheard, hasty: true },
	"r.next_keeping": { role: "clerk", by: "give", before: undone, attempts: 2, hasty: true },
	"r.next_kept": { role: "clerk", by: "give", before: undone, attempts: 2, hasty: true },

	"r.list_leased": { role: "clerk", by: "pay", before: silent, due: listing },
	"r.list_read": { role: "clerk", by: "pay", before: silent, due: listing, hasty: true },
	"r.list_keeping": { role: "clerk", by: "pay", before: silent, due: listing, hasty: true },
	"r.list_kept": { role: "clerk", by: "pay", before: silent, due: listing, hasty: true },
	"r.list_ending": { role: "clerk", by: "pay", before: silent, due: listing, hasty: true },
	"r.list_ended": { role: "clerk", by: "pay", before: silent, due: listing, hasty: true },
};

// lost: the provider makes the page, the money role hears half of it. (A kept connection that dies without a byte libcurl would
// try again by itself.)
function lost(s) {
	return s.provider.fault({ match: CREATE, times: 1, do: "half:40" });
}

// silent: nobody tells that it was paid.
function silent(s) {
	return s.provider.webhooks({ drop: true });
}

// unheard, undone: a 500 that stays under the key, so that only the provider's list tells whether the page was made.
const stays = (s, effect) => s.provider.fault({ match: CREATE, times: 1, do: { do: "status", status: 500, should_retry: "false", effect } });

function unheard(s) {
	return stays(s, true);
}

function undone(s) {
	return stays(s, false);
}

// listing: the events are listed now.
function listing(s) {
	return s.sql("UPDATE pledged.reconcile SET ended_at = now() - interval '1 hour' WHERE work = 'events' AND coalesce(ended_at, now()) > now() - interval '1 hour'");
}
