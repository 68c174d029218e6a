/* store/batch_own.h: what batch.c (the batches) and batch_link.c (the connection under them) share.
 * Not for others. Floor 2. */
#ifndef STORE_BATCH_OWN_H
#define STORE_BATCH_OWN_H

#include "store/batch_wire.h"
#include "store/hosts.h"

enum batch_state { DOWN, CONNECTING, PREPARING, IDLE, FLYING, ASKING };

struct batch_queue {
	struct batch_op *first, **last;
	size_t n;
};

struct batch {
	struct hosts *hosts;
	bool prepared;
	PGconn *conn;
	enum batch_state state;
	unsigned want, generation;
	mono_t since, retry_at, last_ok, careful_until, busy_at;
	struct batch_queue queue, busy; /* busy: their rows were locked; again at busy_at */
	struct batch_op *fly[BATCH_OPS_MAX];
	struct batch_group group[BATCH_OPS_MAX];
	size_t fly_n, group_n, limit; /* limit: readers in one batch; halved when a batch is
					 refused, so that one bad reader is found */
	size_t last_n;                /* ops in the newest batch */
	/* committed and being told, while the next one flies */
	struct batch_op *landed[BATCH_OPS_MAX];
	struct batch_group landed_group[BATCH_OPS_MAX];
	struct batch_wire wire;
	PGresult *res;
	char *tally; /* tally_mem while there is one */
	char *tally_mem;
	size_t tally_cap;
	int64_t tally_worker, tally_seq;
	bool tally_flying, tally_apart; /* apart: a batch with it was refused, so it goes alone */
	mono_t tally_at;                /* not before */
	struct fault trouble;
	bool ask_waiting;
	enum stmt ask;
	struct store_args ask_args;
	batch_then *then;
	void *then_arg;
	int64_t epoch;
	uint32_t order;
	struct batch_stats stats;
};

void batch_queue_init(struct batch_queue *q);
struct batch_op *batch_queue_take(struct batch_queue *q); /* NULL when empty */
void batch_finish(struct batch_op *op, enum err e);

/* The connection is gone: everyone who waits is told, and opens the page. */
void batch_down(struct batch *b, mono_t now);
/* Something was handed to libpq: flush, and wait for the answer in this state. */
void batch_sent(struct batch *b, enum batch_state s, mono_t now);

bool batch_tally_is_due(const struct batch *b, mono_t now);
void batch_again(struct batch *b, mono_t now);   /* back from busy to the queue when it is time */
void batch_send(struct batch *b, mono_t now);    /* what waits, as one statement */
/* When nothing flies: what waits, if it is time for it. beat: as in batch_drive. */
void batch_next(struct batch *b, mono_t now, bool beat);
void batch_landed(struct batch *b, mono_t now);  /* committed: send what waits, tell everyone */
void batch_refused(struct batch *b, mono_t now); /* find the reader who is the reason */

#endif
