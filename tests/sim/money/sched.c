/* tests/sim/money/sched.c: one queue of what is due, processes on stacks of their own, and the
 * clock, the chance and the pauses that the program's code sees. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "sim.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
/* stacks that are thrown away keep what they owned */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0";
}
#endif

#define STACK_BYTES (512 * 1024)
#define QUEUE_MAX   4096
#define TEXT_BYTES  (16u << 20)
#define START_US    (INT64_C(1772366400) * S) /* 2026-03-01T12:00:00Z */

struct sim g;
struct proc *me;

static struct item {
	int64_t at, n;
	uint64_t seq;
	sim_fn *fn;
	void *arg;
} queue[QUEUE_MAX];
static size_t queue_n;
static uint64_t seq, chance[2];
static int64_t now, off;
static int rate[FAULT_N];
static char *text;
static size_t text_n;
static ucontext_t loop;

/* --- chance ----------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t *s)
{
	uint64_t z = (*s += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint32_t rnd(uint32_t n)
{
	return (uint32_t)((mix(&chance[0]) >> 32) * n >> 32);
}

int64_t span(int64_t lo, int64_t hi)
{
	return lo + (int64_t)(mix(&chance[0]) % (uint64_t)(hi - lo + 1));
}

void sim_random(void *out, size_t n)
{
	uint8_t *p = out;

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(mix(&chance[1]) >> 24);
}

static const struct {
	const char *name;
	int most;
} faults[FAULT_N] = {
#define X(name, most, what) {#name, most},
#include "fault.def"
#undef X
};

bool fault(enum sim_fault f)
{
	if (g.calm || rate[f] == 0 || (int)rnd(1000) >= rate[f])
		return false;
	g.faults[f]++;
	g.now[f]++;
	say("! %s", faults[f].name);
	return true;
}

/* --- texts, trace ----------------------------------------------------------------------------- */

char *sim_text(const char *fmt, ...)
{
	va_list ap;
	char *p = text + text_n;

	va_start(ap, fmt);
	int n = vsnprintf(p, TEXT_BYTES - text_n, fmt, ap);
	va_end(ap);
	ASSERT(n >= 0 && (size_t)n < TEXT_BYTES - text_n);
	text_n += (size_t)n + 1;
	return p;
}

char *sim_copy(const char *from)
{
	size_t n = strlen(from) + 1;
	char *p = text + text_n;

	ASSERT(n < TEXT_BYTES - text_n);
	text_n += n;
	return memcpy(p, from, n);
}

void *sim_alloc(size_t n)
{
	text_n = (text_n + 15) & ~(size_t)15;
	ASSERT(n < TEXT_BYTES - text_n);
	void *p = memset(text + text_n, 0, n);
	text_n += n;
	return p;
}

