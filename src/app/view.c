/* app/view.c: the way of one page view.
 *   site -> cookie -> (new reader: first view rides in the cookie, no row)
 *                  -> batch: count, state back -> decide -> open or wall: answer
 *                                                        -> prompt: mark it against that state ->
 * lost the race: decide again
 *                                                                                             ->
 * answer */
#include <stdlib.h>
#include <string.h>

#include "app/view_own.h"
#include "base/log.h"
#include "base/metric.h"

#define RACES_MAX   5
#define TOKEN_AGE_S (INT64_C(2) * 86400)
#define OF_OP(op)   ((struct view_ask *)(void *)((char *)(op)-offsetof(struct view_ask, op)))

/* By deadline: who comes back for a mark is older than those who came meanwhile. */
static void list_add(struct app_view *v, struct view_ask *a)
{
	struct view_ask *before = v->last;
	while (before && before->deadline.us > a->deadline.us)
		before = before->prev;
	a->prev = before;
	a->next = before ? before->next : v->first;
	*(a->next ? &a->next->prev : &v->last) = a;
	*(before ? &before->next : &v->first) = a;
	v->waiting++;
}

static void list_del(struct app_view *v, struct view_ask *a)
{
	*(a->prev ? &a->prev->next : &v->first) = a->next;
	*(a->next ? &a->next->prev : &v->last) = a->prev;
	v->waiting--;
}

static struct batch *batch_of(struct app_view *v, const struct uuid *reader)
{
	return v->batch[reader->b[15] % v->batch_n];
}

static void release(struct view_ask *a)
{
	snapshot_unref(a->snap);
	a->snap = NULL;
	a->released(a);
}

static void write_cookie(struct view_ask *a)
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

static void write_token(struct view_ask *a)
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

/* The answer is known: count it and hand it over. The ask lives on while it is in a batch. */
static void answer(struct view_ask *a)
{
	struct app_view *v = a->app;
	ASSERT(!a->is_answered);
	a->is_answered = true;
	if (a->kind == VIEW_PAGE) {
		if (a->decision.act != ACT_OPEN)
			write_token(a);
		metric_add(METRIC_DECISIONS, a->decision.reason, 1);
		if (a->site)
			tally_add(&v->tally, a->now, a->site->id, a->section, a->country, a->device,
				&a->decision);
	}
	a->answered(a);
	if (!a->in_batch)
		release(a);
}

static void answer_open(struct view_ask *a, enum decide_reason r)
{
	a->decision = decide_open(r);
	answer(a);
}

static void submit(struct view_ask *a)
{
	a->in_batch = true;
	a->app->held++;
	list_add(a->app, a);
	batch_add(batch_of(a->app, &a->op.reader), &a->op);
}

static void fill_ticket(struct view_ask *a)
{
	int64_t id = 0;
	enum err e = seal_random(&id, sizeof id);
	a->ticket = (struct ticket_token){
		.decision = e == OK && (id & INT64_MAX) ? id & INT64_MAX : 1,
		.reader = a->reader.id,
		.has_reader = true,
		.site = a->site->id,
		.at = utc_of_s(utc_s(a->now)),
		.campaign = a->decision.campaign->id,
		.version = a->decision.campaign->version,
		.variant = (uint8_t)a->decision.variant,
		.act = (uint8_t)a->decision.act,
		.reason = (uint8_t)a->decision.reason,
		.art48 = a->facts.art48,
		.counting = a->consent == CONSENT_COUNTING,
	};
}

static void mark_op(struct view_ask *a, enum reader_mark_kind kind, int32_t version,
	const struct ticket_token *t)
{
	struct reader_mark m = {.decision = (uint32_t)t->decision,
		.campaign = t->campaign,
		.kind = (uint8_t)kind,
		.variant = t->variant,
		.at = a->now};
	memset(&a->op, 0, sizeof a->op);
	a->op.reader = t->reader;
	a->op.site = t->site;
	a->op.first_at = a->op.at = a->now;
	/* seeing and clicking bind us to nothing, so they take no room in the reader's row */
	a->op.has_mark = kind != MARK_VIEWED && kind != MARK_CLICKED;
	a->op.has_event = !t->counting;
	reader_mark_pack(&m, a->op.mark);
	a->op.version = version;
	a->op.done = app_view_batched;
	a->op.event = (struct batch_event){.decided_at = t->at,
		.at = a->now,
		.decision = t->decision,
		.kind = reader_mark_name(kind),
		.article = str_c(a->article_text),
		.section = str_c(a->section_text)};
	const struct campaign *c = snapshot_campaign(a->snap, t->campaign);
	if (c && t->variant < c->variant_n) {
		a->op.event.campaign = c->slug;
		a->op.event.variant = c->variant[t->variant].name;
	}
}

