/* tests/sim/money/donor.c: donors: what they ask the money role for, what they do on the provider's
 * page, what they are told. */
#include <string.h>

#include "actor.h"
#include "app/again.h"
#include "base/seal.h"
#include "core/ticket.h"
#include "peer.h"

#define DONORS_MAX 8
#define POLLS_MAX  30

struct donor donors[DONORS_MAX];
int donor_n;

void donor_serve(struct proc *p, struct job *j)
{
	struct donor *d = j->donor;
	struct fault f = {0};
	struct money_ask ask = {.host = STR("localhost"),
		.origin = STR("https://localhost"),
		.request_id = STR("sim"),
		.now = {0},
		.arena = &p->arena};

	if (j->what == JOB_STATE) {
		j->err = app_pledge_state(&p->money, str_c(d->token), &p->arena, &j->state, &f);
		if (j->err == OK)
			app_pledge_look(&p->money, str_c(d->token), clock_utc());
	} else if (j->what == JOB_AGAIN) {
		ask.now = clock_utc();
		ask.start = clock_mono();
		j->err = app_again(&p->money, str_c(d->token), &ask, &j->state, &f);
	} else {
		ask.now = clock_utc();
		ask.start = clock_mono();
		ask.cookie = str_c(d->cookie);
		ask.form = (struct pledge_form){.amount = str_c(d->amount),
			.currency = str_c(d->cur),
			.interval = str_c(d->interval),
			.email = str_c(d->email),
			.locale = STR("en"),
			.key = str_c(d->key)};
		j->err = app_pledge(&p->money, &ask, &j->state, &f);
	}
	/* what was answered outlives the request */
	struct str *all[] = {&j->state.token, &j->state.status, &j->state.url};
	for (size_t i = 0; j->err == OK && i < ARRAY_N(all); i++)
		*all[i] = str_c(sim_text("%.*s", STR_FMT(*all[i])));
}

static void ask(void *arg, int64_t n);
static void poll(void *arg, int64_t n);

static void send(struct donor *d)
{
	d->out++;
	actor_job((struct job){.what = JOB_PLEDGE, .donor = d});
}

static void ask(void *arg, int64_t n)
{
	struct donor *d = arg;

	(void)n;
	if (d->acknowledged || d->refused || ++d->tries > 6) {
		d->gone = !d->acknowledged;
		return;
	}
	if (fault(FAULT_ask_dropped)) {
		sim_after(span(S, 20 * S), ask, d, 0);
		return;
	}
	say("%s asks for %s %s %s", d->key, d->amount, d->cur, d->interval);
	send(d);
	if (fault(FAULT_ask_twice))
		send(d);
}

static void poll(void *arg, int64_t n)
{
	struct donor *d = arg;

	(void)n;
	if (d->polls++ < POLLS_MAX)
		actor_job((struct job){.what = JOB_STATE, .donor = d});
}

static void go_to_page(void *arg, int64_t n)
{
	struct donor *d = arg;
	const char *url = (const char *)(uintptr_t)n;

	if (d->paid)
		return;
	d->paid = peer_pay(url, (enum peer_plan)d->plan);
	if (d->plan != PLAN_leave)
		sim_after(span(100000, 10 * S), poll, d, 0);
}

/* A state that was told is never taken back but as the table has it, several steps at once. */
static bool leads(enum pledge_status from, enum pledge_status to)
{
	bool reached[PLEDGE_N] = {false};

	reached[from] = true;
	for (int round = 0; round < PLEDGE_N; round++)
		for (int a = 0; a < PLEDGE_N; a++)
			for (int b = 0; b < PLEDGE_N; b++)
				reached[b] = reached[b] ||
					     (reached[a] && pledge_moves((enum pledge_status)a,
								    (enum pledge_status)b));
	return reached[to];
}

static void hear(struct donor *d, const char *status)
{
	enum pledge_status from, to;

	if (pledge_status_parse(str_c(status), &to) != OK) {
		broken("state", "%s was told %s", d->key, status);
		return;
	}
	if (d->seen && pledge_status_parse(str_c(d->seen), &from) == OK && from != to &&
		!leads(from, to))
		broken("state", "%s was told %s, then %s", d->key, d->seen, status);
	d->seen = status;
}

static void again(void *arg, int64_t n)
{
	struct donor *d = arg;

	(void)n;
	say("%s comes back", d->key);
	actor_job((struct job){.what = JOB_AGAIN, .donor = d});
}

