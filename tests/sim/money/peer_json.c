/* tests/sim/money/peer_json.c: the provider's objects as JSON: of all their members those that the
 * program reads. */
#include <string.h>

#include "base/seal.h"
#include "peer.h"

static const char *quoted(const char *s)
{
	return s ? sim_text("\"%s\"", s) : "null";
}

static const char *metadata(const char *pledge)
{
	return pledge ? sim_text("{\"pledge\":\"%s\"}", pledge) : "{}";
}

int64_t peer_fee(const struct peer_intent *p)
{
	return 25 + p->received * 3 / 100;
}

static const char *movement(const char *of, int64_t fee, const char *cur)
{
	return sim_text("{\"id\":\"txn_%s\",\"object\":\"balance_transaction\",\"fee\":%lld,"
			"\"currency\":\"%s\"}",
		of, (long long)fee, cur);
}

const char *peer_json_intent(int i, bool expand)
{
	const struct peer_intent *p = &peer.intent[i];
	const char *refunds = "";

	if (!expand)
		return sim_text("{\"id\":\"%s\",\"object\":\"payment_intent\",\"status\":\"%s\","
				"\"created\":%lld}",
			p->id, p->status, (long long)p->created_s);
	for (int k = 0; k < peer.refund_n; k++)
		if (peer.refund[k].intent == i)
			refunds = sim_text(
				"%s%s%s", refunds, refunds[0] ? "," : "", peer_json_refund(k));
	/* the fee is told a while after the money */
	bool told = now_us() / S >= p->created_s + p->amount % 3000;
	const char *fee = told ? movement(p->charge, peer_fee(p), p->cur) : "null";
	const char *charge = sim_text("{\"id\":\"%s\",\"object\":\"charge\",\"created\":%lld,"
				      "\"balance_transaction\":%s,"
				      "\"refunds\":{\"object\":\"list\",\"data\":[%s]}}",
		p->charge, (long long)p->created_s, fee, refunds);
	return sim_text("{\"id\":\"%s\",\"object\":\"payment_intent\",\"livemode\":false,"
			"\"status\":\"%s\",\"amount\":%lld,\"amount_received\":%lld,"
			"\"currency\":\"%s\",\"created\":%lld,\"metadata\":%s,"
			"\"latest_charge\":%s}",
		p->id, p->status, (long long)p->amount, (long long)p->received, p->cur,
		(long long)p->created_s, metadata(p->pledge),
		strcmp(p->status, "succeeded") == 0 ? charge : "null");
}

const char *peer_json_gift(int i)
{
	const struct peer_gift *s = &peer.gift[i];
	const char *pause = s->paused_s ? sim_text("{\"behavior\":\"void\",\"resumes_at\":%lld}",
						  (long long)s->paused_s)
					: "null";

	return sim_text("{\"id\":\"%s\",\"object\":\"subscription\",\"livemode\":false,"
			"\"status\":\"%s\",\"customer\":\"%s\",\"metadata\":%s,\"created\":%lld,"
			"\"cancel_at_period_end\":%s,\"cancel_at\":null,\"pause_collection\":%s,"
			"\"items\":{\"object\":\"list\",\"has_more\":false,\"data\":[{"
			"\"id\":\"si_%s\",\"quantity\":1,\"current_period_end\":%lld,"
			"\"price\":{\"id\":\"price_%s\",\"product\":\"prod_%s\","
			"\"unit_amount\":%lld,\"currency\":\"%s\"}}]}}",
		s->id, s->status, s->customer, metadata(s->pledge), (long long)s->created_s,
		s->at_end ? "true" : "false", pause, s->id + 4, (long long)s->until_s, s->id + 4,
		s->id + 4, (long long)s->amount, peer.session[s->session].cur);
}