/* The prompt is due by this state: it is served only if its mark is written against this very
 * state. */
static void mark_prompt(struct view_ask *a)
{
	a->marking = true;
	if (str_copy(a->article, a->article_text, sizeof a->article_text) != OK ||
		str_copy(a->section, a->section_text, sizeof a->section_text) != OK)
		a->article_text[0] = a->section_text[0] = '\0';
	mark_op(a, MARK_SHOWN, a->reader.version, &a->ticket);
	submit(a);
}

static void decide_now(struct view_ask *a)
{
	a->facts.reader = &a->reader;
	a->decision = decide(&a->facts, snapshot_campaign_set(a->snap));
	if (a->decision.act != ACT_OPEN)
		fill_ticket(a);
	if (a->decision.act == ACT_PROMPT && a->reader.stored)
		mark_prompt(a);
	else if (a->decision.act == ACT_PROMPT)
		answer_open(
			a, REASON_first_view); /* no row to mark: rules never lead here, a guard */
	else
		answer(a);
}

static void counted(struct view_ask *a)
{
	a->reader = a->op.state;
	if (!a->reader.stored) {
		a->reader.id = a->who.reader;
		if (a->who.has_first) {
			a->reader.seen =
				(struct str){(const char *)a->who.first, READER_SEEN_BYTES};
			a->reader.views = 1;
		}
	} else if (a->who.has_first) {
		a->who.has_first =
			false; /* the row exists now: the cookie need not carry the view any more */
		write_cookie(a);
	}
	decide_now(a);
}

static void marked(struct view_ask *a)
{
	if (a->op.marked) {
		answer(a);
	} else if (++a->races > RACES_MAX || !a->op.state.stored) {
		answer_open(a, REASON_store_down);
	} else {
		metric_add(METRIC_MARK_RACES, 0, 1);
		a->marking = false;
		a->reader = a->op.state;
		decide_now(a);
	}
}

/* Back from the batch. */
void app_view_batched(struct batch_op *op)
{
	struct view_ask *a = OF_OP(op);
	struct app_view *v = a->app;
	a->in_batch = false;
	v->held--;
	if (!a->is_answered)
		list_del(v, a);
	if (op->err != OK && a->kind == VIEW_PAGE && !a->marking && op->seen_n > 0)
		spool_put(&v->spool, op);
	if (a->is_answered) {
		release(a);
	} else if (a->kind == VIEW_EVENT) {
		a->err = op->err;
		answer(a);
	} else if (op->err != OK) {
		answer_open(a, REASON_store_down);
	} else if (a->marking) {
		marked(a);
	} else {
		counted(a);
	}
}

/* Deadline: the page opens, the batch goes on. */
void app_view_expire(struct app_view *v, mono_t now)
{
	while (v->first && v->first->deadline.us <= now.us) {
		struct view_ask *a = v->first;
		list_del(v, a);
		a->op.abandoned = true;
		if (a->kind == VIEW_EVENT)
			a->err = ERR_TIMEOUT;
		a->decision = decide_open(REASON_store_down);
		answer(a);
	}
}

static uint64_t article_hash(const struct site *s, struct str article)
{
	uint8_t mac[SEAL_MAC_BYTES];
	uint64_t h = 0;
	seal_hmac((struct str){(const char *)s->article_key, sizeof s->article_key},
		STR("article:"), article, mac);
	for (int i = 0; i < 6; i++)
		h = h << 8 | mac[i];
	return h ? h : 1;
}

static uint64_t variant_hash(const struct site *s, const struct uuid *reader)
{
	uint8_t mac[SEAL_MAC_BYTES];
	uint64_t h;
	seal_hmac((struct str){(const char *)s->article_key, sizeof s->article_key},
		STR("variant:"), (struct str){(const char *)reader->b, 16}, mac);
	memcpy(&h, mac, sizeof h);
	return h;
}

/* Who is it? True when the cookie is ours and for this site. */
static bool read_cookie(struct view_ask *a)
{
	uint8_t bytes[TICKET_BYTES_MAX];
	size_t n;
	bool old;
	if (a->cookie.n == 0)
		return false;
	if (seal_open(a->app->ring, TICKET_COOKIE_PURPOSE, a->cookie, bytes, sizeof bytes, &n,
		    &old) != OK ||
		ticket_cookie_unpack(bytes, n, &a->who) != OK) {
		metric_add(METRIC_COOKIE_BAD, 0, 1);
		return false;
	}
	if (a->who.site != a->site->id)
		return false;
	if (old)
		write_cookie(a);
	return true;
}

