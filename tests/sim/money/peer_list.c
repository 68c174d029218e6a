/* tests/sim/money/peer_list.c: the provider's lists. */
#include <string.h>

#include "peer.h"

static const char *session(int i)
{
	return peer_json_session(i, false);
}

#define ROW(kind, at)                                                                              \
	static const char *kind##_id(int i, int64_t *created_s)                                    \
	{                                                                                          \
		*created_s = peer.kind[i].at;                                                      \
		return peer.kind[i].id;                                                            \
	}
ROW(session, created_s)
ROW(refund, created_s)
ROW(event, created_s)
ROW(dispute, created_s)
ROW(gift, created_s)

static const char *charge_id(int i, int64_t *created_s)
{
	*created_s = peer.intent[i].created_s;
	return peer.intent[i].charge;
}

static const char *event(int i)
{
	return peer_json_event(&peer.event[i]);
}

/* Of events the types that are asked for. */
static bool is_asked(int *n, int i, const char *query)
{
	return n != &peer.event_n || strstr(query, sim_text("=%s&", peer.event[i].type));
}

static const struct list {
	const char *path;
	int *n;
	const char *(*id)(int i, int64_t *created_s);
	const char *(*json)(int i);
} lists[] = {
	{"/v1/checkout/sessions?", &peer.session_n, session_id, session},
	{"/v1/events?", &peer.event_n, event_id, event},
	{"/v1/charges?", &peer.intent_n, charge_id, peer_json_charge},
	{"/v1/disputes?", &peer.dispute_n, dispute_id, peer_json_dispute},
	{"/v1/subscriptions?", &peer.gift_n, gift_id, peer_json_gift},
	{"/v1/refunds?", &peer.refund_n, refund_id, peer_json_refund},
};

/* Two a page, so that whoever lists meets the end of a page. */
static struct peer_reply page(const struct list *l, const char *query)
{
	const char *since = strstr(query, "created[gte]="),
		   *after = strstr(query, "starting_after="), *data = "";
	int n = 0, i = *l->n - 1;
	int64_t from = 0, at;
	bool more = false;

	if (since)
		(void)sscanf(since, "created[gte]=%lld", (long long *)&from);
	for (; after && i >= 0; i--)
		if (strncmp(after + 15, l->id(i, &at), strlen(l->id(i, &at))) == 0) {
			i--;
			break;
		}
	for (; i >= 0; i--) {
		(void)l->id(i, &at);
		if (at < from || !is_asked(l->n, i, query))
			continue;
		if (n++ == 2) {
			more = true;
			break;
		}
		data = sim_text("%s%s%s", data, data[0] ? "," : "", l->json(i));
	}
	return (struct peer_reply){.status = 200,
		.body = sim_text("{\"object\":\"list\",\"has_more\":%s,\"data\":[%s]}",
			more ? "true" : "false", data)};
}

bool peer_list(const char *path, struct peer_reply *ret)
{
	for (size_t i = 0; i < ARRAY_N(lists); i++)
		if (strncmp(path, lists[i].path, strlen(lists[i].path)) == 0) {
			*ret = page(&lists[i], path + strlen(lists[i].path));
			return true;
		}
	return false;
}
