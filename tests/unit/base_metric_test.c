/* Metrics: the text as Prometheus reads it. The counters are of the process, so each test takes
 * others. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
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
#define TYPE_COUNTER                          "counter"
#define TYPE_SECONDS                          "counter"
#define TYPE_SUM                              "gauge"
#define TYPE_MAX                              "gauge"
#define TYPE_MIN                              "gauge"
#define TYPE_NEWEST                           "gauge"
#define TYPE_INFO                             "gauge"
#define TYPE_NAMED                            "counter"
#define TYPE_TIMES                            "histogram"
#define TYPE_LAGS                             "histogram"
#define TYPE_SIZES                            "histogram"
#define X(id, type, name, labels, most, help) {name, TYPE_##type, help},
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
	static const char *const odd[] = {"plain", "w\\e\"i\nrd"};

	(void)state;
	metric_label(METRIC_EVENTS, 0, odd, 2);
	struct str rest = str_c(scrape()), line, value;
	assert_int_equal(rest.p[rest.n - 1], '\n');
	while (str_cut(&rest, '\n', &line)) {
		if (str_starts(line, "# HELP p") || str_starts(line, "# TYPE p"))
			continue;
		assert_true(str_starts(line, "pledged_") || str_starts(line, "process_"));
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
	has("\npledged_mark_races_total 0\n");
	metric_add(METRIC_MARK_RACES, 0, 2);
	metric_add(METRIC_MARK_RACES, 0, UINT64_C(18446744073709551610));
	has("\npledged_mark_races_total 18446744073709551612\n");
	metric_add(METRIC_CPU, 0, 61000000);
	has("\nprocess_cpu_seconds_total 61\n");
	metric_add(METRIC_CPU, 0, 250);
	has("\nprocess_cpu_seconds_total 61.00025\n");
}

/* Without its lists a metric counts nothing; with one label all of it is printed, with more what is
 * not 0, or is asked for as 0. */
static void labels(void **state)
{
	static const char *const act[] = {"open", "prompt"}, *const reason[] = {"a", "b", "c"};
	static const char *const result[] = {"yes", "no"};

	(void)state;
	metric_add(METRIC_DECISIONS, metric_series(METRIC_DECISIONS, 1, 77, 0), 7);
	has_not("pledged_decisions_total{");
	has_not("\npledged_decisions_total ");
	metric_label(METRIC_DECISIONS, 0, act, 2);
	metric_add(METRIC_DECISIONS, metric_series(METRIC_DECISIONS, 1, 2, 0), 7);
	has_not("pledged_decisions_total{");
	metric_label(METRIC_DECISIONS, 1, reason, 3);
	metric_add(METRIC_DECISIONS, metric_series(METRIC_DECISIONS, 1, 2, 0), 3);
	metric_add(METRIC_DECISIONS, metric_series(METRIC_DECISIONS, 0, 1, 0), 1);
	has("# TYPE pledged_decisions_total counter\n"
	    "pledged_decisions_total{act=\"open\",reason=\"b\"} 1\n"
	    "pledged_decisions_total{act=\"prompt\",reason=\"c\"} 3\n#");
	metric_zero(METRIC_DECISIONS, metric_series(METRIC_DECISIONS, 0, 0, 0));
	metric_zero(METRIC_DECISIONS, metric_series(METRIC_DECISIONS, 0, 1, 0));
	has("# TYPE pledged_decisions_total counter\n"
	    "pledged_decisions_total{act=\"open\",reason=\"a\"} 0\n"
	    "pledged_decisions_total{act=\"open\",reason=\"b\"} 1\n"
	    "pledged_decisions_total{act=\"prompt\",reason=\"c\"} 3\n#");
	metric_label(METRIC_ROBOT_CLAIMS, 0, result, 2);
	metric_add(METRIC_ROBOT_CLAIMS, metric_series(METRIC_ROBOT_CLAIMS, 1, 0, 0), 5);
	has("pledged_robot_claims_total{result=\"yes\"} 0\n"
	    "pledged_robot_claims_total{result=\"no\"} 5\n#");
}

/* Names come as they are counted; what finds no room, or is too long, is counted without names. */
static void names(void **state)
{
	static const char *const kind[] = {"line", "wall"};
	static const char LONG[] =
		"a-campaign-of-sixty-five-letters-which-is-one-more-than-there-can-be";
	char name[16];

	(void)state;
	metric_add_named(METRIC_PROMPTS, STR("early"), STR("a"), 0);
	has_not("pledged_prompts_total{");
	metric_label(METRIC_PROMPTS, 2, kind, 2);
	metric_add_named(METRIC_PROMPTS, STR("spring"), STR("a"), 1);
	metric_add_named(METRIC_PROMPTS, STR("spring"), STR("b"), 0);
	metric_add_named(METRIC_PROMPTS, STR("spring"), STR("a"), 1);
	metric_add_named(METRIC_PROMPTS, STR("springa"), STR(""), 1);
	has("\npledged_prompts_total{campaign=\"spring\",variant=\"a\",kind=\"wall\"} 2\n");
	has("\npledged_prompts_total{campaign=\"spring\",variant=\"b\",kind=\"line\"} 1\n");
	has("\npledged_prompts_total{campaign=\"springa\",variant=\"\",kind=\"wall\"} 1\n");
	has_not("campaign=\"\"");
	metric_add_named(METRIC_PROMPTS, STR(LONG), STR("a"), 0);
	has("\npledged_prompts_total{campaign=\"\",variant=\"\",kind=\"line\"} 1\n");
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "c%d", i);
		metric_add_named(METRIC_PROMPTS, str_c(name), STR("v"), 0);
	}
	has("\npledged_prompts_total{campaign=\"c91\",variant=\"v\",kind=\"line\"} 1\n");
	has_not("campaign=\"c92\"");
	has("\npledged_prompts_total{campaign=\"\",variant=\"\",kind=\"line\"} 109\n");
}

