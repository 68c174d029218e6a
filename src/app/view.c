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

#define RACES_MAX 5
#define OF_OP(op) ((struct view_ask *)(void *)((char *)(op)-offsetof(struct view_ask, op)))

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
	free(a->trace);
	a->trace = NULL;
	a->released(a);
}

static void count_decision(const struct decision *d)
{
	metric_add(METRIC_DECISIONS, metric_series(METRIC_DECISIONS, d->act, d->reason, 0), 1);
	if (d->act != ACT_OPEN)
		metric_add_named(METRIC_PROMPTS, d->campaign->slug, decide_variant(d),
			d->act == ACT_WALL ? FORMAT_wall : d->campaign->format);
}

/* The answer is known: count it and hand it over. The ask lives on while it is in a batch. */
static void answer(struct view_ask *a)
{
	struct app_view *v = a->app;
	ASSERT(!a->is_answered);
	a->is_answered = true;
	if (a->kind == VIEW_PAGE) {
		if (a->decision.act != ACT_OPEN) {
			view_write_token(a);
			a->goal = live_find(&v->live, a->decision.campaign->id);
		}
		count_decision(&a->decision);
		if (a->site && a->decision.reason != REASON_preview)
			tally_add(&v->tally, a->now, a->facts.cal.day_starts, a->site->id, &a->page,
				&a->decision);
		if (a->site && a->decision.reason != REASON_preview && a->counts)
			view_count_visit(a);
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

/* What is due by this state happens only if its mark is written against this very state. A wall
 * takes its article out of the meters, which count what was read. */
static void mark_decision(struct view_ask *a)
{
	a->marking = true;
	view_copy_page(a);
	view_mark_op(a, a->decision.mark != 0 ? a->decision.mark : MARK_WALLED, a->reader.version,
		&a->ticket);
	/* a wall that was marked in its window before is an event all the same: it was served */
	a->op.has_mark = a->decision.mark != 0;
	if (!a->op.has_mark)
		a->op.version = -1;
	a->op.event.variant = decide_variant(&a->decision);
	if (a->decision.walled)
		reader_seen_pack(a->facts.cal.day, a->facts.topics | PAGE_WALLED, a->facts.art,
			a->op.seen[a->op.seen_n++]);
	submit(a);
}

static void decide_now(struct view_ask *a)
{
	a->facts.reader = &a->reader;
	if (a->trace)
		a->trace->n = 0;
	a->decision = decide(&a->facts, snapshot_campaign_set(a->snap), a->trace);
	if (!a->sampled)
		tally_sample(&a->app->tally, &a->facts, &a->decision);
	a->sampled = true;
	if (a->decision.campaign)
		view_fill_ticket(a);
	if (a->decision.mark != 0 || a->decision.walled)
		mark_decision(a);
	else if (a->decision.act == ACT_PROMPT)
		answer_open(
			a, REASON_first_view); /* no row to mark: rules never lead here, a guard */
	else
		answer(a);
}

/* Consent was taken back: the row is gone, the page opens. */
static void forgotten(struct view_ask *a)
{
	memset(&a->reader, 0, sizeof a->reader);
	decide_now(a);
}

/* Joined to another reader meanwhile (app/link.c): from now on the cookie names that one. */
static bool follow(struct view_ask *a)
{
	if (memcmp(a->who.reader.b, a->op.reader.b, sizeof a->who.reader.b) == 0)
		return false;
	a->who.reader = a->op.reader;
	a->facts.variant_hash = facts_draw(a->site->article_key, &a->who.reader);
	return true;
}

static void counted(struct view_ask *a)
{
	bool changed = follow(a);
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
		a->returned = true;
		changed = true;
	}
	if (changed)
		view_write_cookie(a);
	decide_now(a);
}

static void marked(struct view_ask *a)
{
	if (a->op.marked || !a->op.has_mark) {
		answer(a);
	} else if (++a->races > RACES_MAX || !a->op.state.stored) {
		answer_open(a, REASON_store_down);
	} else {
		metric_add(METRIC_MARK_RACES, 0, 1);
		a->marking = false;
		if (follow(a))
			view_write_cookie(a);
		a->reader = a->op.state;
		decide_now(a);
	}
}

/* The row tells what the reader did elsewhere since the prompt of the token was shown. */
static void still(struct view_ask *a)
{
	const struct campaign *c = snapshot_campaign(a->snap, a->ticket.campaign);
	a->reader = a->op.state;
	a->facts.reader = &a->reader;
	a->decision = decide_open(REASON_consent_none);
	if (a->reader.stored) /* else forgotten meanwhile */
		a->decision.reason = c ? decide_still(&a->facts, snapshot_campaign_set(a->snap), c)
				       : REASON_paused;
	answer(a);
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
	} else if (a->kind == VIEW_STILL && op->err == OK) {
		still(a);
	} else if (a->kind != VIEW_PAGE) {
		a->err = op->err;
		if (op->err != OK)
			a->set = COOKIE_KEEP; /* so that the reader can be forgotten next time */
		answer(a);
	} else if (op->err != OK) {
		if (op->forget != FORGET_NOTHING)
			a->set = COOKIE_KEEP;
		answer_open(a, REASON_store_down);
	} else if (op->forget != FORGET_NOTHING) {
		forgotten(a);
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
		if (a->kind != VIEW_PAGE)
			a->err = ERR_TIMEOUT;
		if (a->op.forget != FORGET_NOTHING)
			a->set = COOKIE_KEEP;
		a->decision = decide_open(REASON_store_down);
		answer(a);
	}
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
	reader_seen_pack(a->facts.cal.day, a->facts.topics, a->facts.art, a->who.first);
	a->reader.id = a->who.reader;
	a->reader.first_at = a->reader.last_at = a->now;
	a->reader.views = 1;
	a->reader.seen = (struct str){(const char *)a->who.first, READER_SEEN_BYTES};
	a->facts.variant_hash = facts_draw(a->site->article_key, &a->reader.id);
	metric_add(METRIC_COOKIE_NEW, 0, 1);
	a->fresh = true;
	view_write_cookie(a);
	decide_now(a);
}

