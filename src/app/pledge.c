/* app/pledge.c: POST /pledge and the state of a pledge.
 *   tx 1 pledge + attempt + call -> provider -> tx 2 object and page -> answer. Whoever comes
 * second with the same key waits for the first. */
#include <string.h>
#include <time.h>

#include "app/admit.h"
#include "app/call.h"
#include "app/money.h"
#include "app/offer.h"
#include "app/settle.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/metric.h"

#define POLL_MS        100
#define TOKEN_BYTES    24
#define LEASE_MARGIN_S 5

/* Everything that one request gathers before it stores anything. */
struct draft {
	struct pledge_want want;
	struct money cover, sum; /* sum: the gift with its cover */
	struct offer offer;
	struct uuid pledge, attempt, reader;
	bool has_reader;
	size_t pay; /* of the providers */
	int16_t site;
	int64_t decision;
	struct str campaign, variant, label, success_url, cancel_url, webhook_url, key;
	char token[40], idem[64], key_mem[80];
	struct pay_request call;
	struct admit admit;
	uint8_t fingerprint[32];
};

/* The language of a locale when the site has pages of it below /<language>, else empty. */
static struct str page_language(struct str locale, struct str more_locales)
{
	struct str rest = locale, lang = STR(""), one;
	str_cut(&rest, '-', &lang);
	while (str_cut(&more_locales, ' ', &one))
		if (str_eq(one, lang))
			return lang;
	return STR("");
}

/* origin + language + path + ?p=token */
static enum err page_url(const struct money_ask *ask, struct str origin, struct str lang,
	struct str path, const char *token, struct str *ret)
{
	char *mem = arena_alloc(ask->arena, 800);
	struct buf b;
	if (!mem)
		return ERR_NO_MEMORY;
	buf_init(&b, mem, 800);
	buf_add(&b, origin.n ? origin : ask->origin);
	if (lang.n)
		buf_byte(&b, '/');
	buf_add(&b, lang);
	buf_add(&b, path);
	buf_addc(&b, memchr(path.p, '?', path.n) ? "&p=" : "?p=");
	buf_addc(&b, token);
	*ret = buf_str(&b);
	return buf_done(&b);
}

static enum err webhook_url(
	const struct money_ask *ask, struct str origin, const char *provider, struct str *ret)
{
	BUF_ON(b, 800);
	buf_add(&b, origin.n ? origin : ask->origin);
	buf_addc(&b, "/webhook/");
	buf_addc(&b, provider);
	enum err e = buf_done(&b);
	return e == OK ? arena_dup(ask->arena, buf_str(&b), ret) : e;
}

/* Which reader, which decision. A token that we made counts however old; one that we did not make
 * is refused. */
static enum err read_tickets(
	struct app_money *m, const struct money_ask *ask, struct draft *d, struct fault *f)
{
	struct ticket_cookie cookie;
	struct ticket_token token;
	d->campaign = d->want.campaign;
	d->variant = STR("");
	if (ask->form.token.n) {
		enum err e = money_token(m, ask->form.token, d->site, &token, f);
		if (e != OK)
			return e;
		d->decision = token.reason != REASON_preview ? token.decision : 0;
		memcpy(d->admit.country_read, token.country, sizeof token.country);
		d->reader = token.reader;
		d->has_reader = token.has_reader;
		d->offer.campaign = token.campaign;
		d->offer.version = token.version;
		struct store_args a;
		ROWS_AUTO rows = NULL;
		store_args_init(&a);
		arg_int(&a, token.campaign);
		arg_int(&a, token.version);
		arg_int(&a, token.variant);
		e = store_call(m->store, STMT_campaign_variant, &a, &rows, f);
		if (e == OK && rows_n(rows) == 1 &&
			(arena_dup(ask->arena, row_str(rows, 0, "campaign"), &d->campaign) != OK ||
				arena_dup(ask->arena, row_str(rows, 0, "variant"), &d->variant) !=
					OK))
			e = ERR_NO_MEMORY;
		if (e != OK)
			return e;
		if (token.reason == REASON_preview) /* an editor's choice, not the experiment's */
			d->variant = STR("");
	}
	if (money_cookie(m, ask->cookie, d->site, &cookie)) {
		d->reader = d->admit.cookie = cookie.reader; /* who sits there now */
		d->has_reader = d->admit.has_cookie = true;
	}
	d->admit.site = d->site;
	d->admit.decision = d->decision;
	d->admit.money = d->want.money;
	admit_look(m, ask, &d->admit);
	return OK;
}

