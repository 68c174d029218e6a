/* app/view_own.h: what the files view*.c share. Not for others.
 * Floor 3. */
#ifndef APP_VIEW_OWN_H
#define APP_VIEW_OWN_H

#include "app/facts.h"
#include "app/robots.h"
#include "app/tally.h"
#include "app/view.h"
#include "app/visits.h"
#include "store/spool.h"

#define VIEW_BATCHES_MAX (APP_VIEW_BATCHES_MAX - 1)

struct app_view {
	const struct conf *conf;
	const struct seal_ring *ring;
	size_t batch_n, max_requests, waiting, held; /* held: in batches, answered or not */
	struct batch *batch[VIEW_BATCHES_MAX];
	struct batch *asks; /* takes no views: a question that takes long holds up no page */
	struct view_ask *first, *last; /* in batches and not answered, oldest first */
	struct snapshot *snap, *loading;
	bool is_loading, failed_before, told_unfit, told_malformed, told_dropped;
	mono_t load_at, beat_at, tally_at, live_at, gauge_at;
	utc_t load_utc, live_utc;
	size_t gauge_turn;
	struct live live;
	struct seal_ring accounts; /* n 0: nobody is ever signed in */
	struct tally tally;
	struct visits visits; /* handed in with the tally */
	struct robots *robots;
	int64_t worker, tally_seq;
	char *tally_text;
	struct spool spool;
	struct campaign plain; /* what the form offers while no campaign runs */
	struct campaign_amounts plain_set;
};

/* view_ticket.c: who asks, and what is signed for them. */
bool view_read_cookie(struct view_ask *a); /* true when it is ours and of this site */
void view_write_cookie(struct view_ask *a);
void view_write_token(struct view_ask *a);
void view_fill_ticket(struct view_ask *a); /* of the decision */
void view_read_account(struct view_ask *a);
/* The decision that a page brings back: not too old, and a reader's of this site. fails
 * ERR_BAD_TOKEN, ERR_STORE_DOWN */
MUST enum err view_read_token(struct view_ask *a);
bool view_read_pass(struct view_ask *a, struct ticket_pass *ret); /* true when it holds now */
void view_count_visit(const struct view_ask *a);                  /* of a known site */

/* view_op.c: what is asked of the batch. plain: the row is looked at, nothing else. mark: one more
 * mark and event of the decision t, only against that version of the row (-1: any). */
void view_plain_op(struct view_ask *a, const struct ticket_token *t);
void view_mark_op(struct view_ask *a, enum reader_mark_kind kind, int32_t version,
	const struct ticket_token *t);
void view_copy_page(struct view_ask *a); /* for the event; what is too long is left out */

/* view_gauge.c: one question of what the metrics tell of the database, when it is due. */
void view_gauges_load(struct app_view *v, utc_t utc, mono_t now);

void app_view_batched(struct batch_op *op);
void app_view_expire(struct app_view *v, mono_t now);

#endif