static void known_reader(struct view_ask *a)
{
	struct app_view *v = a->app;
	struct batch_op *op = &a->op;
	a->facts.variant_hash = facts_draw(a->site->article_key, &a->who.reader);
	op->reader = a->who.reader;
	op->site = a->site->id;
	op->at = a->now;
	op->first_at = a->who.has_first ? a->who.first_at : a->now;
	op->version = -1;
	op->done = app_view_batched;
	if (a->counts) {
		if (a->who.has_first)
			memcpy(op->seen[op->seen_n++], a->who.first, READER_SEEN_BYTES);
		reader_seen_pack(
			a->facts.cal.day, a->facts.topics, a->facts.art, op->seen[op->seen_n++]);
	}
	if (v->held >= v->max_requests) {
		if (op->seen_n)
			spool_put(&v->spool, op);
		answer_open(a, REASON_overload);
		return;
	}
	submit(a);
}

/* The row of a reader who no longer consents. */
static void forget(struct view_ask *a, enum batch_forget what)
{
	if (a->app->held >= a->app->max_requests) { /* the cookie stays: next time */
		a->err = a->kind == VIEW_PAGE ? OK : ERR_OVERLOAD;
		answer_open(a, REASON_overload);
		return;
	}
	a->op.reader = a->who.reader;
	a->op.site = a->site->id;
	a->op.first_at = a->op.at = a->now;
	a->op.version = -1;
	a->op.forget = what;
	a->op.done = app_view_batched;
	if (what == FORGET_ALL)
		a->set = COOKIE_DROP;
	submit(a);
}

/* An editor looks at a variant: nothing is read, counted or stored. */
static void preview(struct view_ask *a, const struct ticket_pass *p)
{
	const struct campaign *c = snapshot_campaign(a->snap, p->campaign);
	if (!c || c->site != a->site->id || p->variant >= c->variant_n || p->set >= c->set_n ||
		c->variant[p->variant].control) {
		answer_open(a, REASON_preview);
		return;
	}
	a->decision = decide_open(REASON_preview);
	a->decision.act = c->kind == CAMPAIGN_WALL ? ACT_WALL : ACT_PROMPT;
	a->decision.campaign = c;
	a->decision.variant = p->variant;
	a->decision.set = p->set;
	a->decision.articles = p->articles;
	a->page.country =
		p->country[0] ? str_c(arena_cstr(a->arena, str_c(p->country))) : a->page.country;
	memset(&a->reader, 0, sizeof a->reader);
	view_fill_ticket(a);
	answer(a);
}