static enum err add_cover(
	struct app_money *m, const struct money_ask *ask, struct draft *d, struct fault *f)
{
	d->sum = d->want.money;
	if (!d->want.covers)
		return OK;
	d->offer.site = d->site;
	d->offer.name = d->want.campaign;
	d->offer.shown = ask->fee;
	d->offer.now = ask->now;
	enum err e = offer_cover(m, &d->offer, &d->want.money, &d->cover, f);
	d->sum.minor += d->cover.minor;
	return e;
}

static enum err make_names(struct draft *d, utc_t now)
{
	uint8_t rnd[TOKEN_BYTES];
	char attempt[37];
	enum err e = seal_random(rnd, sizeof rnd);
	if (e == OK)
		e = uuid_new7(now, &d->pledge);
	if (e == OK)
		e = uuid_new7(now, &d->attempt);
	if (e != OK)
		return e;
	str_b64(rnd, sizeof rnd, d->token);
	uuid_format(&d->attempt, attempt);
	struct buf b;
	buf_init(&b, d->idem, sizeof d->idem - 1);
	buf_addf(&b, "v1:create:%s", attempt);
	d->idem[buf_str(&b).n] = '\0';
	return buf_done(&b);
}

/* A form keeps its key when the donor comes back and changes the amount: there the key goes with
 * the content. */
static enum err name_request(const struct money_ask *ask, struct draft *d)
{
	BUF_ON(b, 512);
	buf_addf(&b, "site %d\n", d->site);
	if (ask->provider.n)
		buf_addf(&b, "provider %.*s\n", STR_FMT(ask->provider));
	enum err e = pledge_fingerprint(&d->want, &b);
	if (e != OK)
		return e;
	seal_sha256(buf_str(&b), d->fingerprint);
	d->key = d->want.key;
	d->admit.next = pledge_key_is_form(d->key);
	if (d->admit.next) { /* the stored one does not tell which gifts came by one form */
		uint8_t sum[32];
		buf_add(&b, d->key);
		seal_sha256(buf_str(&b), sum);
		memcpy(d->key_mem, PLEDGE_FORM_KEY, sizeof PLEDGE_FORM_KEY - 1);
		size_t at = sizeof PLEDGE_FORM_KEY - 1, n = str_b64(sum, 24, d->key_mem + at);
		d->key = (struct str){d->key_mem, at + n};
		e = buf_done(&b);
	} else if (ask->plain_form) {
		struct buf k;
		char hex[65];
		str_hex(d->fingerprint, 4, hex);
		buf_init(&k, d->key_mem, sizeof d->key_mem);
		buf_add(&k, (struct str){d->key.p, d->key.n < 55 ? d->key.n : 55});
		buf_byte(&k, '-');
		buf_addc(&k, hex);
		d->key = buf_str(&k);
		e = buf_done(&k);
	}
	return e;
}

