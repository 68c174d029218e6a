/* tests/sim/money/sim.h: what the parts of the simulator share: time, chance, processes.
 * One history: a seed makes everything; the same seed makes the same history, byte for byte. */
#ifndef SIM_H
#define SIM_H

#include <libpq-fe.h>
#include <stdio.h>
#include <ucontext.h>

#include "app/clerk.h"
#include "app/money.h"

#define S   INT64_C(1000000) /* a second in microseconds */
#define MIN (60 * S)
#define H   (60 * MIN)
#define DAY (24 * H)

enum sim_fault {
#define X(name, most, what) FAULT_##name,
#include "fault.def"
#undef X
	FAULT_N
};

struct sim {
	uint64_t seed;
	bool pg, calm, verbose; /* pg: the real database; calm: nothing goes wrong any more */
	const char *broken;     /* how the history failed first, or NULL */
	char why[400];
	const char *only; /* a fault that shall strike, the others not; NULL: all */
	uint64_t faults[FAULT_N], histories, steps; /* of all histories */
	int now[FAULT_N];                           /* of this one */
	struct conf conf_money, conf_clerk;
	struct seal_ring ring;
};
extern struct sim g;

/* --- time and chance (sched.c) ---------------------------------------------------------------- */

void sim_begin(uint64_t seed); /* a new history: clock, chance, queue */
uint32_t rnd(uint32_t n);      /* 0 to n-1 */
int64_t span(int64_t lo, int64_t hi);
bool fault(enum sim_fault f);
int64_t now_us(void);        /* the world's time; ours may be off */
void clock_step(int64_t us); /* how far ours is off */
void sim_random(void *out, size_t n);
char *sim_text(const char *fmt, ...)
	PRINTFLIKE(1, 2); /* lives as long as the history; aborts when there is too much of it */

char *sim_copy(const char *text);
void *sim_alloc(size_t n); /* the same, zeroed */

typedef void sim_fn(void *arg, int64_t n);
void sim_after(int64_t us, sim_fn *fn, void *arg, int64_t n);
bool sim_step(void); /* do what is due next; false: nothing is left */
int64_t sim_next(void);

void say(const char *fmt, ...) PRINTFLIKE(1, 2); /* a line of the trace, with -v */
void broken(const char *what, const char *fmt, ...)
	PRINTFLIKE(2, 3); /* the history is wrong; the first word on it stays */

/* --- processes (sched.c, actor.c) ------------------------------------------------------------- */

struct proc {
	char name[12];
	bool is_clerk, up, busy, idle, crashed, done;
	int64_t nap; /* a wake-up that names another nap is too late */
	ucontext_t ctx;
	char *stack;
	struct arena arena;
	struct app_money money;
	struct app_clerk clerk;
	struct store *store;
	struct job *job;
	PGresult *live[64]; /* answers not given back yet */
	void (*main)(struct proc *p);
	void (*over)(struct proc *p); /* in the loop, after main or a crash */
};
extern struct proc *me; /* who runs, NULL in the loop */
void proc_start(struct proc *p);
void proc_sleep(int64_t us);
NORETURN void proc_crash(void);
void proc_drop(struct proc *p); /* the stack is thrown away, and what stood on it */
void proc_poke(struct proc *p); /* wakes who sleeps between two rounds */
void result_free(PGresult *res);
void libpq_begin(void);
PGconn *libpq_owner(const char *conninfo); /* one that meets no trouble; NULL: not there */
void libpq_away(int64_t us); /* the database is away from now on, for so long; 0: it is back */

/* --- the parts -------------------------------------------------------------------------------- */

void actor_open(void); /* once: processes, settings */
void actor_begin(void);
void actor_calm(void); /* put the clock right, start whoever is down */
void actor_end(void);
void actor_poke(void); /* a clerk has something to do */
void actor_hook(const char *signature, const char *body, sim_fn *answered, void *arg, int64_t n);

/* What one donor did and saw. */
struct donor {
	const char *key, *amount, *cur, *interval, *email, *reader, *cookie;
	int64_t minor;
	const char *token; /* as acknowledged */
	const char *seen;  /* last state told */
	int plan, tries, polls, out, agains;
	bool acknowledged, refused, paid, gone;
};
extern struct donor donors[];
extern int donor_n;

/* What somebody asks beside a pledge. */
struct wisher {
	const char *id, *kind, *pledge, *object, *cur, *reason;
	int64_t amount, until; /* amount 0: all that is left */
	int tries;
	bool told, stored; /* as acknowledged */
};
extern struct wisher wishers[];
extern int wisher_n;

/* Mails as the mail server took them. */
struct posted {
	const char *id;
	int times;
};
extern struct posted posts[];
extern int post_n;

/* books.c, check.c, check_wish.c */
void books_read(void);
void books_look(void);                 /* --pg: as far as who asks for something looks into them */
void check_open(const char *conninfo); /* --pg: a connection of the owner's */
void check_begin(void);                /* --pg: an empty database */
int64_t check_due(void);               /* when a clerk has something to do, by our clock */
bool check_page(const char *url);      /* whether this page was written down */
void check_history(void);
void check_wishes(void);
void check_events(void);           /* check_recon.c */
void check_cursor(int64_t cursor); /* events have been listed up to then */

#endif
