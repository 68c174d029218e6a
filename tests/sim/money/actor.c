/* tests/sim/money/actor.c: donors, the processes of the money role, the clerks, and the mail
 * server. */
#include <stdlib.h>
#include <string.h>

#include "app/again.h"
#include "base/seal.h"
#include "core/ticket.h"
#include "pay/mail.h"
#include "peer.h"

#define MONEYS_MAX  3
#define CLERKS_MAX  2
#define JOBS_MAX    256
#define DONORS_MAX  8
#define POSTS_MAX   128
#define ARENA_BYTES (3u << 20)
#define POLLS_MAX   30

/* One request to the money role. */
struct job {
	enum { JOB_PLEDGE, JOB_STATE, JOB_AGAIN, JOB_HOOK } what;
	struct donor *donor;
	const char *signature, *body;
	sim_fn *answered;
	void *arg;
	int64_t n;
	enum err err;
	struct money_state state;
	bool done;
};

struct donor donors[DONORS_MAX];
int donor_n;
struct posted posts[POSTS_MAX];
int post_n;
static struct proc procs[MONEYS_MAX + CLERKS_MAX];
static int money_n, clerk_n;
static struct job *jobs[JOBS_MAX];
static size_t job_n;
static const volatile int never;

/* --- processes ------------------------------------------------------------------------------- */

static void start_up(void *arg, int64_t n);
static void pick_up(void);

static void take_down(struct proc *p)
{
	p->up = false;
	store_close(p->store);
	p->store = NULL;
	if (!g.calm)
		sim_after(span(100000, 10 * S), start_up, p, 0);
	else
		start_up(p, 0);
}

static void hook_answer(struct job *j, bool ok)
{
	j->answered(j->arg, ok);
}

static void donor_answer(struct job *j);

static void job_over(struct proc *p)
{
	struct job *j = p->job;

	p->job = NULL;
	j->done = !p->crashed;
	if (p->crashed)
		take_down(p);
	if (j->what == JOB_HOOK)
		hook_answer(j, j->done && j->err == OK);
	else
		donor_answer(j);
	pick_up();
}