static enum err draft_make(
	struct app_money *m, const struct money_ask *ask, struct draft *d, struct fault *f)
{
	ROWS_AUTO sites = NULL;
	int row;
	memset(d, 0, sizeof *d);
	enum err e = pledge_check(&ask->form, &d->want, f);
	if (e == OK)
		e = admit_provider(m, ask->provider, d->want.interval, &d->want.money, &d->pay, f);
	if (e == OK)
		e = money_site(m, ask->host, &sites, &row, f);
	if (e == OK)
		d->site = (int16_t)row_int(sites, row, "site_id");
	if (e == OK)
		e = read_tickets(m, ask, d, f);
	if (e == OK)
		e = add_cover(m, ask, d, f);
	if (e == OK)
		e = name_request(ask, d);
	if (e == OK)
		e = make_names(d, ask->now);
	if (e != OK)
		return e;
	struct str origin = row_str(sites, row, "origin"),
		   lang = page_language(d->want.locale, row_str(sites, row, "more_locales"));
	e = page_url(
		ask, origin, lang, row_str(sites, row, "thanks_path"), d->token, &d->success_url);
	if (e == OK)
		e = page_url(ask, origin, lang, row_str(sites, row, "cancel_path"), d->token,
			&d->cancel_url);
	if (e == OK)
		e = webhook_url(ask, origin, pay_name(m->pays.of[d->pay]), &d->webhook_url);
	if (e == OK)
		e = arena_dup(ask->arena, row_str(sites, row, "gift_label"), &d->label);
	return e;
}

/* The bytes of the call, with the ways to pay that are on. */
static enum err draft_call(
	struct app_money *m, const struct money_ask *ask, struct draft *d, struct fault *f)
{
	struct str methods, without;
	enum err e = admit_methods(m, d->pay, ask->arena, &methods, &without, f);
	if (e != OK)
		return e;
	struct pay_checkout c = {.pledge = d->pledge,
		.money = d->sum,
		.interval = d->want.interval,
		.label = d->label,
		.email = d->want.email,
		.success_url = d->success_url,
		.cancel_url = d->cancel_url,
		.expires_at = {0}, /* a day from now by its clock, however wrong ours is */
		.methods = methods,
		.without = without,
		.locale = d->want.locale,
		.webhook_url = d->webhook_url};
	return pay_build_checkout(m->pays.of[d->pay], &c, str_c(d->idem), ask->arena, &d->call);
}

static enum err begin(struct app_money *m, const struct money_ask *ask, struct draft *d,
	struct rows **ret, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	arg_str(&a, d->key);
	arg_bytes(&a, (struct str){(const char *)d->fingerprint, sizeof d->fingerprint});
	arg_uuid(&a, &d->pledge);
	arg_c(&a, d->token);
	arg_int(&a, d->site);
	arg_uuid(&a, d->has_reader ? &d->reader : NULL);
	if (d->decision)
		arg_int(&a, d->decision);
	else
		arg_null(&a);
	arg_opt(&a, d->campaign);
	arg_opt(&a, d->variant);
	arg_int(&a, d->sum.minor);
	arg_c(&a, d->sum.cur);
	arg_c(&a, campaign_interval_name(d->want.interval));
	arg_opt(&a, d->want.email);
	arg_str(&a, d->want.locale);
	arg_str(&a, ask->request_id);
	arg_uuid(&a, &d->attempt);
	arg_c(&a, pay_name(m->pays.of[d->pay]));
	arg_bool(&a, pay_livemode(m->pays.of[d->pay]));
	arg_c(&a, d->idem);
	arg_c(&a, d->call.method);
	arg_str(&a, d->call.path);
	arg_bytes(&a, d->call.body);
	arg_int(&a, conf_int(m->conf, CONF_money_wait_ms) / 1000 + LEASE_MARGIN_S);
	arg_utc(&a, ask->now);
	admit_args(m, d->pay, ask->client_ip, &a);
	arg_int(&a, d->cover.minor);
	enum err e = admit_more(m, d->pay, ask, &d->admit, &a);
	if (e != OK)
		return e;
	CRASH_POINT("p.begin");
	return store_call(m->store, STMT_pledge_try, &a, ret, f);
}

/* Store it, if the guards let it pass. A switch that was thrown since the last pledge costs a
 * second trip, and only then. */
