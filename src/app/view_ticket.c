/* app/view_ticket.c: cookies, tokens and passes of one page view; and what a token opens later. */
#include <stdlib.h>
#include <string.h>

#include "app/account.h"
#include "app/view_own.h"
#include "base/label.h"
#include "base/metric.h"
#include "core/pledge.h"

#define TOKEN_AGE_S (INT64_C(2) * 86400)
#define KEY_BYTES   18

#define TRACE_STEPS 512

void view_write_cookie(struct view_ask *a)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	size_t n = ticket_cookie_pack(&a->who, bytes);
	struct buf b;
	buf_init(&b, a->cookie_text, sizeof a->cookie_text - 1);
	if (seal_sign(a->app->ring, TICKET_COOKIE_PURPOSE, bytes, n, &b) == OK) {
		a->cookie_text[buf_str(&b).n] = '\0';
		a->set = COOKIE_SET;
	}
}

void view_write_token(struct view_ask *a)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	size_t n = ticket_token_pack(&a->ticket, bytes);
	struct buf b;
	buf_init(&b, a->token_text, sizeof a->token_text - 1);
	if (seal_sign(a->app->ring, TICKET_TOKEN_PURPOSE, bytes, n, &b) == OK)
		a->token_text[buf_str(&b).n] = '\0';
	else
		a->token_text[0] = '\0';
}

void view_fill_ticket(struct view_ask *a)
{
	int64_t id = 0;
	enum err e = seal_random(&id, sizeof id);
	a->ticket = (struct ticket_token){
		.decision = e == OK && (id & INT64_MAX) ? id & INT64_MAX : 1,
		.reader = a->reader.id,
		.has_reader = !uuid_is_nil(&a->reader.id),
		.site = a->site->id,
		.at = utc_of_s(utc_s(a->now)),
		.campaign = a->decision.campaign->id,
		.version = a->decision.campaign->version,
		.variant = (uint8_t)a->decision.variant,
		.act = (uint8_t)a->decision.act,
		.reason = (uint8_t)a->decision.reason,
		.set = (uint8_t)a->decision.set,
		.art = a->facts.art,
		.articles = (uint16_t)(a->decision.articles < UINT16_MAX ? a->decision.articles
									 : UINT16_MAX),
		.counting = a->consent == CONSENT_COUNTING,
	};
	struct str country = a->page.country;
	if (country.n == 2 && country.p[0] >= 'A' && country.p[0] <= 'Z' && country.p[1] >= 'A' &&
		country.p[1] <= 'Z')
		memcpy(a->ticket.country, country.p, 2);
}

static void refuse(enum label_cookie why)
{
	metric_add(METRIC_COOKIE_BAD, metric_series(METRIC_COOKIE_BAD, why, 0, 0), 1);
}

/* Who is it? True when the cookie is ours and for this site. */
bool view_read_cookie(struct view_ask *a)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	size_t n;
	bool old;
	if (a->cookie.n == 0)
		return false;
	if (seal_open(a->app->ring, TICKET_COOKIE_PURPOSE, a->cookie, bytes, sizeof bytes, &n,
		    &old) != OK ||
		ticket_cookie_unpack(bytes, n, &a->who) != OK) {
		refuse(COOKIE_forged);
		return false;
	}
	if (a->who.site != a->site->id) {
		refuse(COOKIE_site);
		return false;
	}
	if (old)
		view_write_cookie(a);
	return true;
}

enum err view_read_token(struct view_ask *a)
{
	struct view_prompt prompt;
	enum err e = app_view_open_token(a->app, a->token, &prompt);
	if (e != OK)
		return e;
	a->ticket = prompt.ticket;
	snapshot_unref(prompt.hold);
	return a->ticket.has_reader && a->ticket.site == a->site->id &&
			       utc_s(a->now) - utc_s(a->ticket.at) <= TOKEN_AGE_S
		       ? OK
		       : ERR_BAD_TOKEN;
}

/* Is the reader signed in? By the site's word only. */
void view_read_account(struct view_ask *a)
{
	if (a->account.n == 0 || a->app->accounts.n == 0)
		return;
	a->facts.signed_in =
		account_check(&a->app->accounts, a->account, a->site->slug, a->now) == OK;
	if (!a->facts.signed_in)
		metric_add(METRIC_ACCOUNT_BAD, 0, 1);
}

bool view_read_pass(struct view_ask *a, struct ticket_pass *ret)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	size_t n;
	bool old;
	if (a->pass.n == 0)
		return false;
	if (seal_open(a->app->ring, TICKET_PASS_PURPOSE, a->pass, bytes, sizeof bytes, &n, &old) !=
			OK ||
		ticket_pass_unpack(bytes, n, ret) != OK || ret->site != a->site->id ||
		ret->until.us <= a->now.us) {
		metric_add(METRIC_PASS_BAD, 0, 1);
		return false;
	}
	if (ret->kind == PASS_DEBUG && !a->trace) {
		a->trace = calloc(1, sizeof *a->trace + TRACE_STEPS * sizeof *a->trace->step);
		if (a->trace) {
			a->trace->step = (struct decide_step *)(void *)(a->trace + 1);
			a->trace->cap = TRACE_STEPS;
		}
	}
	return true;
}

