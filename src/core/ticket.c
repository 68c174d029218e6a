/* core/ticket.c: fixed layouts, big-endian. Whoever changes one of them, or the order of rule.def
 * (its numbers travel in tokens), counts the version up.
 *   cookie  version 1, flags 1, reader 16, site 2, and with the first view: first 8, at 8
 *   token   version 1, flags 1, decision 8, reader 16, site 2, at 8, campaign 4, its version 4,
 *           variant 1, act 1, reason 1, article 6 */
#include <string.h>

#include "core/bytes.h"
#include "core/ticket.h"

#define VERSION      1
#define HAS_FIRST    1u
#define HAS_READER   1u
#define COUNTING     2u
#define COOKIE_BYTES 20
#define FIRST_BYTES  (READER_SEEN_BYTES + 8)
#define TOKEN_BYTES  53
#define SECONDS_MAX  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static uint8_t *put_uuid(uint8_t *p, const struct uuid *u)
{
	memcpy(p, u->b, sizeof u->b);
	return p + sizeof u->b;
}

static struct uuid get_uuid(const uint8_t **p)
{
	struct uuid u;

	memcpy(u.b, *p, sizeof u.b);
	*p += sizeof u.b;
	return u;
}

/* Seconds of a time that we made. False for a year that never was. */
static bool get_time(const uint8_t **p, utc_t *ret)
{
	uint64_t s = bytes_get(p, 8);

	if (s > (uint64_t)SECONDS_MAX)
		return false;
	*ret = utc_of_s((int64_t)s);
	return true;
}

size_t ticket_cookie_pack(const struct ticket_cookie *c, uint8_t out[TICKET_BYTES_MAX])
{
	uint8_t *p = bytes_put(out, 1, VERSION);

	p = bytes_put(p, 1, c->has_first ? HAS_FIRST : 0);
	p = put_uuid(p, &c->reader);
	p = bytes_put(p, 2, (uint16_t)c->site);
	if (c->has_first) {
		memcpy(p, c->first, sizeof c->first);
		p = bytes_put(p + sizeof c->first, 8, (uint64_t)utc_s(c->first_at));
	}
	return (size_t)(p - out);
}

enum err ticket_cookie_unpack(const uint8_t *in, size_t n, struct ticket_cookie *ret)
{
	struct ticket_cookie c = {.has_first = n == COOKIE_BYTES + FIRST_BYTES};
	const uint8_t *p = in;

	if (n != COOKIE_BYTES && !c.has_first)
		return ERR_BAD_TOKEN;
	if (bytes_get(&p, 1) != VERSION || bytes_get(&p, 1) != (c.has_first ? HAS_FIRST : 0))
		return ERR_BAD_TOKEN;
	c.reader = get_uuid(&p);
	c.site = (int16_t)(uint16_t)bytes_get(&p, 2);
	if (uuid_is_nil(&c.reader) || c.site <= 0)
		return ERR_BAD_TOKEN;
	if (c.has_first) {
		const uint8_t *art = p + 2;
		memcpy(c.first, p, sizeof c.first);
		p += sizeof c.first;
		if (bytes_get(&art, 6) == 0 || !get_time(&p, &c.first_at))
			return ERR_BAD_TOKEN;
	}
	*ret = c;
	return OK;
}

size_t ticket_token_pack(const struct ticket_token *t, uint8_t out[TICKET_BYTES_MAX])
{
	static const struct uuid nil;
	uint8_t *p = bytes_put(out, 1, VERSION);

	p = bytes_put(p, 1, (t->has_reader ? HAS_READER : 0u) | (t->counting ? COUNTING : 0u));
	p = bytes_put(p, 8, (uint64_t)t->decision);
	p = put_uuid(p, t->has_reader ? &t->reader : &nil);
	p = bytes_put(p, 2, (uint16_t)t->site);
	p = bytes_put(p, 8, (uint64_t)utc_s(t->at));
	p = bytes_put(p, 4, (uint32_t)t->campaign);
	p = bytes_put(p, 4, (uint32_t)t->version);
	p = bytes_put(p, 1, t->variant);
	p = bytes_put(p, 1, t->act);
	p = bytes_put(p, 1, t->reason);
	p = bytes_put(p, 6, t->art48);
	return (size_t)(p - out);
}

static bool token_is_ours(const struct ticket_token *t)
{
	return t->decision > 0 && t->has_reader == !uuid_is_nil(&t->reader) && t->site > 0 &&
	       t->campaign > 0 && t->version > 0 && t->variant < CAMPAIGN_VARIANTS_MAX &&
	       t->act < ACT_N && t->reason < REASON_N && t->art48 != 0;
}

enum err ticket_token_unpack(const uint8_t *in, size_t n, struct ticket_token *ret)
{
	struct ticket_token t = {0};
	const uint8_t *p = in;

	if (n != TOKEN_BYTES || bytes_get(&p, 1) != VERSION)
		return ERR_BAD_TOKEN;
	uint64_t flags = bytes_get(&p, 1);
	t.has_reader = flags & HAS_READER;
	t.counting = flags & COUNTING;
	t.decision = (int64_t)bytes_get(&p, 8);
	t.reader = get_uuid(&p);
	t.site = (int16_t)(uint16_t)bytes_get(&p, 2);
	bool is_time = get_time(&p, &t.at);
	t.campaign = (int32_t)(uint32_t)bytes_get(&p, 4);
	t.version = (int32_t)(uint32_t)bytes_get(&p, 4);
	t.variant = (uint8_t)bytes_get(&p, 1);
	t.act = (uint8_t)bytes_get(&p, 1);
	t.reason = (uint8_t)bytes_get(&p, 1);
	t.art48 = bytes_get(&p, 6);
	if ((flags & ~(uint64_t)(HAS_READER | COUNTING)) != 0 || !is_time || !token_is_ours(&t))
		return ERR_BAD_TOKEN;
	*ret = t;
	return OK;
}
