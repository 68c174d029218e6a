/* core/ticket.c: fixed layouts, big-endian, a version byte first. */
#include <string.h>

#include "core/ticket.h"

#define COOKIE_V1 1
#define COOKIE_BYTES 20		/* version, flags, site 2, reader 16 */
#define COOKIE_FIRST_BYTES 32	/* and entry 8, time 4 */
#define FLAG_FIRST 1
#define TOKEN_V1 1
#define TOKEN_BYTES 53		/* version, flags, decision 8, reader 16, site 2, at 4, campaign 4, version 4, variant, act, reason, article 6, zero 4 */
#define FLAG_READER 1

static uint8_t *put(uint8_t *p, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	return p + n;
}

static uint64_t take(const uint8_t **p, int n)
{
	uint64_t v = 0;
	for (int i = 0; i < n; i++)
		v = v << 8 | (*p)[i];
	*p += n;
	return v;
}

size_t ticket_cookie_pack(const struct ticket_cookie *c, uint8_t out[TICKET_BYTES_MAX])
{
	uint8_t *p = put(out, COOKIE_V1, 1);
	p = put(p, c->has_first ? FLAG_FIRST : 0, 1);
	p = put(p, (uint16_t)c->site, 2);
	memcpy(p, c->reader.b, 16);
	p += 16;
	if (c->has_first) {
		memcpy(p, c->first, READER_SEEN_BYTES);
		p = put(p + READER_SEEN_BYTES, (uint64_t)utc_s(c->first_at), 4);
	}
	return (size_t)(p - out);
}

enum err ticket_cookie_unpack(const uint8_t *in, size_t n, struct ticket_cookie *ret)
{
	const uint8_t *p = in;
	struct ticket_cookie c = { 0 };
	if (n != COOKIE_BYTES && n != COOKIE_FIRST_BYTES)
		return ERR_BAD_TOKEN;
	if (take(&p, 1) != COOKIE_V1 || take(&p, 1) != (n == COOKIE_FIRST_BYTES ? FLAG_FIRST : 0))
		return ERR_BAD_TOKEN;
	c.has_first = n == COOKIE_FIRST_BYTES;
	c.site = (int16_t)take(&p, 2);
	memcpy(c.reader.b, p, 16);
	p += 16;
	if (c.has_first) {
		memcpy(c.first, p, READER_SEEN_BYTES);
		p += READER_SEEN_BYTES;
		c.first_at = utc_of_s((int64_t)take(&p, 4));
	}
	if (uuid_is_nil(&c.reader) || c.site <= 0)
		return ERR_BAD_TOKEN;
	*ret = c;
	return OK;
}

size_t ticket_token_pack(const struct ticket_token *t, uint8_t out[TICKET_BYTES_MAX])
{
	uint8_t *p = put(out, TOKEN_V1, 1);
	p = put(p, t->has_reader ? FLAG_READER : 0, 1);
	p = put(p, (uint64_t)t->decision, 8);
	memcpy(p, t->reader.b, 16);
	p = put(p + 16, (uint16_t)t->site, 2);
	p = put(p, (uint64_t)utc_s(t->at), 4);
	p = put(p, (uint32_t)t->campaign, 4);
	p = put(p, (uint32_t)t->version, 4);
	p = put(p, t->variant, 1);
	p = put(p, t->act, 1);
	p = put(p, t->reason, 1);
	p = put(p, t->art48, 6);
	p = put(p, 0, 4);
	return (size_t)(p - out);
}

enum err ticket_token_unpack(const uint8_t *in, size_t n, struct ticket_token *ret)
{
	const uint8_t *p = in;
	struct ticket_token t = { 0 };
	if (n != TOKEN_BYTES || take(&p, 1) != TOKEN_V1)
		return ERR_BAD_TOKEN;
	uint64_t flags = take(&p, 1);
	t.has_reader = flags == FLAG_READER;
	t.decision = (int64_t)take(&p, 8);
	memcpy(t.reader.b, p, 16);
	p += 16;
	t.site = (int16_t)take(&p, 2);
	t.at = utc_of_s((int64_t)take(&p, 4));
	t.campaign = (int32_t)take(&p, 4);
	t.version = (int32_t)take(&p, 4);
	t.variant = (uint8_t)take(&p, 1);
	t.act = (uint8_t)take(&p, 1);
	t.reason = (uint8_t)take(&p, 1);
	t.art48 = take(&p, 6);
	if (flags > FLAG_READER || take(&p, 4) != 0 || t.decision <= 0 || t.site <= 0 || t.campaign <= 0 || t.version <= 0 || t.act >= ACT_N ||
	    t.reason >= REASON_N || t.variant >= CAMPAIGN_VARIANTS_MAX || (t.has_reader && uuid_is_nil(&t.reader)))
		return ERR_BAD_TOKEN;
	*ret = t;
	return OK;
}
