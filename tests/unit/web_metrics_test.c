/* All series at once, with numbers of full length, fit into the answer of /metrics; and every
 * metric's lists are named and fit its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/metric_own.h"
#include "web/metrics.h"

static char body[METRICS_BYTES], head[3072];

/* Each row has names of its own, as long as they can be. */
static void names_of_full_length(void)
{
	static const char digits[] = "0123456789";

	for (const struct metric_row *m = metric_rows; m < metric_rows + METRIC_N; m++)
		for (size_t row = 0; m->type == METRIC_NAMED && row < m->most; row++) {
			char *name = (char *)&metric_own[m->first + row * m->width + 1];
			memset(name, 'x', (size_t)METRIC_NAMES * METRIC_NAME_BYTES);
			name[0] = digits[row / 10];
			name[1] = digits[row % 10];
		}
}

static void everything_fits(void **state)
{
	struct response r = {.status = 200};

	(void)state;
	metrics_labels("v123.456-7890-gabcdefabcdef-dirty", "abcdefabcdef");
	memset(metric_own, 0x81, sizeof metric_own);
	names_of_full_length();
	buf_init(&r.head, head, sizeof head);
	buf_init(&r.body, body, sizeof body);
	metrics_answer(&r);
	assert_int_equal(buf_done(&r.body), OK);
	assert_int_equal(buf_done(&r.head), OK);
	assert_string_equal(r.type, "text/plain; version=0.0.4");
}

static void every_list_is_named(void **state)
{
	(void)state;
	metrics_labels("v1", "c");
	for (const struct metric_row *m = metric_rows; m < metric_rows + METRIC_N; m++) {
		size_t named = m->type == METRIC_NAMED ? METRIC_NAMES : 0;
		if (named ? m->label_n != named + 1 || m->n[named] == 0 : metric_series_n(m) == 0)
			fail_msg("%s has a label without a list", m->name);
		for (size_t i = named; i < m->label_n; i++)
			for (size_t k = 0; k < m->n[i]; k++) {
				const char *word = m->value[i][k];
				if (!word || !word[0])
					fail_msg("%s: value %zu of label %zu has no word", m->name,
						k, i);
				for (size_t o = 0; o < k; o++)
					if (strcmp(word, m->value[i][o]) == 0)
						fail_msg(
							"%s: %s stands there twice", m->name, word);
			}
	}
}

/* What alarms look at the growth of is there before it grows. */
static void first_bursts(void **state)
{
	static const char *const lines[] = {
		"pledged_webhooks_total{provider=\"stripe\",type=\"checkout\",result=\"unkept\"} "
		"0\n",
		"pledged_webhooks_total{provider=\"mollie\",type=\"none\",result=\"kept\"} 0\n",
		"pledged_decisions_total{act=\"open\",reason=\"store_down\"} 0\n",
		"pledged_provider_requests_total{provider=\"stripe\",op=\"fetch\",outcome=\"ok\"} "
		"0\n",
		"pledged_requests_total{role=\"view\",route=\"decide\",code=\"500\"} 0\n",
		"pledged_requests_total{role=\"money\",route=\"pledge\",code=\"503\"} 0\n",
		"pledged_declines_total{provider=\"stripe\"} 0\n",
	};
	struct response r = {.status = 200};

	(void)state;
	metrics_labels("v1", "c");
	memset(metric_own, 0, sizeof metric_own);
	buf_init(&r.head, head, sizeof head);
	buf_init(&r.body, body, sizeof body);
	metrics_answer(&r);
	buf_byte(&r.body, '\0');
	for (size_t i = 0; i < ARRAY_N(lines); i++)
		if (!strstr(body, lines[i]))
			fail_msg("%s is not there", lines[i]);
	assert_null(strstr(body, "role=\"view\",route=\"pledge\""));
}

/* An answer of a kind that nobody thought of counts too. */
static void odd_codes(void **state)
{
	struct request q = {.start = clock_mono()};
	struct response r = {.status = 200};

	(void)state;
	metrics_labels("v1", "c");
	memset(metric_own, 0, sizeof metric_own);
	metrics_request(ROLE_money, ROUTE_pledge, 201, &q);
	metrics_request(ROLE_money, ROUTE_N, 404, &q);
	metrics_request(ROLE_view, ROUTE_decide, 418, &q);
	buf_init(&r.head, head, sizeof head);
	buf_init(&r.body, body, sizeof body);
	metrics_answer(&r);
	buf_byte(&r.body, '\0');
	assert_non_null(strstr(body, "{role=\"money\",route=\"pledge\",code=\"201\"} 1\n"));
	assert_non_null(strstr(body, "{role=\"money\",route=\"none\",code=\"404\"} 1\n"));
	assert_non_null(strstr(body, "{role=\"view\",route=\"decide\",code=\"other\"} 1\n"));
	assert_non_null(strstr(body, "pledged_request_duration_seconds_count{role=\"money\"} 2\n"));
	assert_non_null(strstr(body, "pledged_build_info{version=\"v1\",commit=\"c\"} 1\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_list_is_named),
		cmocka_unit_test(everything_fits),
		cmocka_unit_test(odd_codes),
		cmocka_unit_test(first_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
