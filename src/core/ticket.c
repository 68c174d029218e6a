/* core/ticket.c: fixed layouts, big-endian. Whoever changes one of them, or the order of rule.def
 * (its numbers travel in tokens), counts the version up.
 *   cookie  version 1, flags 1, reader 16, site 2, and with the first view: first 8, at 8
 *           (version 1, without topics in its first view, is still taken)
 *   token   version 1, flags 1, decision 8, reader 16, site 2, at 8, campaign 4, its version 4,
 *           variant 1, set 1, act 1, reason 1, article 6, articles 2, country 2
 *           (version 1, without set, articles and country and with 48 bits of article, is still
 *           taken: a page that was rendered before an upgrade must be able to give after it)
 *   pass    version 1, kind 1, until 8, site 2, campaign 4, variant 1, set 1, articles 2,
 *           country 2
 *   form    version 1, flags 1, nonce 12, reader 16 (or 10 zeros and a place 6), site 2, at in ms 8
 */
#include <string.h>

#include "core/bytes.h"
#include "core/ticket.h"

#define VERSION      2
#define BEFORE       1 /* the version of cookies and tokens before topics */
#define HAS_FIRST    1u
#define HAS_READER   1u
#define COUNTING     2u
#define COOKIE_BYTES 20
#define FIRST_BYTES  (READER_SEEN_BYTES + 8)
#define TOKEN_BYTES  58
#define TOKEN_BEFORE 53
#define PASS_BYTES   22
#define FORM_BYTES   40
#define FORM_VERSION 1
#define FORM_AGAIN   2u /* flags beside HAS_READER */
#define FORM_PUZZLE  4u
#define FORM_NO_PAGE 8u
#define FORM_PLACE   16u
#define FORM_FLAGS   (HAS_READER | FORM_AGAIN | FORM_PUZZLE | FORM_NO_PAGE | FORM_PLACE)
#define PLACE_BYTES  6
#define ART_MASK     ((UINT64_C(1) << READER_ART_BITS) - 1)
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

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static uint8_t *put_country(uint8_t *p, const char country[3])
{
	return bytes_put(bytes_put(p, 1, (uint8_t)country[0]), 1, (uint8_t)country[1]);
}

/* False for two bytes that are neither a country nor none. */
static bool get_country(const uint8_t **p, char ret[3])
{
	ret[0] = (char)bytes_get(p, 1);
	ret[1] = (char)bytes_get(p, 1);
	ret[2] = '\0';
	return (ret[0] == '\0' && ret[1] == '\0') || (is_capital(ret[0]) && is_capital(ret[1]));
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
	ASSERT(p - out == COOKIE_BYTES + (c->has_first ? FIRST_BYTES : 0));
	return (size_t)(p - out);
}

enum err ticket_cookie_unpack(const uint8_t *in, size_t n, struct ticket_cookie *ret)
{
	struct ticket_cookie c = {.has_first = n == COOKIE_BYTES + FIRST_BYTES};
	const uint8_t *p = in;

	if (n != COOKIE_BYTES && !c.has_first)
		return ERR_BAD_TOKEN;
	uint64_t version = bytes_get(&p, 1);
	if ((version != VERSION && version != BEFORE) ||
		bytes_get(&p, 1) != (c.has_first ? HAS_FIRST : 0))
		return ERR_BAD_TOKEN;
	c.reader = get_uuid(&p);
	c.site = (int16_t)(uint16_t)bytes_get(&p, 2);
	if (uuid_is_nil(&c.reader) || c.site <= 0)
		return ERR_BAD_TOKEN;
	if (c.has_first) {
		const uint8_t *view = p;
		uint16_t day = (uint16_t)bytes_get(&view, 2);
		uint64_t v = bytes_get(&view, 6), art = v & ART_MASK;
		reader_seen_pack(day, version == BEFORE ? 0 : (uint16_t)(v >> READER_ART_BITS), art,
			c.first);
		p += sizeof c.first;
		if (art == 0 || !get_time(&p, &c.first_at))
			return ERR_BAD_TOKEN;
	}
	ASSERT(p == in + n);
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
	p = bytes_put(p, 1, t->set);
	p = bytes_put(p, 1, t->act);
	p = bytes_put(p, 1, t->reason);
	p = bytes_put(p, 6, t->art);
	p = bytes_put(p, 2, t->articles);
	p = put_country(p, t->country);
	ASSERT(p - out == TOKEN_BYTES);
	return (size_t)(p - out);
}

static bool token_is_ours(const struct ticket_token *t)
{
	return t->decision > 0 && t->has_reader == !uuid_is_nil(&t->reader) && t->site > 0 &&
	       t->campaign > 0 && t->version > 0 && t->variant < CAMPAIGN_VARIANTS_MAX &&
	       t->set < CAMPAIGN_SETS_MAX && t->act < ACT_N && t->reason < REASON_N &&
	       t->art != 0 && t->art <= ART_MASK;
}

enum err ticket_token_unpack(const uint8_t *in, size_t n, struct ticket_token *ret)
{
	struct ticket_token t = {0};
	const uint8_t *p = in;

