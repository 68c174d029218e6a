/* tests/sim/money/actor.c: the processes of the money role, the clerks, and the mail server. */
#include <stdlib.h>
#include <string.h>

#include "actor.h"
#include "pay/mail.h"

#define MONEYS_MAX  3
#define CLERKS_MAX  2
#define JOBS_MAX    256
#define POSTS_MAX   128
#define ARENA_BYTES (3u << 20)

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

static void job_over(struct proc *p)
{
	struct job *j = p->job;

	p->job = NULL;
	j->done = !p->crashed;
	if (p->crashed)
		take_down(p);
	if (j->what == JOB_HOOK)
		hook_answer(j, j->done && j->err == OK);
	else if (j->what == JOB_WISH)
		wisher_answer(j);
	else
		donor_answer(j);
	pick_up();
}

static void serve(struct proc *p)
{
	struct job *j = p->job;
	struct fault f = {0};

	if (j->what == JOB_HOOK)
		j->err = app_webhook(&p->money, STR("stripe"), str_c(j->signature), str_c(j->body),
			clock_utc(), &p->arena, &f);
	else if (j->what == JOB_WISH)
		wisher_serve(p, j);
	else
		donor_serve(p, j);
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

void actor_job(struct job j)
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
	actor_job((struct job){.what = JOB_HOOK,
		.signature = signature,
		.body = body,
		.answered = answered,
		.arg = arg,
		.n = n});
}

/* --- mail ------------------------------------------------------------------------------------- */

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

/* --- a history -------------------------------------------------------------------------------- */

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
	for (int i = 0; i < MONEYS_MAX + CLERKS_MAX; i++) {
		struct proc *p = &procs[i];
		bool used = p->is_clerk ? i < MONEYS_MAX + clerk_n : i < money_n;
		if (used)
			sim_after(span(0, S), start_up, p, 0);
	}
	donor_begin();
	wisher_begin();
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
