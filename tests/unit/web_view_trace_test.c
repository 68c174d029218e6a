/* tests/unit/web_view_trace_test.c: a trace is cut between two steps, never in one, and
 * keeps what fired. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "web/view_trace.h"

#define STEPS 8

static struct decide_step step[STEPS];
static struct campaign campaign = {.slug = STR("support")};

static struct decide_trace made(size_t n)
{
	for (size_t i = 0; i < STEPS; i++)
		step[i] = (struct decide_step){.campaign = i > 0 ? &campaign : NULL,
			.rule = i > 0 ? REASON_gap : REASON_bot,
			.have = i > 0 ? (int64_t)i : INT64_MIN,
			.need = i > 0 ? 3600 : INT64_MIN,
			.fired = i % 3 == 1,
			.saw = i == 2 ? STR("<a \"word\">") : STR("")};
	return (struct decide_trace){n, STEPS, step};
}

/* The trace as the end of an answer that has room for so many bytes; gives its steps. */
static size_t told(const struct decide_trace *t, size_t room, json_int_t *ret_steps)
{
	static char mem[4096];
	struct buf b;
	struct fault f;
	json_auto_t *o = NULL;

	buf_init(&b, mem, room);
	buf_addc(&b, "{\"act\":\"open\"");
	bool whole = view_trace_json(&b, t);
	buf_byte(&b, '}');
	assert_int_equal(buf_done(&b), OK);
	assert_int_equal(json_read(buf_str(&b), &o, &f), OK);
	*ret_steps = json_integer_value(json_object_get(o, "steps"));
	assert_int_equal(whole, *ret_steps == 0);
	size_t n = json_array_size(json_object_get(o, "trace"));
	for (size_t i = 0; i < n && n < STEPS && n < t->n; i++)
		assert_true(json_is_true(
			json_object_get(json_array_get(json_object_get(o, "trace"), i), "fired")));
	return n;
}

static void all_that_was_kept(void **state)
{
	struct decide_trace t = made(STEPS), more = made(STEPS + 3);
	json_int_t steps;

	(void)state;
	assert_int_equal(told(&t, 4096, &steps), STEPS);
	assert_int_equal(steps, 0);
	assert_int_equal(told(&more, 4096, &steps), STEPS);
	assert_int_equal(steps, STEPS + 3);
}

/* More than an answer holds was a failure of the whole answer. */
static void in_any_room(void **state)
{
	struct decide_trace t = made(STEPS);
	size_t before = 0, rooms = 0;
	json_int_t steps;

	(void)state;
	for (size_t room = 144; room < 1200; room++) {
		size_t n = told(&t, room, &steps);
		assert_true(n >= before && n <= STEPS);
		assert_int_equal(steps, n < STEPS ? STEPS : 0);
		before = n;
		rooms += n == 3;
	}
	assert_int_equal(before, STEPS);
	assert_true(rooms > 100); /* for those that fired, and no more */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_was_kept),
		cmocka_unit_test(in_any_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