static enum err begin_admitted(struct app_money *m, const struct money_ask *ask, struct draft *d,
	struct rows **ret, struct fault *f)
{
	enum err e = OK;
	for (int i = 0; i < 2 && e == OK; i++) {
		rows_free(*ret);
		*ret = NULL;
		e = draft_call(m, ask, d, f);
		if (e == ERR_PAY_OFF && i == 0) {
			/* so it was when this process last asked; it has to ask again */
			m->methods_off[d->pay][0] = '\0';
			*f = (struct fault){0};
			e = draft_call(m, ask, d, f);
		}
		if (e == OK)
			e = begin(m, ask, d, ret, f);
		if (e != OK || !admit_again(m, d->pay, *ret))
			break;
	}
	return e == OK && rows_n(*ret) == 1 ? admit_check(*ret, f) : e;
}

/* Under a key that the provider has forgotten it would be another request: then its page is looked
 * for, by the clerk. */
static enum err call_while_known(struct app_money *m, struct pay *p, const struct call *c,
	utc_t first_sent, int64_t left_ms, struct arena *arena, struct str *ret_url,
	struct fault *f)
{
	if (utc_s(clock_utc()) - utc_s(first_sent) <= pay_key_life_s(p))
		return call_create(m->store, p, c, left_ms, arena, ret_url, f);
	enum err e = call_note(m->store, c, "lost", 0, "older than the life of its key", f);
	return e == OK ? ERR_UNKNOWN : e;
}

/* Somebody else holds the call, or nobody does: look until the page is open, take the call over
 * when it is free. */
enum err pledge_wait(struct app_money *m, const struct uuid *pledge, mono_t deadline,
	struct arena *arena, struct str *ret_url, struct fault *f)
{
	for (;;) {
		struct store_args a;
		ROWS_AUTO rows = NULL;
		store_args_init(&a);
		arg_uuid(&a, pledge);
		enum err e = store_call(m->store, STMT_pledge_poll, &a, &rows, f);
		if (e != OK)
			return e;
		if (rows_n(rows) != 1)
			return fault_set(f, ERR_STORE, NULL, "a stored pledge is gone");
		if (!str_is(row_str(rows, 0, "attempt_state"), "creating"))
			return arena_dup(arena, row_str(rows, 0, "url"), ret_url);
		int64_t left = mono_left_ms(deadline, clock_mono());
		if (left <= POLL_MS || !str_is(row_str(rows, 0, "outbox_state"), "open"))
			return fault_set(f, ERR_UNKNOWN, NULL, "still waiting");
		ROWS_AUTO claimed = NULL;
		store_args_init(&a);
		arg_int(&a, row_int(rows, 0, "outbox"));
		arg_int(&a, left / 1000 + LEASE_MARGIN_S);
		arg_utc(&a, clock_utc());
		e = store_call(m->store, STMT_outbox_claim, &a, &claimed, f);
		if (e != OK)
			return e;
		struct call c;
		if (rows_n(claimed) == 1) {
			struct pay *p;
			e = call_pay(&m->pays, claimed, 0, &p, f);
			if (e == OK)
				e = call_of(claimed, 0, arena, &c);
			if (e == OK)
				e = call_while_known(m, p, &c, row_utc(claimed, 0, "first_sent_at"),
					left, arena, ret_url, f);
			if (e != ERR_UNKNOWN)
				return e;
		}
		nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
	}
}

static void log_pledge(const struct money_ask *ask, const struct uuid *pledge, enum err e,
	const struct fault *f, bool made)
{
	struct log_line l;
	char id[37];
	uuid_format(pledge, id);
	log_open(&l, e == OK || e == ERR_UNKNOWN ? LOG_INFO : LOG_WARN, "pledge");
	log_str(&l, "request_id", ask->request_id);
	log_c(&l, "pledge", id);
	log_c(&l, "found", made ? "made" : "again");
	log_err(&l, e, f);
	log_emit(&l);
}

