/* base/metric.c: counting. What a process counts stands in its own memory, and is stored in its
 * slot of the file with each change: nobody else writes there, so a store is enough. */
#include <stddef.h>
#include <string.h>

#include "base/metric_own.h"

struct metric_row metric_rows[METRIC_N] = {
#define X(id, type, name, labels, most, help)                                                      \
	[METRIC_##id] = {METRIC_##type, (name), (labels), (help), (most),                          \
		offsetof(struct metric_words, id) / sizeof(uint64_t), METRIC_W_##type,             \
		.label_n = sizeof(labels) > 1},
#include "base/metric.def"
#undef X
};
uint64_t metric_own[METRIC_WORDS];
bool metric_zeros[METRIC_WORDS];
_Atomic uint64_t *metric_slot;

/* Upper bounds in microseconds, or in things; one more bucket counts what is above the last. */
const int64_t metric_bounds[][METRIC_BOUNDS] = {
	{500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
		5000000, 10000000},
	{100000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000, 300000000,
		900000000, INT64_C(3600000000), INT64_C(10800000000), INT64_C(43200000000),
		INT64_C(86400000000)},
	{1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 700, 1000},
};

/* --- labels --------------------------------------------------------------------------------- */

/* "a,b" has two. */
static size_t labels_of(const char *labels)
{
	size_t n = labels[0] != '\0';

	for (; *labels; labels++)
		n += *labels == ',';
	return n;
}

void metric_label(enum metric m, size_t which, const char *const *names, size_t n)
{
	ASSERT(m < METRIC_N && n > 0);
	struct metric_row *r = &metric_rows[m];
	r->label_n = labels_of(r->labels);
	ASSERT(which < r->label_n && r->label_n <= METRIC_LABELS_MAX);
	r->value[which] = names;
	r->n[which] = n;
	ASSERT(r->type == METRIC_INFO || metric_series_n(r) <= r->most);
}

size_t metric_series_n(const struct metric_row *r)
{
	size_t n = 1;

	for (size_t i = 0; i < r->label_n; i++)
		n *= r->n[i];
	return n;
}

size_t metric_series(enum metric m, size_t a, size_t b, size_t c)
{
	ASSERT(m < METRIC_N);
	const struct metric_row *r = &metric_rows[m];
	const size_t at[METRIC_LABELS_MAX] = {a, b, c};
	size_t series = 0;

	if (metric_series_n(r) == 0)
		return 0;
	for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
		ASSERT(at[i] < (i < r->label_n ? r->n[i] : 1));
		if (i < r->label_n)
			series = series * r->n[i] + at[i];
	}
	return series;
}

/* --- counting ------------------------------------------------------------------------------- */

static void put(size_t word, uint64_t v)
{
	metric_own[word] = v;
	if (metric_slot)
		atomic_store_explicit(&metric_slot[word], v, memory_order_relaxed);
}

/* The first word of a series; false: no list of its label was named, so there is nobody to print
 * it. */
static bool words_of(enum metric m, size_t series, size_t *ret)
{
	const struct metric_row *r = &metric_rows[m];
	size_t n = metric_series_n(r);

	ASSERT(n == 0 || series < n);
	*ret = r->first + series * r->width;
	return n > 0;
}

void metric_add(enum metric m, size_t series, uint64_t n)
{
	size_t w;

	ASSERT(m < METRIC_N && metric_rows[m].type <= METRIC_SECONDS);
	if (words_of(m, series, &w))
		put(w, metric_own[w] + n);
}

void metric_zero(enum metric m, size_t series)
{
	size_t w;

	ASSERT(m < METRIC_N && metric_rows[m].type <= METRIC_SECONDS);
	if (words_of(m, series, &w))
		metric_zeros[w] = true;
}

void metric_set(enum metric m, size_t series, int64_t v)
{
	size_t w;

	ASSERT(m < METRIC_N && METRIC_IS_GAUGE(metric_rows[m].type));
	if (!words_of(m, series, &w))
		return;
	bool timed = metric_rows[m].type == METRIC_NEWEST;
	put(w, (uint64_t)v);
	put(w + 1, timed ? (uint64_t)clock_mono().us : 1);
}

static void observe(enum metric m, size_t series, int64_t v)
{
	const int64_t *bound = metric_bounds[metric_rows[m].type - METRIC_TIMES];
	size_t w, i = 0;

	if (!words_of(m, series, &w))
		return;
	if (v < 0)
		v = 0;
	while (i < METRIC_BOUNDS && v > bound[i])
		i++;
	put(w + i, metric_own[w + i] + 1);
	w += METRIC_BOUNDS + 1;
	put(w, metric_own[w] + (uint64_t)v);
}

void metric_observe(enum metric m, size_t series, dur_t d)
{
	ASSERT(m < METRIC_N &&
		(metric_rows[m].type == METRIC_TIMES || metric_rows[m].type == METRIC_LAGS));
	observe(m, series, d.us);
}

void metric_observe_n(enum metric m, size_t series, size_t n)
{
	ASSERT(m < METRIC_N && metric_rows[m].type == METRIC_SIZES);
	observe(m, series, (int64_t)n);
}

/* --- how old a gauge is --------------------------------------------------------------------- */

int64_t metric_age_ms(enum metric m, mono_t now)
{
	ASSERT(m < METRIC_N && metric_rows[m].type == METRIC_NEWEST);
	size_t w = metric_rows[m].first + 1;
	uint64_t newest = metric_own[w];
	bool alive;

	for (size_t i = 0; i < metric_file_others(); i++) {
		_Atomic uint64_t *slot = metric_file_other(i, &alive);
		uint64_t at = slot ? atomic_load_explicit(&slot[w], memory_order_relaxed) : 0;
		/* of a clock that ran before the machine was started anew, or of nobody */
		if (alive && at > newest && at <= (uint64_t)now.us)
			newest = at;
	}
	return newest == 0 ? INT64_MAX : (now.us - (int64_t)newest) / 1000;
}
