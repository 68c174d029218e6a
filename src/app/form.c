/* app/form.c: tickets of forms. */
#include <string.h>

#include "app/form.h"
#include "app/network.h"

#define FUTURE_MS                                                                                  \
	INT64_C(60000) /* hosts' clocks differ by less; a clock that was set back by more */

const char *form_state_name(enum form_state s)
{
	static const char *const NAMES[FORM_N] = {[FORM_ok] = "ok",
		[FORM_none] = "none",
		[FORM_bad] = "bad",
		[FORM_young] = "young",
		[FORM_old] = "old",
		[FORM_other] = "other"};
	return NAMES[s];
}

uint64_t form_place(const struct seal_ring *r, struct str ip)
{
	BUF_ON(b, 64);
	return network_format(ip, 24, 56, &b) == OK ? seal_hash48(r, "place", buf_str(&b)) : 0;
}

void form_mint(const struct seal_ring *r, const struct form_want *want, utc_t now,
	char out[FORM_TICKET_MAX])
{
	struct ticket_form t = {.site = want->site,
		.has_reader = want->reader != NULL,
		.place = want->reader ? 0 : want->place,
		.again = want->again,
		.puzzle = want->puzzle,
		.pageless = want->pageless,
		.at_ms = now.us / 1000};
	uint8_t bytes[TICKET_BYTES_MAX];
	struct buf b;
	buf_init(&b, out, FORM_TICKET_MAX - 1);
	if (want->reader)
		t.reader = *want->reader;
	bool made = seal_random(t.nonce, sizeof t.nonce) == OK &&
		    seal_sign(r, TICKET_FORM_PURPOSE, bytes, ticket_form_pack(&t, bytes), &b) == OK;
	out[made ? buf_str(&b).n : 0] = '\0';
}

void form_look(const struct seal_ring *r, struct str text, int16_t site, const struct uuid *cookie,
	utc_t now, struct form_age may, struct form_look *ret)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	size_t n;
	bool old_key;
	*ret = (struct form_look){.state = FORM_none};
	if (text.n == 0)
		return;
	ret->state = FORM_bad;
	if (seal_open(r, TICKET_FORM_PURPOSE, text, bytes, sizeof bytes, &n, &old_key) != OK ||
		ticket_form_unpack(bytes, n, &ret->ticket) != OK || ret->ticket.site != site)
		return;
	ret->age_ms = now.us / 1000 - ret->ticket.at_ms;
	if (ret->ticket.has_reader &&
		(!cookie || memcmp(cookie->b, ret->ticket.reader.b, sizeof cookie->b) != 0))
		ret->state = FORM_other;
	else if (ret->age_ms > may.max_ms || ret->age_ms < -FUTURE_MS)
		ret->state = FORM_old;
	else
		ret->state = ret->age_ms < may.min_ms && !ret->ticket.puzzle ? FORM_young : FORM_ok;
}

bool form_cookie(
	const struct seal_ring *r, struct str text, int16_t site, struct ticket_cookie *ret)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	struct ticket_cookie cookie;
	size_t n;
	bool old;
	if (text.n == 0 ||
		seal_open(r, TICKET_COOKIE_PURPOSE, text, bytes, sizeof bytes, &n, &old) != OK ||
		ticket_cookie_unpack(bytes, n, &cookie) != OK || cookie.site != site)
		return false;
	*ret = cookie;
	return true;
}

bool form_may_prove(const struct form_look *l)
{
	return l->state == FORM_ok && l->ticket.puzzle && l->age_ms <= FORM_PROOF_MS;
}

bool form_proved(struct str ticket, struct str proof, unsigned bits)
{
	uint8_t sum[32];
	BUF_ON(b, FORM_TICKET_MAX + 64);
	if (proof.n == 0 || proof.n > 16)
		return false;
	for (size_t i = 0; i < proof.n; i++)
		if (proof.p[i] < '0' || proof.p[i] > '9')
			return false;
	buf_add(&b, ticket);
	buf_byte(&b, ':');
	buf_add(&b, proof);
	if (buf_done(&b) != OK)
		return false;
	seal_sha256(buf_str(&b), sum);
	for (unsigned i = 0; i < bits; i++)
		if (sum[i / 8] & (0x80u >> i % 8))
			return false;
	return true;
}