void say(const char *fmt, ...)
{
	va_list ap;

	if (!g.verbose)
		return;
	printf("%12.6f %-8s ", (double)(now - START_US) / 1e6, me ? me->name : "");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void broken(const char *what, const char *fmt, ...)
{
	va_list ap;

	if (g.broken)
		return;
	g.broken = what;
	va_start(ap, fmt);
	vsnprintf(g.why, sizeof g.why, fmt, ap);
	va_end(ap);
	say("BROKEN %s: %s", what, g.why);
}

/* --- the queue -------------------------------------------------------------------------------- */

void sim_begin(uint64_t seed)
{
	if (!text)
		text = malloc(TEXT_BYTES);
	ASSERT(text);
	g.seed = seed;
	g.calm = false;
	g.broken = NULL;
	queue_n = 0;
	seq = 0;
	text_n = 0;
	chance[0] = seed * 2 + 1;
	chance[1] = ~seed;
	now = START_US + (int64_t)(seed % 1000) * DAY / 20;
	off = 0;
	for (int i = 0; i < FAULT_N; i++) {
		/* by its name, so that a new fault leaves the histories without it as they are */
		uint64_t own = seed;
		for (const char *c = faults[i].name; *c; c++)
			own = own * 31 + (uint64_t)*c;
		uint64_t drawn = mix(&own);
		g.now[i] = 0;
		rate[i] = drawn % 2 ? (int)(drawn / 2 % (uint64_t)(faults[i].most + 1)) : 0;
		if (i == FAULT_clock_forward || i == FAULT_clock_back || i == FAULT_store_away)
			rate[i] = faults[i].most;
		if (g.only)
			rate[i] = strcmp(g.only, faults[i].name) == 0 ? faults[i].most : 0;
	}
}

int64_t now_us(void)
{
	return now;
}

void clock_step(int64_t us)
{
	off = us;
}

void sim_after(int64_t us, sim_fn *fn, void *arg, int64_t n)
{
	ASSERT(queue_n < QUEUE_MAX && us >= 0);
	queue[queue_n++] =
		(struct item){.at = now + us, .n = n, .seq = seq++, .fn = fn, .arg = arg};
}

static size_t first(void)
{
	size_t best = 0;

	for (size_t i = 1; i < queue_n; i++)
		if (queue[i].at < queue[best].at ||
			(queue[i].at == queue[best].at && queue[i].seq < queue[best].seq))
			best = i;
	return best;
}

int64_t sim_next(void)
{
	return queue_n ? queue[first()].at : INT64_MAX;
}

bool sim_step(void)
{
	if (queue_n == 0)
		return false;
	size_t i = first();
	struct item it = queue[i];
	queue[i] = queue[--queue_n];
	now = it.at;
	g.steps++;
	it.fn(it.arg, it.n);
	return true;
}

/* --- processes -------------------------------------------------------------------------------- */

static void enter(struct proc *p)
{
	me = p;
#ifdef __SANITIZE_ADDRESS__
	void *fake = NULL;
	__sanitizer_start_switch_fiber(&fake, p->stack, STACK_BYTES);
#endif
	swapcontext(&loop, &p->ctx);
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
	me = NULL;
	if (p->crashed || p->done) {
		proc_drop(p);
		p->over(p);
	}
}

#ifdef __SANITIZE_ADDRESS__
static const void *loop_stack;
static size_t loop_stack_n;
#endif

static void leave(struct proc *p)
{
#ifdef __SANITIZE_ADDRESS__
	void *fake = NULL;
	__sanitizer_start_switch_fiber(
		p->done || p->crashed ? NULL : &fake, loop_stack, loop_stack_n);
#endif
	swapcontext(&p->ctx, &loop);
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(fake, &loop_stack, &loop_stack_n);
#endif
}

static void wake(void *arg, int64_t n)
{
	struct proc *p = arg;

	if (p->nap != n)
		return;
	p->nap++;
	enter(p);
}

static void trampoline(void)
{
	struct proc *p = me;

#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(NULL, &loop_stack, &loop_stack_n);
#endif
	p->main(p);
	p->done = true;
	leave(p);
	abort();
}

void proc_start(struct proc *p)
{
	if (!p->stack)
		p->stack = malloc(STACK_BYTES);
	ASSERT(p->stack && !p->busy);
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region(p->stack, STACK_BYTES);
#endif
	p->busy = true;
	p->crashed = p->done = false;
	getcontext(&p->ctx);
	p->ctx.uc_stack.ss_sp = p->stack;
	p->ctx.uc_stack.ss_size = STACK_BYTES;
	p->ctx.uc_link = NULL;
	makecontext(&p->ctx, trampoline, 0);
	sim_after(0, wake, p, p->nap);
}

void proc_sleep(int64_t us)
{
	ASSERT(me);
	struct proc *p = me;
	sim_after(us, wake, p, p->nap);
	leave(p);
}

void proc_crash(void)
{
	say("dies");
	me->crashed = true;
	leave(me);
	abort();
}

void proc_drop(struct proc *p)
{
	p->nap++; /* whoever would wake it is too late */
	p->busy = p->idle = false;
	for (size_t i = 0; i < ARRAY_N(p->live); i++)
		if (p->live[i]) {
			result_free(p->live[i]);
			p->live[i] = NULL;
		}
	arena_reset(&p->arena);
}

void proc_poke(struct proc *p)
{
	if (p->up && p->busy && p->idle)
		sim_after(span(0, S), wake, p, p->nap);
}

/* --- what the program's code sees ------------------------------------------------------------- */

utc_t __wrap_clock_utc(void);
utc_t __wrap_clock_utc(void)
{
	return (utc_t){now + off};
}

mono_t __wrap_clock_mono(void);
mono_t __wrap_clock_mono(void)
{
	return (mono_t){now};
}

enum err __wrap_seal_random(void *out, size_t n);
enum err __wrap_seal_random(void *out, size_t n)
{
	sim_random(out, n);
	return OK;
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *left);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	(void)left;
	proc_sleep(t->tv_sec * S + t->tv_nsec / 1000);
	return 0;
}

void __wrap_log_emit(struct log_line *l);
void __wrap_log_emit(struct log_line *l)
{
	if (!l->on)
		return;
	l->on = false;
	if (memmem(l->b.p, l->b.n, "moved as it cannot", 18))
		broken("moves", "%.*s", (int)l->b.n, l->b.p);
	say("log %.*s", (int)l->b.n, l->b.p);
}
