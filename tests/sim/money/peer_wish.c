/* tests/sim/money/peer_wish.c: what the provider is asked for beside a page to pay on: money back,
 * another life of a subscription, the end of a page. */
#include <string.h>

#include "peer.h"

static bool is(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static struct peer_reply no(long status, const char *code, const char *param)
{
	return (struct peer_reply){
		.status = status, .body = peer_json_error("invalid_request_error", code, param)};
}

static struct peer_reply yes(const char *body)
{
	return (struct peer_reply){.status = 200, .body = body};
}

static struct peer_reply refund(struct str body)
{
	const char *id = peer_field(body, "payment_intent");
	int64_t amount = peer_field_int(body, "amount");

	for (int i = 0; i < peer.intent_n; i++) {
		const struct peer_intent *p = &peer.intent[i];
		if (!is(p->id, id))
			continue;
		if (peer_disputed(i))
			return no(400, "charge_disputed", NULL);
		if (amount < 1 || amount > p->received - peer_taken(i))
			return no(400, "charge_already_refunded", "amount");
		return yes(peer_json_refund(
			peer_refund(i, amount, peer_field(body, "metadata[refund]"))));
	}
	return no(404, "resource_missing", "payment_intent");
}

static void resumes(void *arg, int64_t gift)
{
	struct peer_gift *s = &peer.gift[gift];

	(void)arg;
	if (!s->paused_s || s->paused_s > now_us() / S || s->ended_s)
		return;
	s->paused_s = 0;
	say("subscription %s goes on by itself", s->id);
	peer_event("customer.subscription.updated", "subscription", s->id, NULL);
}

static struct peer_reply change(int i, struct str body)
{
	struct peer_gift *s = &peer.gift[i];
	const char *end = peer_field(body, "cancel_at_period_end"),
		   *pause = peer_field(body, "pause_collection");
	int64_t until = peer_field_int(body, "pause_collection[resumes_at]"),
		amount = peer_field_int(body, "items[0][price_data][unit_amount]");

	if (s->ended_s)
		return no(400, NULL, "id");
	if (peer_field(body, "pause_collection[behavior]") && until <= now_us() / S)
		return no(400, NULL, "pause_collection[resumes_at]");
	if (end)
		s->at_end = is(end, "true");
	if (pause)
		s->paused_s = 0;
	if (until > 0) {
		s->paused_s = until;
		sim_after(until * S - now_us(), resumes, NULL, i);
	}
	if (amount > 0)
		s->amount = amount;
	say("subscription %s: %s %lld %s", s->id, s->at_end ? "ends" : "goes on",
		(long long)s->amount, s->paused_s ? "paused" : "");
	peer_event("customer.subscription.updated", "subscription", s->id, NULL);
	return yes(peer_json_gift(i));
}

static struct peer_reply cancel(int i)
{
	if (peer.gift[i].ended_s)
		return no(404, "resource_missing", "id");
	peer_end_gift(i);
	return yes(peer_json_gift(i));
}

static struct peer_reply expire(int i)
{
	if (!is(peer.session[i].status, "open"))
		return no(400, NULL, "session");
	peer_expire(NULL, i);
	return yes(peer_json_session(i, false));
}

bool peer_wish(const char *method, const char *path, struct str body, struct peer_reply *ret)
{
	static const char gifts[] = "/v1/subscriptions/", pages[] = "/v1/checkout/sessions/";

	if (is(path, "/v1/refunds")) {
		*ret = refund(body);
		return true;
	}
	for (int i = 0; i < peer.gift_n; i++)
		if (strncmp(path, gifts, sizeof gifts - 1) == 0 &&
			is(path + sizeof gifts - 1, peer.gift[i].id)) {
			*ret = is(method, "DELETE") ? cancel(i) : change(i, body);
			return true;
		}
	for (int i = 0; i < peer.session_n; i++)
		if (strncmp(path, pages, sizeof pages - 1) == 0 &&
			is(path + sizeof pages - 1, sim_text("%s/expire", peer.session[i].id))) {
			*ret = expire(i);
			return true;
		}
	return false;
}
