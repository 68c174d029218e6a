/* store/batch.h: group commit. One non-blocking connection; what arrives while a batch is in flight
 * forms the next one. Floor 2. Knows no event loop: the owner watches batch_fd for batch_want and
 * calls batch_drive. Nobody is told OK before the transaction is committed. Any batch may be sent
 * again (sql/functions/view_batch.sql). */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "core/reader.h"
#include "store/pg.h"

#define BATCH_SEEN_MAX 2

/* A prompt event that goes with a mark. Slices must live as long as the op. */
struct batch_event {
	utc_t decided_at, at;
	int64_t decision;
	const char *kind;
	struct str campaign, variant, section, article, country, device;
};

/* What a reader who takes consent back wants gone; it wins over marks and events in the same batch,
 * which end with ERR_TIMEOUT; FORGET_ALL over views too. */
enum batch_forget { FORGET_NOTHING, FORGET_EVENTS, FORGET_ALL };

/* One reader's part of a batch. Owned by the caller, who keeps it until done is called, exactly
 * once. */
struct batch_op {
	/* when this reader was joined to another meanwhile, that one from then on */
	struct uuid reader;
	int16_t site;
	utc_t first_at, at;
	size_t seen_n; /* 0: look without counting */
	uint8_t seen[BATCH_SEEN_MAX][READER_SEEN_BYTES];
	bool has_mark, has_event;
	uint8_t mark[READER_MARK_BYTES];
	int32_t version; /* mark only against this version; -1 = in any case */
	struct batch_event event;
	enum batch_forget forget;
	bool abandoned; /* set by the owner when nobody waits any more: a conditional mark is then
			   not written */
	/* filled before done */
	enum err err; /* OK, or ERR_STORE_DOWN, ERR_STORE_BUSY (locked), ERR_STORE, ERR_TIMEOUT
			 (abandoned, or the reader forgot) */
	struct reader state; /* seen and marks live during done only; stored false = no such row */
	bool marked;         /* the mark is there now */
	void (*done)(struct batch_op *op);
	/* the batch's own */
	struct batch_op *next;
	uint32_t order;
	uint8_t busy; /* how often its row was locked */
};

struct batch;
struct batch_stats {
	uint64_t unfit;     /* connections to a server that is too old */
	uint64_t malformed; /* answers in a form that is not ours: binary and schema differ */
	uint64_t dropped;   /* tallies that PostgreSQL will never take */
};

MUST enum err batch_open(const struct conf *c, struct batch **ret,
	struct fault *f);          /* does not connect yet. fails ERR_CONF, ERR_NO_MEMORY */
void batch_close(struct batch *b); /* ops still held end with ERR_STORE_DOWN; NULL is fine */

enum { BATCH_READ = 1, BATCH_WRITE = 2 };
int batch_fd(const struct batch *b); /* -1 while waiting to connect again */
unsigned batch_want(const struct batch *b);
unsigned batch_generation(const struct batch *b); /* changes when the descriptor may have changed */

/* batch_drive: go as far as is possible without waiting: connect, send, read, call done. Also from
 * a timer (ready 0), at least each 50 ms. beat: send even an empty batch, to learn the epoch and
 * whether the database lives. */
void batch_drive(struct batch *b, unsigned ready, mono_t now, bool beat);

/* batch_due: by when to drive it again though nothing is ready, 0 = no hurry. Under load what waits
 * stays a moment for more, since a batch's commit costs as much for one reader as for many; a lone
 * reader's view is sent at once. Whose row was locked is tried again some ms later. */
mono_t batch_due(const struct batch *b);

void batch_add(struct batch *b,
	struct batch_op *op); /* at once done with ERR_STORE_DOWN while the connection is down */
bool batch_is_up(const struct batch *b);
bool batch_is_idle(const struct batch *b);  /* nothing in flight, nothing waiting */
int64_t batch_epoch(const struct batch *b); /* newest epoch seen, 0 = none */
mono_t batch_last_ok(const struct batch *b);
struct batch_stats batch_stats(const struct batch *b);
const struct fault *batch_trouble(
	const struct batch *b); /* of the newest that is unfit, malformed or dropped */

/* batch_tally: hand in counts, sent with the next batch until committed. JSON text is copied. What
 * PostgreSQL refuses by itself (SQLSTATE class 22 or 23) is dropped: it would be refused for ever.
 *   fails  ERR_STATE while an earlier one is not committed yet; ERR_NO_MEMORY */
MUST enum err batch_tally(struct batch *b, struct str json, int64_t worker, int64_t seq);
bool batch_has_tally(const struct batch *b); /* one that waits or flies: there is no room */

/* batch_query: one plain statement as soon as nothing is in flight; then(arg, OK, rows) or
 * then(arg, error, NULL). rows are freed after it. fails  ERR_STORE_DOWN (not connected), ERR_STATE
 * (one is waiting already) */
typedef void batch_then(void *arg, enum err e, const struct rows *rows);
MUST enum err batch_query(
	struct batch *b, enum stmt stmt, const struct store_args *a, batch_then *then, void *arg);

#endif