enum err app_view_open_token(struct app_view *v, struct str token, struct view_prompt *ret)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	struct ticket_token *t = &ret->ticket;
	size_t n;
	bool old;
	if (!v->snap)
		return ERR_STORE_DOWN;
	if (seal_open(v->ring, TICKET_TOKEN_PURPOSE, token, bytes, sizeof bytes, &n, &old) != OK ||
		ticket_token_unpack(bytes, n, t) != OK)
		return ERR_BAD_TOKEN;
	const struct campaign *c = snapshot_campaign(v->snap, t->campaign);
	bool fits = c && c->site == t->site && t->variant < c->variant_n && t->set < c->set_n &&
		    !c->variant[t->variant].control;
	ret->campaign = fits ? c : NULL;
	ret->policy = snapshot_policy(v->snap, t->site);
	ret->goal = live_find(&v->live, t->campaign);
	ret->hold = snapshot_ref(v->snap);
	return OK;
}

enum err app_view_form(struct app_view *v, struct str host, utc_t now, struct view_prompt *ret)
{
	memset(ret, 0, sizeof *ret);
	if (!v->snap)
		return ERR_STORE_DOWN;
	const struct site *site = snapshot_site(v->snap, host);
	if (!site)
		return ERR_UNKNOWN_SITE;
	const struct campaign_set *set = snapshot_campaign_set(v->snap);
	const struct campaign *best = NULL;
	for (size_t i = 0; i < set->n && (!best || best->kind != CAMPAIGN_APPEAL); i++)
		if (set->campaign[i].site == site->id && campaign_runs(&set->campaign[i], now) &&
			(!best || set->campaign[i].kind == CAMPAIGN_APPEAL))
			best = &set->campaign[i];
	/* whoever wants to give can do so while nobody is asked */
	v->plain_set = (struct campaign_amounts){.currency = site->currency};
	v->plain = (struct campaign){.site = site->id, .set_n = 1, .set = &v->plain_set};
	ret->campaign = best ? best : &v->plain;
	ret->policy = snapshot_policy(v->snap, site->id);
	ret->hold = snapshot_ref(v->snap);
	return OK;
}

static const struct campaign *with_goal(const struct snapshot *s, int16_t site, struct str slug)
{
	const struct campaign_set *set = snapshot_campaign_set(s);
	for (size_t i = 0; i < set->n; i++) {
		const struct campaign *c = &set->campaign[i];
		if (c->site == site && c->live && c->goal.currency.n > 0 && str_eq(c->slug, slug))
			return c;
	}
	return NULL;
}

enum err app_view_goal(
	struct app_view *v, struct str host, struct str slug, utc_t now, struct view_prompt *ret)
{
	memset(ret, 0, sizeof *ret);
	if (!v->snap)
		return ERR_STORE_DOWN;
	const struct site *site = snapshot_site(v->snap, host);
	if (!site)
		return ERR_UNKNOWN_SITE;
	ret->campaign = with_goal(v->snap, site->id, slug);
	if (!ret->campaign)
		return ERR_NOT_FOUND;
	ret->policy = snapshot_policy(v->snap, site->id);
	ret->goal = live_find(&v->live, ret->campaign->id);
	if (!live_is_of(&ret->goal, ret->campaign, now))
		return ERR_STORE_DOWN;
	ret->hold = snapshot_ref(v->snap);
	return OK;
}

void app_view_ticket(
	struct app_view *v, const struct view_form *f, utc_t now, char out[FORM_TICKET_MAX])
{
	struct ticket_cookie c;
	bool bound = form_cookie(v->ring, f->cookie, f->site, &c);
	if (bound && f->known && !uuid_is_nil(f->known))
		c.reader = *f->known;
	struct form_want want = {.site = f->site,
		.reader = bound ? &c.reader : NULL,
		.place = bound ? 0 : form_place(v->ring, f->address)};
	form_mint(v->ring, &want, now, out);
}

void app_view_key(
	struct app_view *v, const struct view_form *f, utc_t now, char out[VIEW_KEY_MAX])
{
	uint8_t name[SEAL_MAC_BYTES] = {0};
	struct ticket_cookie c = {0};
	BUF_ON(b, 80);
	if (f->reader)
		c.reader = *f->reader;
	else
		(void)form_cookie(v->ring, f->cookie, f->site, &c);
	out[0] = '\0';
	if (!uuid_is_nil(&c.reader)) {
		char id[37];
		uuid_format(&c.reader, id);
		buf_addf(&b, "%d %s %lld", f->site, id, (long long)(utc_s(now) / 86400));
		seal_hash(v->ring, "key", buf_str(&b), name);
	} else if (seal_random(name, KEY_BYTES) != OK) {
		return;
	}
	memcpy(out, PLEDGE_FORM_KEY, sizeof PLEDGE_FORM_KEY - 1);
	str_b64(name, KEY_BYTES, out + sizeof PLEDGE_FORM_KEY - 1);
}

void view_count_visit(const struct view_ask *a)
{
	uint32_t consent = a->consent == CONSENT_NONE       ? 1u << VISIT_NONE
			   : a->consent == CONSENT_COUNTING ? 1u << VISIT_COUNTING
							    : 1u << VISIT_FULL;
	uint32_t claimed = a->claim.n > 0 ? 1u << VISIT_CLAIMED : 0;
	visits_add(&a->app->visits, a->now, a->site->id,
		1u << VISIT_DECISION | (a->bot ? 1u << VISIT_ROBOT : consent | claimed) |
			(a->fresh ? 1u << VISIT_FRESH : 0) |
			(a->returned ? 1u << VISIT_RETURNED : 0));
}