static void count_made(const struct money *sum)
{
	size_t cur = money_currency_no(str_c(sum->cur));
	settle_count(PLEDGE_new, str_c(sum->cur));
	metric_add(METRIC_PLEDGED, metric_series(METRIC_PLEDGED, cur, 0, 0), (uint64_t)sum->minor);
}

/* The address where to pay: from the provider, if the call is ours, or from whoever makes it. */
static enum err page_of(struct app_money *m, const struct money_ask *ask, const struct draft *d,
	const struct rows *rows, mono_t deadline, struct money_state *ret, struct fault *f)
{
	struct uuid pledge = row_uuid(rows, 0, "pledge");
	struct call c;
	enum err e = ERR_UNKNOWN;
	if (row_bool(rows, 0, "leased")) {
		e = call_of(rows, 0, ask->arena, &c);
		if (e == OK)
			e = call_create(m->store, m->pays.of[d->pay], &c,
				mono_left_ms(deadline, clock_mono()), ask->arena, &ret->url, f);
	}
	if (e == ERR_UNKNOWN)
		e = pledge_wait(m, &pledge, deadline, ask->arena, &ret->url, f);
	if (e == OK && ret->url.n)
		ret->status = str_c(pledge_status_name(PLEDGE_offered));
	else if (e == OK) /* it moved on while we asked: paid already, expired, refused */
		e = app_pledge_state(m, ret->token, ask->arena, ret, f);
	/* the second asker hears what the first one heard */
	if (e == OK && str_is(ret->status, pledge_status_name(PLEDGE_failed)))
		e = fault_set(f, ERR_PROVIDER_REFUSED, NULL, "this pledge was refused before");
	return e;
}

enum err app_pledge(
	struct app_money *m, const struct money_ask *ask, struct money_state *ret, struct fault *f)
{
	struct draft d;
	ROWS_AUTO rows = NULL;
	mono_t deadline = mono_add(ask->start, dur_ms(conf_int(m->conf, CONF_money_wait_ms)));
	enum err e = draft_make(m, ask, &d, f);
	if (e == OK)
		e = begin_admitted(m, ask, &d, &rows, f);
	if (e == ERR_FORM_STALE || e == ERR_PUZZLE) {
		admit_fresh(m, ask, &d.admit, e, &ret->fresh, f);
		ret->fresh.sum = d.sum;
	}
	if (e != OK) {
		money_failed("a pledge could not be stored", ask->request_id, e, f);
		return e;
	}
	CRASH_POINT("p.committed");
	if (rows_n(rows) != 1 || str_is(row_str(rows, 0, "outcome"), "other"))
		return fault_set(f, ERR_KEY_REUSED, "key",
			"this key belongs to a pledge with other content");
	struct uuid pledge = row_uuid(rows, 0, "pledge");
	bool made = str_is(row_str(rows, 0, "outcome"), "made");
	memset(ret, 0, sizeof *ret);
	ret->locale = d.want.locale;
	e = money_state_fill(rows, 0, ask->arena, ret);
	if (e == OK)
		e = money_cover_fill(rows, 0, ask->arena, ret);
	if (e == OK)
		e = arena_dup(ask->arena, row_str(rows, 0, "public_token"), &ret->token);
	ret->again = row_bool(rows, 0, "again");
	if (e == OK && row_bool(rows, 0, "paused")) /* known to be away: nobody is held */
		e = fault_set(
			f, ERR_UNKNOWN, NULL, "the provider does not answer: left to the clerk");
	else if (e == OK && ret->url.n == 0)
		e = page_of(m, ask, &d, rows, deadline, ret, f);
	if (made)
		count_made(&d.sum);
	log_pledge(ask, &pledge, e, f, made);
	/* the pledge is stored: what is not known yet is not an error, and what fails now is
	 * finished by the clerk */
	if (e == ERR_UNKNOWN || e == ERR_PROVIDER_DOWN || err_class(e) == ERR_CLASS_SOFT)
		return OK;
	return e;
}
