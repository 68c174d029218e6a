/* tests/unit/store_batch_link_test.c: when what waits is sent, and when it gathers. There is no
 * server: what is sent comes back at once as ERR_STORE_DOWN. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/batch_own.h"

#define SENT_AT 1000000 /* the batch before */
#define PACE_US 1000

static size_t done_n;
static void on_done(struct batch_op *op)
{
	assert_int_equal(op->err, ERR_STORE_DOWN);
	done_n++;
}

static struct batch *b;
static struct batch_op ops[64];

/* A connection whose newest batch of last_n is back, and n ops that wait. */
static void begin(size_t last_n, size_t n)
{
	struct fault f = {0};
	b = calloc(1, sizeof *b);
	assert_non_null(b);
	assert_int_equal(hosts_open("host=/nowhere", &b->hosts, &f), OK);
	batch_queue_init(&b->queue);
	batch_queue_init(&b->busy);
	b->state = IDLE;
	b->limit = BATCH_OPS_MAX;
	b->since = (mono_t){SENT_AT};
	b->last_n = last_n;
	done_n = 0;
	for (size_t i = 0; i < n; i++) {
		ops[i] = (struct batch_op){.done = on_done};
		ops[i].reader.b[0] = (uint8_t)i;
		batch_add(b, &ops[i]);
	}
	assert_int_equal(b->queue.n, n);
}

static void end(void)
{
	batch_close(b);
}

/* How many of them leave at that moment after the batch before was sent. */
static size_t leave(int64_t after_us, bool beat)
{
	batch_drive(b, 0, (mono_t){SENT_AT + after_us}, beat);
	return done_n;
}

static void a_lone_view_is_sent_at_once(void **state)
{
	(void)state;
	for (size_t last = 0; last < 4; last++) {
		begin(last, 1);
		assert_int_equal(batch_due(b).us, 0);
		assert_int_equal(leave(0, false), 1);
		end();
	}
}

static void under_load_a_few_wait_for_more(void **state)
{
	(void)state;
	begin(4, 3);
	assert_int_equal(batch_due(b).us, SENT_AT + PACE_US);
	assert_int_equal(leave(0, false), 0);
	assert_int_equal(leave(PACE_US - 1, false), 0);
	assert_int_equal(leave(PACE_US, false), 3);
	assert_int_equal(batch_due(b).us, 0);
	end();
}

static void who_is_late_already_does_not_wait(void **state)
{
	(void)state;
	begin(200, 1);
	assert_int_equal(leave(PACE_US + 1, false), 1);
	end();
}

static void enough_are_sent_at_once(void **state)
{
	(void)state;
	begin(100, 24);
	assert_int_equal(batch_due(b).us, 0);
	assert_int_equal(leave(0, false), 24);
	end();
	begin(100, 23);
	assert_int_equal(leave(0, false), 0);
	end();
	assert_int_equal(done_n, 23); /* closing tells them */
}

static void no_more_are_waited_for_than_may_be_sent(void **state)
{
	(void)state;
	begin(100, 5);
	b->limit = 5; /* a batch was refused and is tried in halves */
	assert_int_equal(batch_due(b).us, 0);
	assert_int_equal(leave(0, false), 5);
	end();
}

static void a_beat_or_a_tally_takes_them_along(void **state)
{
	(void)state;
	begin(4, 3);
	assert_int_equal(leave(0, true), 3);
	end();
	begin(4, 3);
	assert_int_equal(batch_tally(b, STR("{}"), 1, 1), OK);
	assert_int_equal(leave(0, false), 3);
	end();
}

static bool was_asked;
static void on_asked(void *arg, enum err e, const struct rows *rows)
{
	(void)arg;
	(void)rows;
	assert_int_equal(e, ERR_STORE_DOWN);
	was_asked = true;
}

static void a_question_does_not_wait(void **state)
{
	(void)state;
	struct store_args a;
	begin(4, 3);
	store_args_init(&a);
	assert_int_equal(batch_query(b, STMT_view_sites, &a, on_asked, NULL), OK);
	leave(0, false);
	assert_true(was_asked);
	end();
}

static void nothing_is_due_while_a_batch_flies_or_nobody_waits(void **state)
{
	(void)state;
	begin(100, 3);
	b->state = FLYING;
	assert_int_equal(batch_due(b).us, 0);
	end();
	begin(100, 0);
	assert_int_equal(batch_due(b).us, 0);
	end();
}

static void a_locked_row_is_tried_again_in_time(void **state)
{
	(void)state;
	begin(4, 3);
	b->busy = b->queue; /* all were locked; as batch_again puts them back */
	b->busy_at = (mono_t){SENT_AT + 10000};
	batch_queue_init(&b->queue);
	assert_int_equal(batch_due(b).us, SENT_AT + 10000);
	assert_int_equal(leave(9999, false), 0);
	assert_int_equal(leave(10000, false), 3);
	end();
}

static enum err told[2];
static size_t told_n;
static void on_told(struct batch_op *op)
{
	assert_true(told_n < ARRAY_N(told));
	told[told_n++] = op->err;
}

/* A batch of one is committed while another reader waits: that one's batch is on its way before the
 * first is told (here it comes back at once), unless it is to gather. */
