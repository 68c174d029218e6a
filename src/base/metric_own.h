/* base/metric_own.h: what metric.c, metric_text.c and metric_file.c share. Not for others.
 * Floor 0. A process's numbers are words of 64 bits in one array, the same in each process of one
 * build; a gauge has two words (value, and when it was set), a histogram one a bucket and the sum.
 */
#ifndef BASE_METRIC_OWN_H
#define BASE_METRIC_OWN_H

#include <stdatomic.h>

#include "base/metric_file.h"

enum metric_type {
	METRIC_COUNTER,
	METRIC_SECONDS,
	METRIC_SUM,
	METRIC_MAX,
	METRIC_MIN,
	METRIC_NEWEST,
	METRIC_TIMES,
	METRIC_LAGS,
	METRIC_SIZES,
	METRIC_INFO,
	METRIC_NAMED
};

#define METRIC_BOUNDS       14
#define METRIC_NAMES        2  /* a NAMED has: these, and a closed list */
#define METRIC_NAME_BYTES   64 /* a multiple of eight */
#define METRIC_NAME_WORDS   (METRIC_NAMES * METRIC_NAME_BYTES / sizeof(uint64_t))
#define METRIC_NAMED_COUNTS 8  /* words of its list at most */
#define METRIC_NAMED_MOST   96 /* rows of its row's most at most, and names that are shown */
#define METRIC_W_COUNTER    1
#define METRIC_W_SECONDS    1
#define METRIC_W_SUM        2
#define METRIC_W_MAX        2
#define METRIC_W_MIN        2
#define METRIC_W_NEWEST     2
#define METRIC_W_TIMES      (METRIC_BOUNDS + 2)
#define METRIC_W_LAGS       (METRIC_BOUNDS + 2)
#define METRIC_W_SIZES      (METRIC_BOUNDS + 2)
#define METRIC_W_INFO       0
#define METRIC_W_NAMED      (1 + METRIC_NAME_WORDS + METRIC_NAMED_COUNTS)
#define METRIC_IS_GAUGE(ty) ((ty) >= METRIC_SUM && (ty) <= METRIC_NEWEST)
#define METRIC_IS_HIST(ty)  ((ty) >= METRIC_TIMES && (ty) <= METRIC_SIZES)

/* All words: each metric takes its width times its most series. */
struct metric_words {
#define X(id, type, name, labels, most, help) uint64_t id[METRIC_W_##type * (most)];
#include "base/metric.def"
#undef X
};
#define METRIC_WORDS (sizeof(struct metric_words) / sizeof(uint64_t))

struct metric_row {
	enum metric_type type;
	const char *name, *labels, *help;
	size_t most, first, width; /* first: of its words */
	/* named at start */
	size_t label_n, n[METRIC_LABELS_MAX];
	const char *const *value[METRIC_LABELS_MAX];
};
extern struct metric_row metric_rows[METRIC_N];
extern uint64_t metric_own[METRIC_WORDS];            /* of this process */
extern bool metric_zeros[METRIC_WORDS];              /* metric_zero, by the word of the series */
extern _Atomic uint64_t *metric_slot;                /* where it publishes them; NULL: nowhere */
extern const int64_t metric_bounds[][METRIC_BOUNDS]; /* by type less METRIC_TIMES */

size_t metric_series_n(const struct metric_row *r); /* 0 while a list is missing */

/* metric_file.c: the slots of the others, 0 without a file. *ret_alive: whether its process lives.
 */
size_t metric_file_others(void);
_Atomic uint64_t *metric_file_other(size_t i, bool *ret_alive); /* NULL: it is our own */

/* metric_named.c: counts of a dead process that stand in the slot, and our own, come together. */
void metric_named_take_over(const struct metric_row *r, _Atomic uint64_t *slot);
/* The sum over processes: begin, each slot once (NULL: our own), then what there is, [0, n). */
void metric_named_begin(void);
void metric_named_sum(const struct metric_row *r, _Atomic uint64_t *slot);
size_t metric_named_n(void);
uint64_t metric_named_get(size_t i, size_t which, struct str *ret_a, struct str *ret_b);

#endif
