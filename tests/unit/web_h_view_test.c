/* tests/unit/web_h_view_test.c: the answers of the view role, made from a decision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/h_view.h"

#define HEAD_BYTES 3072 /* of main/view.c */
#define STEPS      100

static char place[513], head[HEAD_BYTES], body[1024];

/* All that may stand in the headers of one answer, each as long as it gets. */
static void the_longest_headers(void **state)
{
	static struct decide_step step[STEPS];
	static struct view_ask ask;
	struct campaign c = {.slug = STR("a-campaign-of-a-rather-long-name-as-editors-like-them")};
	struct decide_trace trace = {STEPS, STEPS, step};
	struct h_view h = {.cookie_max_age_s = 395 * 86400};
	struct request q = {.scheme = STR("https")};
	struct response r = {.status = 200};

	(void)state;
	memset(place, ' ', sizeof place - 1);
	place[0] = '/';
	q.open_at = q.wall_at = str_c(place);
	for (size_t i = 0; i < STEPS; i++)
		step[i] = (struct decide_step){
			&c, REASON_too_few_views, true, INT64_MAX, INT64_MAX, STR("")};
	ask.decision = (struct decision){.act = ACT_PROMPT,
		.reason = REASON_too_few_views,
		.articles = UINT32_MAX,
		.left = UINT32_MAX - 1};
	ask.trace = &trace;
	ask.set = COOKIE_SET;
	memset(ask.cookie_text, 'x', 120); /* of 36 and 58 bytes, signed */
	memset(ask.token_text, 'x', 150);
	buf_init(&r.head, head, sizeof head);
	buf_init(&r.body, body, sizeof body);
	h_view_answer(&h, ROUTE_read, &q, &ask, &r);
	assert_int_equal(buf_done(&r.head), OK);
	assert_non_null(memmem(head, r.head.n, "X-Accel-Redirect: /%20", 22));
	assert_non_null(memmem(head, r.head.n, "Pledged-Trace: ", 15));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_longest_headers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