	if (n == 0)
		return ERR_BAD_TOKEN;
	uint64_t version = bytes_get(&p, 1);
	bool before = version == BEFORE && n == TOKEN_BEFORE;
	if (!before && (version != VERSION || n != TOKEN_BYTES))
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
	t.set = before ? 0 : (uint8_t)bytes_get(&p, 1);
	t.act = (uint8_t)bytes_get(&p, 1);
	t.reason = (uint8_t)bytes_get(&p, 1);
	t.art = bytes_get(&p, 6);
	if (before) { /* rules had other numbers; the article's low bits are the same */
		t.reason = REASON_campaign;
		t.art &= ART_MASK;
	}
	t.articles = before ? 0 : (uint16_t)bytes_get(&p, 2);
	bool is_country = before || get_country(&p, t.country);
	if (!is_country || (flags & ~(uint64_t)(HAS_READER | COUNTING)) != 0 || !is_time ||
		!token_is_ours(&t))
		return ERR_BAD_TOKEN;
	ASSERT(p == in + n);
	*ret = t;
	return OK;
}

size_t ticket_pass_pack(const struct ticket_pass *t, uint8_t out[TICKET_BYTES_MAX])
{
	uint8_t *p = bytes_put(out, 1, VERSION);

	p = bytes_put(p, 1, (uint64_t)t->kind);
	p = bytes_put(p, 8, (uint64_t)utc_s(t->until));
	p = bytes_put(p, 2, (uint16_t)t->site);
	p = bytes_put(p, 4, (uint32_t)t->campaign);
	p = bytes_put(p, 1, t->variant);
	p = bytes_put(p, 1, t->set);
	p = bytes_put(p, 2, t->articles);
	p = put_country(p, t->country);
	ASSERT(p - out == PASS_BYTES);
	return (size_t)(p - out);
}

enum err ticket_pass_unpack(const uint8_t *in, size_t n, struct ticket_pass *ret)
{
	struct ticket_pass t = {0};
	const uint8_t *p = in;

	if (n != PASS_BYTES || bytes_get(&p, 1) != VERSION)
		return ERR_BAD_TOKEN;
	uint64_t kind = bytes_get(&p, 1);
	bool is_time = get_time(&p, &t.until);
	t.site = (int16_t)(uint16_t)bytes_get(&p, 2);
	t.campaign = (int32_t)(uint32_t)bytes_get(&p, 4);
	t.variant = (uint8_t)bytes_get(&p, 1);
	t.set = (uint8_t)bytes_get(&p, 1);
	t.articles = (uint16_t)bytes_get(&p, 2);
	bool is_country = get_country(&p, t.country);
	if (!is_country || !is_time || t.site <= 0 || (kind != PASS_DEBUG && kind != PASS_PREVIEW))
		return ERR_BAD_TOKEN;
	if (kind == PASS_PREVIEW && (t.campaign <= 0 || t.variant >= CAMPAIGN_VARIANTS_MAX ||
					    t.set >= CAMPAIGN_SETS_MAX))
		return ERR_BAD_TOKEN;
	ASSERT(p == in + n);
	t.kind = (enum ticket_pass_kind)kind;
	*ret = t;
	return OK;
}

size_t ticket_form_pack(const struct ticket_form *t, uint8_t out[TICKET_BYTES_MAX])
{
	struct uuid who = {0};
	bool has_place = !t->has_reader && t->place != 0;
	uint8_t *p = bytes_put(out, 1, FORM_VERSION);

	p = bytes_put(p, 1,
		(t->has_reader ? HAS_READER : 0u) | (t->again ? FORM_AGAIN : 0u) |
			(t->puzzle ? FORM_PUZZLE : 0u) | (t->pageless ? FORM_NO_PAGE : 0u) |
			(has_place ? FORM_PLACE : 0u));
	memcpy(p, t->nonce, sizeof t->nonce);
	if (t->has_reader)
		who = t->reader;
	else if (has_place)
		bytes_put(who.b + sizeof who.b - PLACE_BYTES, PLACE_BYTES, t->place);
	p = put_uuid(p + sizeof t->nonce, &who);
	p = bytes_put(p, 2, (uint16_t)t->site);
	p = bytes_put(p, 8, (uint64_t)t->at_ms);
	ASSERT(p - out == FORM_BYTES);
	return (size_t)(p - out);
}

enum err ticket_form_unpack(const uint8_t *in, size_t n, struct ticket_form *ret)
{
	struct ticket_form t = {0};
	const uint8_t *p = in;

	if (n != FORM_BYTES || bytes_get(&p, 1) != FORM_VERSION)
		return ERR_BAD_TOKEN;
	uint64_t flags = bytes_get(&p, 1);
	t.has_reader = flags & HAS_READER;
	t.again = flags & FORM_AGAIN;
	t.puzzle = flags & FORM_PUZZLE;
	t.pageless = flags & FORM_NO_PAGE;
	memcpy(t.nonce, p, sizeof t.nonce);
	p += sizeof t.nonce;
	if (flags & FORM_PLACE) {
		uint64_t zeros = bytes_get(&p, 8) | bytes_get(&p, 2);
		t.place = bytes_get(&p, PLACE_BYTES);
		if (t.has_reader || zeros != 0 || t.place == 0)
			return ERR_BAD_TOKEN;
	} else {
		t.reader = get_uuid(&p);
	}
	t.site = (int16_t)(uint16_t)bytes_get(&p, 2);
	uint64_t at = bytes_get(&p, 8);
	if (flags & ~(uint64_t)FORM_FLAGS || uuid_is_nil(&t.reader) == t.has_reader ||
		t.site <= 0 || at > (uint64_t)SECONDS_MAX * 1000)
		return ERR_BAD_TOKEN;
	ASSERT(p == in + n);
	t.at_ms = (int64_t)at;
	*ret = t;
	return OK;
}