const char *peer_json_invoice(int i)
{
	const struct peer_invoice *v = &peer.invoice[i];
	const struct peer_gift *s = &peer.gift[v->gift];
	const struct peer_session *o = &peer.session[s->session];
	bool paid = strcmp(v->status, "paid") == 0;

	return sim_text("{\"id\":\"%s\",\"object\":\"invoice\",\"livemode\":false,"
			"\"status\":\"%s\",\"amount_paid\":%lld,\"amount_due\":%lld,"
			"\"currency\":\"%s\",\"billing_reason\":\"%s\",\"attempted\":true,"
			"\"next_payment_attempt\":%s,\"attempt_count\":1,\"customer\":\"%s\","
			"\"customer_email\":%s,\"parent\":{\"type\":\"subscription_details\","
			"\"subscription_details\":{\"subscription\":\"%s\",\"metadata\":%s}},"
			"\"status_transitions\":{\"paid_at\":%s},"
			"\"payments\":{\"object\":\"list\",\"data\":[{\"status\":\"%s\","
			"\"payment\":{\"type\":\"payment_intent\",\"payment_intent\":\"%s\"}}]},"
			"\"lines\":{\"object\":\"list\",\"data\":[{\"period\":{\"end\":%lld}}]}}",
		v->id, v->status, paid ? (long long)v->amount : 0, (long long)v->amount, o->cur,
		v->is_first ? "subscription_create" : "subscription_cycle",
		v->again ? "1900000000" : "null", s->customer, quoted(o->email), s->id,
		metadata(s->pledge), paid ? sim_text("%lld", (long long)v->paid_s) : "null",
		paid ? "paid" : "open", peer.intent[v->intent].id, (long long)s->until_s);
}

const char *peer_json_refund(int i)
{
	const struct peer_claim *r = &peer.refund[i];
	const struct peer_intent *p = &peer.intent[r->intent];

	return sim_text("{\"id\":\"%s\",\"object\":\"refund\",\"amount\":%lld,"
			"\"currency\":\"%s\",\"status\":\"%s\",\"payment_intent\":\"%s\","
			"\"charge\":\"%s\",\"created\":%lld,\"metadata\":%s}",
		r->id, (long long)r->amount, p->cur, r->status, p->id, p->charge,
		(long long)r->created_s, r->ours ? sim_text("{\"refund\":\"%s\"}", r->ours) : "{}");
}

const char *peer_json_dispute(int i)
{
	const struct peer_claim *d = &peer.dispute[i];
	const struct peer_intent *p = &peer.intent[d->intent];

	return sim_text("{\"id\":\"%s\",\"object\":\"dispute\",\"livemode\":false,"
			"\"amount\":%lld,\"currency\":\"%s\",\"status\":\"%s\","
			"\"payment_intent\":\"%s\",\"charge\":\"%s\",\"metadata\":{},"
			"\"created\":%lld,\"balance_transactions\":[%s]}",
		d->id, (long long)d->amount, p->cur, d->status, p->id, p->charge,
		(long long)d->created_s, movement(d->id, PEER_DISPUTE_FEE, p->cur));
}

/* A charge as it is listed. */
const char *peer_json_charge(int i)
{
	const struct peer_intent *p = &peer.intent[i];
	int gift = peer.session[p->session].gift;
	const char *status = strcmp(p->status, "succeeded") == 0    ? "succeeded"
			     : strcmp(p->status, "processing") == 0 ? "pending"
								    : "failed";

	return sim_text("{\"id\":\"%s\",\"object\":\"charge\",\"livemode\":false,\"created\":%lld,"
			"\"amount\":%lld,\"amount_captured\":%lld,\"captured\":%s,"
			"\"amount_refunded\":%lld,\"disputed\":%s,\"currency\":\"%s\","
			"\"status\":\"%s\",\"payment_intent\":\"%s\",\"customer\":%s,"
			"\"metadata\":%s}",
		p->charge, (long long)p->created_s, (long long)p->amount, (long long)p->received,
		p->received > 0 ? "true" : "false", (long long)peer_taken(i),
		peer_disputed(i) ? "true" : "false", p->cur, status, p->id,
		gift >= 0 ? quoted(peer.gift[gift].customer) : "null", metadata(p->pledge));
}

