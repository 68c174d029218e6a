/* tests/unit/web_view_trace_test.c: the steps of a decision as JSON, also when there are too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "web/view_trace.h"

#define STEPS 300

static char mem[65536];
static struct decide_step step[STEPS];

/* The trace behind a member, in an answer of cap bytes that ends with a brace. */
static json_t *written(const struct decide_trace *t, size_t cap)
{
	struct buf b;
	json_t *o = NULL;

	assert_true(cap <= sizeof mem);
	buf_init(&b, mem, cap);
	buf_addc(&b, "{\"act\":\"open\"");
	view_trace_json(&b, t);
	buf_byte(&b, '}');
	assert_int_equal(buf_done(&b), OK);
	assert_int_equal(json_read(buf_str(&b), &o, NULL), OK);
	return o;
}

static void what_a_step_tells(void **state)
{
	struct campaign c = {.slug = STR("support")};
	struct decide_trace t = {2, 2, step};

	(void)state;
	step[0] = (struct decide_step){NULL, REASON_bot, false, INT64_MIN, INT64_MIN, STR("")};
	step[1] = (struct decide_step){&c, REASON_capped, true, 4, 3, STR("a\"b")};
	json_auto_t *o = written(&t, sizeof mem);
	assert_null(json_at(o, "trace.0.campaign"));
	assert_true(str_is(json_text(o, "trace.0.rule"), "bot"));
	assert_true(json_is_false(json_at(o, "trace.0.fired")));
	assert_true(str_is(json_text(o, "trace.1.campaign"), "support"));
	assert_true(str_is(json_text(o, "trace.1.saw"), "a\"b"));
	assert_int_equal(json_integer_value(json_at(o, "trace.1.shown")), 4);
	assert_int_equal(json_integer_value(json_at(o, "trace.1.cap")), 3);
	assert_null(json_at(o, "steps"));
}

/* Steps that were not kept, and steps for which the answer has no room, are counted. */
static void more_steps_than_fit(void **state)
{
	struct campaign c = {.slug = STR("support")};
	struct decide_trace t = {STEPS + 7, STEPS, step};

	(void)state;
	for (size_t i = 0; i < STEPS; i++)
		step[i] = (struct decide_step){&c, REASON_url, true, INT64_MIN, INT64_MIN,
			STR("/a/long/way/to/an/article/<<<<<<<<<<<<<<<<<<<<<<")};
	json_auto_t *all = written(&t, sizeof mem);
	assert_int_equal(json_array_size(json_at(all, "trace")), STEPS);
	assert_int_equal(json_integer_value(json_at(all, "steps")), STEPS + 7);
	for (size_t cap = 100; cap < 1200; cap++) {
		json_auto_t *o = written(&t, cap);
		assert_true(json_array_size(json_at(o, "trace")) < 10);
		assert_int_equal(json_integer_value(json_at(o, "steps")), STEPS + 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_step_tells),
		cmocka_unit_test(more_steps_than_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