static void ask_page(struct view_ask *a)
{
	struct ticket_pass pass;
	bool ours = view_read_cookie(a), passes = view_read_pass(a, &pass);
	a->bot = robots_is_verified(a->app->robots, a->claim, a->address);
	a->page.referrer = page_referrer(a->page.referrer_host,
		snapshot_is_host(a->snap, a->page.referrer_host, a->site->id));
	a->facts = (struct decide_facts){.site = a->site->id,
		.now = a->now,
		.page = a->page,
		.topics = policy_topics(a->policy, &a->page),
		.art = facts_article(a->site->article_key, a->page.url),
		.bot = a->bot,
		.counted = a->counts,
		.consent = a->consent};
	view_read_account(a);
	if (passes && pass.kind == PASS_PREVIEW) {
		preview(a, &pass);
	} else if (!snapshot_day(a->snap, a->site->id, a->now, &a->facts.cal)) {
		answer_open(a, REASON_store_down);
	} else if (a->consent == CONSENT_NONE && ours && !a->bot && !a->foreign) {
		forget(a, FORGET_ALL);
	} else if (a->bot || a->consent == CONSENT_NONE) {
		bool drop = a->cookie.n && a->consent == CONSENT_NONE && !a->foreign;
		a->set = drop ? COOKIE_DROP : COOKIE_KEEP;
		memset(&a->reader, 0, sizeof a->reader);
		decide_now(a);
	} else if (ours) {
		known_reader(a);
	} else {
		new_reader(a);
	}
}

static void ask_consent(struct view_ask *a)
{
	bool ours = view_read_cookie(a);
	if (a->consent == CONSENT_NONE && !ours && a->cookie.n)
		a->set = COOKIE_DROP;
	if (!ours || a->consent == CONSENT_FULL)
		answer(a);
	else
		forget(a, a->consent == CONSENT_NONE ? FORGET_ALL : FORGET_EVENTS);
}

/* Asks the row of who sits there now; nothing is counted or kept. */
static void ask_still(struct view_ask *a)
{
	a->err = view_read_token(a);
	a->facts = (struct decide_facts){.site = a->site->id, .now = a->now, .consent = a->consent};
	if (a->err == OK && !snapshot_day(a->snap, a->site->id, a->now, &a->facts.cal))
		a->err = ERR_STORE_DOWN;
	if (a->err == OK && a->app->held >= a->app->max_requests)
		a->err = ERR_OVERLOAD;
	if (a->err != OK || a->consent == CONSENT_NONE) {
		answer_open(a, REASON_consent_none);
		return;
	}
	if (view_read_cookie(a))
		a->ticket.reader = a->who.reader;
	view_read_account(a);
	view_plain_op(a, &a->ticket);
	submit(a);
}

static void ask_event(struct view_ask *a)
{
	a->err = view_read_token(a);
	if (a->err != OK) {
		answer(a);
		return;
	}
	metric_add(METRIC_EVENTS, metric_series(METRIC_EVENTS, a->event, 0, 0), 1);
	view_mark_op(a, a->event, -1, &a->ticket);
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
	a->country_text[0] = a->device_text[0] = '\0';
	a->is_answered = a->in_batch = a->marking = a->sampled = false;
	a->bot = a->fresh = a->returned = false;
	a->trace = NULL;
	a->policy = NULL;
	a->goal = (struct live_goal){0};
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
		return;
	}
	a->policy = snapshot_policy(a->snap, a->site->id);
	if (a->kind == VIEW_EVENT) {
		ask_event(a);
	} else if (a->kind == VIEW_CONSENT) {
		ask_consent(a);
	} else if (a->kind == VIEW_STILL) {
		ask_still(a);
	} else if (a->page.url.n == 0) {
		a->err = ERR_FIELD_MISSING;
		answer_open(a, REASON_bad_request);
	} else {
		ask_page(a);
	}
}