static void serve(struct proc *p)
{
	struct job *j = p->job;
	struct donor *d = j->donor;
	struct fault f = {0};
	struct money_ask ask = {.host = STR("localhost"),
		.origin = STR("https://localhost"),
		.request_id = STR("sim"),
		.now = {0},
		.arena = &p->arena};

	if (j->what == JOB_HOOK) {
		j->err = app_webhook(
			&p->money, str_c(j->signature), str_c(j->body), clock_utc(), &p->arena, &f);
		return;
	}
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

/* A clerk really looks twice a second; here it sleeps until something is due. */
static void clerk_rounds(struct proc *p)
{
	for (;;) {
		if (app_clerk_round(&p->clerk, &never) > 0) {
			proc_sleep(span(1000, 100000));
			continue;
		}
		int64_t due = check_due() - clock_utc().us;
		due = due < S ? S : due > DAY ? DAY : due;
		p->idle = true;
		proc_sleep(due + span(0, due < MIN ? S : MIN));
		p->idle = false;
	}
}

static void clerk_over(struct proc *p)
{
	take_down(p);
}

static void start_up(void *arg, int64_t n)
{
	struct proc *p = arg;
	struct fault f = {0};
	const struct conf *c = p->is_clerk ? &g.conf_clerk : &g.conf_money;

	(void)n;
	if (p->up)
		return;
	enum err e = store_open(c, p->is_clerk ? "pledged_clerk" : "pledged_money", &p->store, &f);
	ASSERT(e == OK);
	p->up = true;
	if (!p->is_clerk) {
		p->money.store = p->store;
		pick_up();
		return;
	}
	struct pays pays = p->clerk.pays;
	struct arena arena = p->clerk.arena;
	p->clerk = (struct app_clerk){.conf = c, .store = p->store, .pays = pays, .arena = arena};
	arena_reset(&p->clerk.arena);
	p->main = clerk_rounds;
	p->over = clerk_over;
	proc_start(p);
}

static void pick_up(void)
{
	for (int i = 0; i < money_n && job_n > 0; i++) {
		struct proc *p = &procs[i];
		if (!p->up || p->busy)
			continue;
		p->job = jobs[0];
		job_n--;
		memmove(jobs, jobs + 1, job_n * sizeof jobs[0]);
		p->main = serve;
		p->over = job_over;
		proc_start(p);
	}
}

static void add_job(struct job j)
{
	struct job *copy = sim_alloc(sizeof *copy);

	ASSERT(job_n < JOBS_MAX);
	*copy = j;
	jobs[job_n++] = copy;
	pick_up();
}

void actor_poke(void)
{
	for (int i = 0; i < clerk_n; i++)
		proc_poke(&procs[MONEYS_MAX + i]);
}

void actor_hook(const char *signature, const char *body, sim_fn *answered, void *arg, int64_t n)
{
	actor_poke();
	add_job((struct job){.what = JOB_HOOK,
		.signature = signature,
		.body = body,
		.answered = answered,
		.arg = arg,
		.n = n});
}

/* --- donors
 * --------------------------------------------------------------------------------------- */

static void ask(void *arg, int64_t n);
static void poll(void *arg, int64_t n);

static void send(struct donor *d)
{
	d->out++;
	add_job((struct job){.what = JOB_PLEDGE, .donor = d});
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
		add_job((struct job){.what = JOB_STATE, .donor = d});
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
	add_job((struct job){.what = JOB_AGAIN, .donor = d});
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

static void donor_answer(struct job *j)
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

/* --- mail
 * ------------------------------------------------------------------------------------------ */

enum err __wrap_mail_send(const struct conf *c, const struct mail *m, utc_t now, struct fault *f);
enum err __wrap_mail_send(const struct conf *c, const struct mail *m, utc_t now, struct fault *f)
{
	int i = 0;

	(void)c;
	(void)now;
	proc_sleep(span(10000, S));
	if (fault(FAULT_mail_soft))
		return fault_set(f, ERR_TIMEOUT, NULL, "later");
	while (i < post_n && !str_is(m->id, posts[i].id))
		i++;
	if (i == post_n) {
		ASSERT(post_n < POSTS_MAX);
		posts[post_n++] = (struct posted){.id = sim_text("%.*s", STR_FMT(m->id))};
	}
	posts[i].times++;
	say("mail %s to %.*s", posts[i].id, STR_FMT(m->to));
	if (fault(FAULT_mail_lost))
		return fault_set(f, ERR_TIMEOUT, NULL, "no answer");
	return OK;
}

/* --- a history
 * -------------------------------------------------------------------------------------- */

static void step_clock(void *arg, int64_t n)
{
	(void)arg;
	if (!g.calm || n == 0) {
		say("our clock is %lld h off", (long long)(n / H));
		clock_step(n);
	}
}

static void go_away(void *arg, int64_t n)
{
	(void)arg;
	if (g.calm)
		return;
	say("the database is away for %lld s", (long long)(n / S));
	libpq_away(n);
}

void actor_begin(void)
{
	libpq_begin();
	libpq_away(0);
	job_n = 0;
	post_n = 0;
	money_n = 1 + (int)rnd(MONEYS_MAX);
	clerk_n = 1 + (int)rnd(2);
	donor_n = 1 + (int)rnd(3) + (rnd(4) == 0 ? (int)rnd(3) : 0);
	for (int i = 0; i < MONEYS_MAX + CLERKS_MAX; i++) {
		struct proc *p = &procs[i];
		bool used = p->is_clerk ? i < MONEYS_MAX + clerk_n : i < money_n;
		if (used)
			sim_after(span(0, S), start_up, p, 0);
	}
	for (int i = 0; i < donor_n; i++)
		donor_new(i);
	for (int k = 0; k < 2; k++)
		if (fault(FAULT_store_away))
			sim_after(span(0, k ? 10 * H : 30 * MIN), go_away, NULL,
				span(S, k ? H : 5 * MIN));
	for (int k = 0; k < 2; k++) {
		enum sim_fault f = k ? FAULT_clock_back : FAULT_clock_forward;
		if (fault(f)) {
			int64_t at = span(0, 4 * H);
			sim_after(at, step_clock, NULL, k ? -DAY : DAY);
			sim_after(at + span(MIN, 10 * H), step_clock, NULL, 0);
		}
	}
}

void actor_calm(void)
{
	g.calm = true;
	say("calm");
	clock_step(0);
	libpq_away(0);
	actor_poke();
}

void actor_end(void)
{
	for (int i = 0; i < MONEYS_MAX + CLERKS_MAX; i++) {
		proc_drop(&procs[i]);
		store_close(procs[i].store);
		procs[i].store = NULL;
		procs[i].up = false;
		procs[i].job = NULL;
	}
}

void actor_open(void)
{
	for (int i = 0; i < MONEYS_MAX + CLERKS_MAX; i++) {
		struct proc *p = &procs[i];
		struct fault f = {0};
		struct pays pays = {0};
		p->is_clerk = i >= MONEYS_MAX;
		snprintf(p->name, sizeof p->name, "%s%d", p->is_clerk ? "clerk" : "money",
			p->is_clerk ? i - MONEYS_MAX : i);
		const struct conf *c = p->is_clerk ? &g.conf_clerk : &g.conf_money;
		enum err e = arena_init(p->is_clerk ? &p->clerk.arena : &p->arena, ARENA_BYTES);
		if (e == OK)
			e = pays_open(c, &pays, &f);
		if (e != OK) {
			fprintf(stderr, "cannot start: %s %s\n", f.field, f.detail);
			exit(2);
		}
		if (p->is_clerk)
			p->clerk.pays = pays;
		p->money = (struct app_money){.conf = c, .ring = &g.ring, .pays = pays};
	}
}
