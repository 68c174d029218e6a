/* Metrics: the text as Prometheus reads it. The counters are of the process, so each test takes
 * others. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/metric.h"

static char mem[65536];

static const char *scrape(void)
{
	struct buf b;

	buf_init(&b, mem, sizeof mem);
	metric_format(&b);
	buf_byte(&b, 0);
	assert_int_equal(buf_done(&b), OK);
	return mem;
}

static void has(const char *lines)
{
	if (!strstr(scrape(), lines))
		fail_msg("missing:\n%sin:\n%s", lines, mem);
}

static void has_not(const char *text)
{
	if (strstr(scrape(), text))
		fail_msg("%s should not be there", text);
}

static void every_metric_is_explained(void **state)
{
	static const struct {
		const char *name, *type, *help;
	} rows[] = {
#define TYPE_COUNTER                   "counter"
#define TYPE_GAUGE                     "gauge"
#define TYPE_HISTOGRAM                 "histogram"
#define X(id, type, name, label, help) {name, TYPE_##type, help},
#include "base/metric.def"
#undef X
	};
	char want[500];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		BUF_ON(b, sizeof want);
		buf_addf(&b, "# HELP %s %s\n# TYPE %s %s\n", rows[i].name, rows[i].help,
			rows[i].name, rows[i].type);
		buf_byte(&b, 0);
		has(b.p);
		size_t n = strlen(rows[i].name);
		bool total = n > 6 && strcmp(rows[i].name + n - 6, "_total") == 0;
		assert_int_equal(total, strcmp(rows[i].type, "counter") == 0);
	}
}

/* Every line is a comment or `name[{label="value"}] number`, and the last one ends. */
static void every_line_is_well_formed(void **state)
{
	(void)state;
	metric_label(METRIC_EVENTS, 5, "w\\e\"i\nrd");
	struct str rest = str_c(scrape()), line, value;
	assert_int_equal(rest.p[rest.n - 1], '\n');
	while (str_cut(&rest, '\n', &line)) {
		if (str_starts(line, "# HELP pledged_") || str_starts(line, "# TYPE pledged_"))
			continue;
		assert_true(str_starts(line, "pledged_"));
		value = line;
		while (memchr(value.p, ' ', value.n))
			assert_true(str_cut(&value, ' ', &line));
		assert_true(value.n > 0 && str_is_word(value, ".-"));
	}
	has("pledged_events_total{kind=\"w\\\\e\\\"i\\nrd\"} 0\n");
}

static void counters(void **state)
{
	(void)state;
	has("\npledged_batches_total 0\n");
	metric_add(METRIC_BATCHES, 0, 2);
	metric_add(METRIC_BATCHES, 0, UINT64_C(18446744073709551610));
	has("\npledged_batches_total 18446744073709551612\n");
}

static void labels(void **state)
{
	(void)state;
	has_not("pledged_decisions_total{");
	has_not("\npledged_decisions_total ");
	metric_label(METRIC_DECISIONS, 1, "campaign");
	metric_label(METRIC_DECISIONS, METRIC_LABELS_MAX - 1, "last");
	metric_add(METRIC_DECISIONS, 0, 7);
	metric_add(METRIC_DECISIONS, 1, 3);
	metric_add(METRIC_DECISIONS, METRIC_LABELS_MAX - 1, 1);
	has("# TYPE pledged_decisions_total counter\n"
	    "pledged_decisions_total{reason=\"campaign\"} 3\n"
	    "pledged_decisions_total{reason=\"last\"} 1\n#");
	has_not(" 7\n");
}

static void gauges(void **state)
{
	(void)state;
	has("\npledged_connections 0\n");
	metric_set(METRIC_CONNECTIONS, 5);
	metric_move(METRIC_CONNECTIONS, 3);
	metric_move(METRIC_CONNECTIONS, -10);
	has("\npledged_connections -2\n");
	metric_set(METRIC_CONNECTIONS, 0);
	has("\npledged_connections 0\n");
}

static void histograms(void **state)
{
	static const int64_t us[] = {
		-5, 0, 500, 501, 1000, 99999, 100000, 100001, 10000000, 10000001, 3599701000};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(us); i++)
		metric_observe(METRIC_DURATION, (dur_t){us[i]});
	has("# TYPE pledged_request_duration_seconds histogram\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.0005\"} 3\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.001\"} 5\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.0025\"} 5\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.005\"} 5\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.01\"} 5\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.025\"} 5\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.05\"} 5\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.1\"} 7\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.25\"} 8\n"
	    "pledged_request_duration_seconds_bucket{le=\"0.5\"} 8\n"
	    "pledged_request_duration_seconds_bucket{le=\"1\"} 8\n"
	    "pledged_request_duration_seconds_bucket{le=\"2.5\"} 8\n"
	    "pledged_request_duration_seconds_bucket{le=\"5\"} 8\n"
	    "pledged_request_duration_seconds_bucket{le=\"10\"} 9\n"
	    "pledged_request_duration_seconds_bucket{le=\"+Inf\"} 11\n"
	    "pledged_request_duration_seconds_sum 3620.003002\n"
	    "pledged_request_duration_seconds_count 11\n");
}

static void too_little_room_is_told(void **state)
{
	struct buf b;

	(void)state;
	size_t n = strlen(scrape());
	buf_init(&b, mem, n - 1);
	metric_format(&b);
	assert_int_equal(buf_done(&b), ERR_TOO_LONG);
}

/* Wrong use is a bug of ours and ends the process. */
static void misuse(int which)
{
	switch (which) {
	case 0: metric_add(METRIC_CONNECTIONS, 0, 1); break;
	case 1: metric_add(METRIC_BATCHES, 1, 1); break;
	case 2: metric_add(METRIC_DECISIONS, METRIC_LABELS_MAX, 1); break;
	case 3: metric_set(METRIC_BATCHES, 1); break;
	case 4: metric_move(METRIC_DURATION, 1); break;
	case 5: metric_observe(METRIC_BATCHES, dur_ms(1)); break;
	case 6: metric_label(METRIC_BATCHES, 0, "x"); break;
	case 7: metric_label(METRIC_DECISIONS, METRIC_LABELS_MAX, "x"); break;
	case 8: metric_add((enum metric)METRIC_N, 0, 1); break;
	}
}

static void misuse_is_a_bug(void **state)
{
	(void)state;
	for (int which = 0; which <= 8; which++) {
		int status;
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(STDERR_FILENO);
			signal(SIGABRT, SIG_DFL);
			misuse(which);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_metric_is_explained),
		cmocka_unit_test(every_line_is_well_formed),
		cmocka_unit_test(counters),
		cmocka_unit_test(labels),
		cmocka_unit_test(gauges),
		cmocka_unit_test(histograms),
		cmocka_unit_test(too_little_room_is_told),
		cmocka_unit_test(misuse_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