static void what_waits_is_sent_before_anybody_is_told(void **state)
{
	(void)state;
	for (int gathers = 0; gathers < 2; gathers++) {
		begin(gathers ? 4 : 1, 0);
		struct batch_op flown = {.done = on_told}, waits = {.done = on_told};
		flown.reader.b[0] = 1;
		told_n = 0;
		batch_add(b, &waits);
		b->fly[0] = &flown;
		b->group[0] = (struct batch_group){.id = flown.reader, .n = 1};
		b->fly_n = b->group_n = 1;
		b->state = FLYING;
		b->res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
		assert_non_null(b->res);
		batch_landed(b, (mono_t){SENT_AT});
		assert_int_equal(told_n, gathers ? 1 : 2);
		assert_int_equal(told[0], gathers ? OK : ERR_STORE_DOWN);
		end();
		assert_int_equal(told_n, 2);
		assert_int_equal(told[1], gathers ? ERR_STORE_DOWN : OK);
	}
}

/* A mark beside a wish to be forgotten is not tried again after it. */
static void a_mark_does_not_outlive_what_forgets_it(void **state)
{
	(void)state;
	for (int forgets = 0; forgets < 2; forgets++) {
		begin(1, 0);
		struct batch_op wish = {.done = on_told},
				mark = {.done = on_told, .has_mark = true};
		wish.forget = forgets ? FORGET_EVENTS : FORGET_NOTHING;
		told_n = 0;
		b->fly[0] = &wish;
		b->fly[1] = &mark;
		b->group[0] = (struct batch_group){.n = 2};
		b->fly_n = 2;
		b->group_n = 1;
		b->state = FLYING;
		b->res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
		assert_non_null(b->res);
		batch_landed(b, (mono_t){SENT_AT});
		assert_int_equal(told_n, 2);
		assert_int_equal(told[0], OK);
		assert_int_equal(told[1], forgets ? ERR_TIMEOUT : OK);
		end();
	}
}

/* One row of view_batch: a reader whose row is locked, or who was joined to `other`. */
static PGresult *row_of(const struct batch_op *op, int32_t version, const char other[16])
{
	enum { READER, VERSION, SEEN = 9, COLUMNS = 12 };
	PGresAttDesc at[COLUMNS] = {0};
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	char id[16], number[4], name[] = "c";
	for (size_t i = 0; i < COLUMNS; i++)
		at[i] = (PGresAttDesc){.name = name, .format = 1};
	memcpy(id, op->reader.b, sizeof id);
	for (size_t i = 0; i < sizeof number; i++)
		number[i] = (char)((uint32_t)version >> (24 - 8 * i));
	assert_true(PQsetResultAttrs(res, COLUMNS, at));
	for (int c = 0; c < COLUMNS; c++)
		assert_true(PQsetvalue(res, 0, c, NULL, -1));
	assert_true(PQsetvalue(res, 0, READER, id, sizeof id));
	assert_true(PQsetvalue(res, 0, VERSION, number, sizeof number));
	if (version == BATCH_ROW_MOVED) {
		char copy[16];
		memcpy(copy, other, sizeof copy);
		assert_true(PQsetvalue(res, 0, SEEN, copy, sizeof copy));
	}
	return res;
}

/* Who is to be sent again waits for that while there is a connection, and is told when there is
 * none: when it broke over what was sent meanwhile, and when it breaks later. Nobody is kept, and
 * nobody is told twice. */
static void who_is_to_be_sent_again_is_told_when_the_connection_is_lost(void **state)
{
	static const char OTHER[16] = "the other reader";
	static const int32_t WHY[] = {BATCH_ROW_LOCKED, BATCH_ROW_MOVED};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(WHY) * 2; i++) {
		int32_t why = WHY[i / 2];
		bool breaks_now = i % 2;
		struct batch_op flown = {.done = on_told, .has_mark = true, .version = 7},
				waits = {.done = on_told};
		begin(1, 0);
		flown.reader.b[0] = 1;
		told_n = 0;
		if (breaks_now)
			batch_add(b, &waits);
		b->fly[0] = &flown;
		b->group[0] = (struct batch_group){.id = flown.reader, .n = 1};
		b->fly_n = b->group_n = 1;
		b->state = FLYING;
		b->res = row_of(&flown, why, OTHER);
		batch_landed(b, (mono_t){SENT_AT});
		if (breaks_now) {
			assert_int_equal(told_n, 2);
			assert_int_equal(told[0], ERR_STORE_DOWN);
			assert_int_equal(told[1], ERR_STORE_DOWN);
			assert_false(batch_is_up(b));
		} else {
			bool moved = why == BATCH_ROW_MOVED;
			assert_int_equal(told_n, 0);
			assert_int_equal(b->queue.n, moved);
			assert_int_equal(b->busy.n, !moved);
			assert_int_equal(memcmp(flown.reader.b, OTHER, 16) == 0, moved);
			/* its mark was decided from a state that is not the other's */
			assert_int_equal(flown.version == 7, !moved);
		}
		end();
		assert_int_equal(told_n, breaks_now ? 2 : 1);
		assert_int_equal(told[0], ERR_STORE_DOWN);
		assert_false(flown.marked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lone_view_is_sent_at_once),
		cmocka_unit_test(under_load_a_few_wait_for_more),
		cmocka_unit_test(who_is_late_already_does_not_wait),
		cmocka_unit_test(enough_are_sent_at_once),
		cmocka_unit_test(no_more_are_waited_for_than_may_be_sent),
		cmocka_unit_test(a_beat_or_a_tally_takes_them_along),
		cmocka_unit_test(a_question_does_not_wait),
		cmocka_unit_test(a_locked_row_is_tried_again_in_time),
		cmocka_unit_test(what_waits_is_sent_before_anybody_is_told),
		cmocka_unit_test(a_mark_does_not_outlive_what_forgets_it),
		cmocka_unit_test(
			who_is_to_be_sent_again_is_told_when_the_connection_is_lost),
		cmocka_unit_test(nothing_is_due_while_a_batch_flies_or_nobody_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