/* Nothing came of it: some try once more. */
static bool may_again(struct donor *d, const char *status)
{
	enum pledge_status s;
	bool over = pledge_status_parse(str_c(status), &s) == OK &&
		    (s == PLEDGE_lapsed || s == PLEDGE_failed || s == PLEDGE_canceled);

	if (!over || d->agains >= 2 || rnd(3) == 0)
		return false;
	d->agains++;
	d->paid = false;
	d->plan = rnd(3) ? PLAN_pay : d->plan;
	return true;
}

void donor_answer(struct job *j)
{
	struct donor *d = j->donor;
	bool heard = j->done && !fault(FAULT_answer_dropped);

	if (j->what == JOB_PLEDGE)
		d->out--;
	if (!heard || err_class(j->err) == ERR_CLASS_SOFT || j->err == ERR_STORE) {
		if (j->what != JOB_PLEDGE)
			sim_after(span(S, 30 * S), poll, d, 0);
		else if (!d->acknowledged)
			sim_after(span(S, 20 * S), ask, d, 0);
		return;
	}
	if (j->err == ERR_PROVIDER_REFUSED && j->what != JOB_STATE) {
		say("%s is told: refused", d->key);
		d->refused = true;
		return;
	}
	if (j->err != OK) {
		broken("answer", "%s got %s", d->key, err_slug(j->err));
		return;
	}
	const char *token = j->state.token.p;
	say("%s is told %s %s", d->key, j->state.status.p, j->state.url.p);
	if (d->acknowledged && strcmp(d->token, token) != 0)
		broken("answer", "one key, two pledges: %s and %s", d->token, token);
	d->acknowledged = true;
	d->token = token;
	hear(d, j->state.status.p);
	if (j->state.url.n && !check_page(j->state.url.p))
		broken("page", "%s is sent to a page that was not written down", d->key);
	peer_told(j->state.url.n ? j->state.url.p : "");
	if (j->state.url.n && !d->paid)
		sim_after(span(2 * S, 2 * MIN), go_to_page, d, (int64_t)(uintptr_t)j->state.url.p);
	else if (may_again(d, j->state.status.p))
		sim_after(span(S, H), again, d, 0);
	else if (d->polls < POLLS_MAX)
		sim_after(span(S, (int64_t)(d->polls + 1) * 20 * S), poll, d, 0);
}

static void donor_new(int i)
{
	static const struct {
		const char *text, *cur;
		int64_t minor;
	} amounts[] = {{"25.00", "EUR", 2500}, {"5", "EUR", 500}, {"1000", "JPY", 1000},
		{"50.00", "USD", 5000}, {"1.230", "KWD", 1230}};
	static const enum peer_plan plans[] = {PLAN_pay, PLAN_pay, PLAN_pay, PLAN_pay, PLAN_leave,
		PLAN_late_paid, PLAN_late_failed, PLAN_odd};
	uint32_t a = rnd(ARRAY_N(amounts));
	uint8_t bytes[TICKET_BYTES_MAX];
	char id[37];

	donors[i] = (struct donor){.key = sim_text("key-%016llx-%d", (unsigned long long)g.seed, i),
		.amount = amounts[a].text,
		.cur = amounts[a].cur,
		.minor = amounts[a].minor,
		.interval = rnd(3) ? "once" : "month",
		.email = rnd(3) ? sim_text("donor%d@mail.example", i) : "",
		.cookie = "",
		.plan = (int)plans[rnd(ARRAY_N(plans))]};
	if (rnd(2)) {
		struct ticket_cookie c = {.site = 1};
		BUF_ON(b, 300);
		sim_random(c.reader.b, sizeof c.reader.b);
		c.reader.b[6] = (uint8_t)(0x40 | (c.reader.b[6] & 0x0f));
		c.reader.b[8] = (uint8_t)(0x80 | (c.reader.b[8] & 0x3f));
		size_t n = ticket_cookie_pack(&c, bytes);
		enum err e = seal_sign(&g.ring, TICKET_COOKIE_PURPOSE, bytes, n, &b);
		ASSERT(e == OK);
		uuid_format(&c.reader, id);
		donors[i].reader = sim_text("%s", id);
		donors[i].cookie = sim_text("%.*s", STR_FMT(buf_str(&b)));
	}
	sim_after(span(0, 20 * MIN), ask, &donors[i], 0);
}

void donor_begin(void)
{
	donor_n = 1 + (int)rnd(3) + (rnd(4) == 0 ? (int)rnd(3) : 0);
	for (int i = 0; i < donor_n; i++)
		donor_new(i);
}