const char *peer_json_warning(int i)
{
	const struct peer_warning *w = &peer.warning[i];
	const struct peer_intent *p = &peer.intent[w->intent];

	return sim_text(
		"{\"id\":\"%s\",\"object\":\"radar.early_fraud_warning\",\"livemode\":false,"
		"\"actionable\":%s,\"fraud_type\":\"made_with_stolen_card\","
		"\"payment_intent\":\"%s\",\"charge\":\"%s\"}",
		w->id, w->actionable ? "true" : "false", p->id, p->charge);
}

const char *peer_json_session(int i, bool expand)
{
	const struct peer_session *s = &peer.session[i];
	const char *intent = "null", *gift = "null", *invoice = "null";

	if (s->intent >= 0 && s->gift < 0)
		intent = expand ? peer_json_intent(s->intent, false)
				: quoted(peer.intent[s->intent].id);
	if (s->gift >= 0)
		gift = expand ? peer_json_gift(s->gift) : quoted(peer.gift[s->gift].id);
	if (s->invoice >= 0)
		invoice = expand ? peer_json_invoice(s->invoice)
				 : quoted(peer.invoice[s->invoice].id);
	return sim_text("{\"id\":\"%s\",\"object\":\"checkout.session\",\"livemode\":false,"
			"\"mode\":\"%s\",\"status\":\"%s\",\"payment_status\":\"%s\","
			"\"amount_total\":%lld,\"currency\":\"%s\",\"created\":%lld,"
			"\"client_reference_id\":\"%s\",\"metadata\":%s,\"expires_at\":%lld,"
			"\"url\":%s,\"customer\":%s,\"customer_email\":%s,"
			"\"customer_details\":{\"email\":%s},\"payment_intent\":%s,"
			"\"subscription\":%s,\"invoice\":%s}",
		s->id, s->interval ? "subscription" : "payment", s->status, s->pays,
		(long long)(s->intent >= 0 ? peer.intent[s->intent].amount : s->amount), s->cur,
		(long long)s->created_s, s->pledge, metadata(s->pledge), (long long)s->expires_s,
		strcmp(s->status, "open") == 0
			? sim_text("\"https://checkout.stripe.com/c/pay/%s\"", s->id)
			: "null",
		s->gift >= 0 ? quoted(peer.gift[s->gift].customer) : "null", quoted(s->email),
		quoted(s->email), intent, gift, invoice);
}

const char *peer_json_error(const char *type, const char *code, const char *param)
{
	return sim_text("{\"error\":{\"type\":\"%s\",\"code\":%s,\"param\":%s,"
			"\"message\":\"no\"}}",
		type, quoted(code), quoted(param));
}

const char *peer_json_event(const struct peer_event *e)
{
	return sim_text("{\"id\":\"%s\",\"object\":\"event\",\"type\":\"%s\",\"livemode\":false,"
			"\"created\":%lld,\"api_version\":\"2026-10-28.endive\","
			"\"data\":{\"object\":{\"id\":\"%s\",\"object\":\"%s\","
			"\"payment_intent\":%s}}}",
		e->id, e->type, (long long)e->created_s, e->object_id, e->object,
		quoted(e->intent));
}

const char *peer_sign(const char *body)
{
	const char *lead = sim_text("%lld.", (long long)(now_us() / S));
	uint8_t mac[SEAL_MAC_BYTES];
	char hex[2 * SEAL_MAC_BYTES + 1];

	seal_hmac(str_c(PEER_SECRET), str_c(lead), str_c(body), mac);
	str_hex(mac, sizeof mac, hex);
	return sim_text("t=%lld,v1=%s", (long long)(now_us() / S), hex);
}