/* No cookie came: mint one that carries this view. Whoever never returns it never makes a row. */
static void new_reader(struct view_ask *a)
{
	memset(&a->reader, 0, sizeof a->reader);
	memset(&a->who, 0, sizeof a->who);
	if (!a->counts) {
		decide_now(a);
		return;
	}
	if (uuid_new4(&a->who.reader) != OK) {
		answer_open(a, REASON_store_down);
		return;
	}
	a->who.site = a->site->id;
	a->who.has_first = true;
	a->who.first_at = utc_of_s(utc_s(a->now));
	reader_seen_pack(a->facts.cal.day, a->facts.art48, a->who.first);
	a->reader.id = a->who.reader;
	a->reader.first_at = a->reader.last_at = a->now;
	a->reader.views = 1;
	a->reader.seen = (struct str){(const char *)a->who.first, READER_SEEN_BYTES};
	a->facts.variant_hash = variant_hash(a->site, &a->reader.id);
	metric_add(METRIC_COOKIE_NEW, 0, 1);
	write_cookie(a);
	decide_now(a);
}

static void known_reader(struct view_ask *a)
{
	struct app_view *v = a->app;
	struct batch_op *op = &a->op;
	a->facts.variant_hash = variant_hash(a->site, &a->who.reader);
	op->reader = a->who.reader;
	op->site = a->site->id;
	op->at = a->now;
	op->first_at = a->who.has_first ? a->who.first_at : a->now;
	op->version = -1;
	op->done = app_view_batched;
	if (a->counts) {
		if (a->who.has_first)
			memcpy(op->seen[op->seen_n++], a->who.first, READER_SEEN_BYTES);
		reader_seen_pack(a->facts.cal.day, a->facts.art48, op->seen[op->seen_n++]);
	}
	if (v->held >= v->max_requests) {
		if (op->seen_n)
			spool_put(&v->spool, op);
		answer_open(a, REASON_overload);
		return;
	}
	submit(a);
}

static void ask_page(struct view_ask *a)
{
	bool ours = read_cookie(a);
	a->bot = robots_is_verified(a->app->robots, a->claim, a->address);
	a->facts = (struct decide_facts){.site = a->site->id,
		.now = a->now,
		.section = a->section,
		.bot = a->bot,
		.counted = a->counts,
		.consent = a->consent};
	if (!snapshot_day(a->snap, a->site->id, a->now, &a->facts.cal)) {
		answer_open(a, REASON_store_down);
		return;
	}
	a->facts.art48 = article_hash(a->site, a->article);
	if (a->bot || a->consent == CONSENT_NONE) {
		a->set = a->cookie.n && a->consent == CONSENT_NONE ? COOKIE_DROP : COOKIE_KEEP;
		memset(&a->reader, 0, sizeof a->reader);
		decide_now(a);
	} else if (ours) {
		known_reader(a);
	} else {
		new_reader(a);
	}
}

static void ask_event(struct view_ask *a)
{
	const struct campaign *c;
	struct snapshot *hold;
	a->err = app_view_open_token(a->app, a->token, &a->ticket, &c, &hold);
	if (a->err == OK) {
		snapshot_unref(hold);
		if (!a->ticket.has_reader || a->ticket.site != a->site->id ||
			utc_s(a->now) - utc_s(a->ticket.at) > TOKEN_AGE_S)
			a->err = ERR_BAD_TOKEN;
	}
	if (a->err != OK) {
		answer(a);
		return;
	}
	metric_add(METRIC_EVENTS, a->event, 1);
	mark_op(a, a->event, -1, &a->ticket);
	if (a->app->held >= a->app->max_requests) {
		a->err = ERR_OVERLOAD;
		answer(a);
	} else if (a->op.has_mark || a->op.has_event) {
		submit(a);
	} else {
		answer(a);
	}
}

void app_view_ask(struct app_view *v, struct view_ask *a)
{
	a->app = v;
	a->err = OK;
	a->site = NULL;
	a->set = COOKIE_KEEP;
	a->cookie_text[0] = a->token_text[0] = a->article_text[0] = a->section_text[0] = '\0';
	a->is_answered = a->in_batch = a->marking = false;
	a->races = 0;
	memset(&a->op, 0, sizeof a->op);
	a->snap = v->snap ? snapshot_ref(v->snap) : NULL;
	if (!a->snap) {
		a->err = ERR_STORE_DOWN;
		answer_open(a, REASON_store_down);
		return;
	}
	a->site = snapshot_site(a->snap, a->host);
	if (!a->site) {
		a->err = ERR_UNKNOWN_SITE;
		answer_open(a, REASON_unknown_site);
	} else if (a->kind == VIEW_EVENT) {
		ask_event(a);
	} else if (a->article.n == 0) {
		a->err = ERR_FIELD_MISSING;
		answer_open(a, REASON_bad_request);
	} else {
		ask_page(a);
	}
}