/* A sum is there from the start; what somebody has to read first is not. */
static void gauges(void **state)
{
	(void)state;
	has("\npledged_connections 0\n");
	metric_set(METRIC_CONNECTIONS, 0, 5);
	metric_set(METRIC_CONNECTIONS, 0, -2);
	has("\npledged_connections -2\n");
	has_not("\npledged_store_up ");
	metric_set(METRIC_STORE_UP, 0, 0);
	has("\npledged_store_up 0\n");
	has_not("\npledged_inbox_oldest_seconds ");
	assert_true(metric_age_ms(METRIC_INBOX_OLDEST, clock_mono()) == INT64_MAX);
	metric_set(METRIC_INBOX_OLDEST, 0, 12);
	has("\npledged_inbox_oldest_seconds 12\n");
	assert_in_range(metric_age_ms(METRIC_INBOX_OLDEST, clock_mono()), 0, 60000);
}

static void histograms(void **state)
{
	static const int64_t us[] = {
		-5, 0, 500, 501, 1000, 99999, 100000, 100001, 10000000, 10000001, 3599701000};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(us); i++)
		metric_observe(METRIC_BATCH_COMMIT, 0, (dur_t){us[i]});
	has("# TYPE pledged_batch_commit_seconds histogram\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.0005\"} 3\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.001\"} 5\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.0025\"} 5\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.005\"} 5\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.01\"} 5\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.025\"} 5\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.05\"} 5\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.1\"} 7\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.25\"} 8\n"
	    "pledged_batch_commit_seconds_bucket{le=\"0.5\"} 8\n"
	    "pledged_batch_commit_seconds_bucket{le=\"1\"} 8\n"
	    "pledged_batch_commit_seconds_bucket{le=\"2.5\"} 8\n"
	    "pledged_batch_commit_seconds_bucket{le=\"5\"} 8\n"
	    "pledged_batch_commit_seconds_bucket{le=\"10\"} 9\n"
	    "pledged_batch_commit_seconds_bucket{le=\"+Inf\"} 11\n"
	    "pledged_batch_commit_seconds_sum 3620.003002\n"
	    "pledged_batch_commit_seconds_count 11\n");
}

static void sizes_lags_and_labels(void **state)
{
	static const char *const role[] = {"view", "money"};

	(void)state;
	for (size_t n = 0; n <= 1001; n += 7)
		metric_observe_n(METRIC_BATCH_READERS, 0, n); /* 0 7 14 … 1001 */
	has("pledged_batch_readers_bucket{le=\"1\"} 1\n");
	has("pledged_batch_readers_bucket{le=\"10\"} 2\n");
	has("pledged_batch_readers_bucket{le=\"1000\"} 143\n"
	    "pledged_batch_readers_bucket{le=\"+Inf\"} 144\n"
	    "pledged_batch_readers_sum 72072\n"
	    "pledged_batch_readers_count 144\n");
	metric_observe(METRIC_WEBHOOK_LAG, 0, (dur_t){INT64_C(86400000000)});
	has("pledged_webhook_lag_seconds_bucket{le=\"43200\"} 0\n"
	    "pledged_webhook_lag_seconds_bucket{le=\"86400\"} 1\n");
	metric_label(METRIC_DURATION, 0, role, 2);
	metric_observe(METRIC_DURATION, metric_series(METRIC_DURATION, 1, 0, 0), dur_ms(2000));
	has("pledged_request_duration_seconds_bucket{role=\"money\",le=\"1\"} 0\n"
	    "pledged_request_duration_seconds_bucket{role=\"money\",le=\"2.5\"} 1\n");
	has("pledged_request_duration_seconds_sum{role=\"money\"} 2\n"
	    "pledged_request_duration_seconds_count{role=\"money\"} 1\n");
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

static const char *const many[200];

/* Wrong use is a bug of ours and ends the process. */
static void misuse(int which)
{
	static const char *const two[] = {"a", "b"};

	switch (which) {
	case 0: metric_add(METRIC_CONNECTIONS, 0, 1); break;
	case 1: metric_add(METRIC_MARK_RACES, 1, 1); break;
	case 2: metric_set(METRIC_MARK_RACES, 0, 1); break;
	case 3: metric_observe(METRIC_MARK_RACES, 0, dur_ms(1)); break;
	case 4: metric_observe_n(METRIC_DURATION, 0, 1); break;
	case 5: metric_label(METRIC_MARK_RACES, 0, two, 2); break;
	case 6: metric_label(METRIC_ERRORS, 1, two, 2); break;
	case 7: metric_label(METRIC_ERRORS, 0, many, 200); break;
	case 8: metric_add((enum metric)METRIC_N, 0, 1); break;
	case 9:
		metric_label(METRIC_ERRORS, 0, two, 2);
		(void)metric_series(METRIC_ERRORS, 2, 0, 0);
		break;
	case 10: (void)metric_age_ms(METRIC_CONNECTIONS, (mono_t){1}); break;
	}
}

static void misuse_is_a_bug(void **state)
{
	(void)state;
	for (int which = 0; which <= 10; which++) {
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
		cmocka_unit_test(names),
		cmocka_unit_test(gauges),
		cmocka_unit_test(histograms),
		cmocka_unit_test(sizes_lags_and_labels),
		cmocka_unit_test(too_little_room_is_told),
		cmocka_unit_test(misuse_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
