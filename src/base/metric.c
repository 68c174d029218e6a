/* base/metric.c: counters and their text. */
#include "base/metric.h"

enum type { TYPE_COUNTER, TYPE_GAUGE, TYPE_HISTOGRAM };

struct row {
	enum type type;
	const char *name, *label, *help;
};

static const struct row rows[METRIC_N] = {
#define X(id, type, name, label, help) [METRIC_##id] = {TYPE_##type, (name), (label), (help)},
#include "base/metric.def"
#undef X
};
static const char *const type_name[] = {"counter", "gauge", "histogram"};

/* Upper bounds; one more slot counts what is above the last. */
static const struct {
	int64_t us;
	const char *le;
} bounds[] = {
	{500, "0.0005"},
	{1000, "0.001"},
	{2500, "0.0025"},
	{5000, "0.005"},
	{10000, "0.01"},
	{25000, "0.025"},
	{50000, "0.05"},
	{100000, "0.1"},
	{250000, "0.25"},
	{500000, "0.5"},
	{1000000, "1"},
	{2500000, "2.5"},
	{5000000, "5"},
	{10000000, "10"},
};
#define BOUNDS_N ARRAY_N(bounds)

static struct {
	uint64_t count[METRIC_LABELS_MAX];
	const char *value[METRIC_LABELS_MAX];
	int64_t gauge;
	uint64_t sum_us, bucket[BOUNDS_N + 1];
} cells[METRIC_N];

/* --- counting ------------------------------------------------------------------------------ */

static bool has_label(enum metric m)
{
	return rows[m].label[0] != 0;
}

void metric_label(enum metric m, size_t idx, const char *value)
{
	ASSERT(m < METRIC_N && has_label(m) && idx < METRIC_LABELS_MAX);
	cells[m].value[idx] = value;
}

void metric_add(enum metric m, size_t idx, uint64_t n)
{
	ASSERT(m < METRIC_N && rows[m].type == TYPE_COUNTER);
	ASSERT(idx < (has_label(m) ? METRIC_LABELS_MAX : 1));
	cells[m].count[idx] += n;
}

void metric_set(enum metric m, int64_t v)
{
	ASSERT(m < METRIC_N && rows[m].type == TYPE_GAUGE);
	cells[m].gauge = v;
}

void metric_move(enum metric m, int64_t by)
{
	ASSERT(m < METRIC_N && rows[m].type == TYPE_GAUGE);
	cells[m].gauge += by;
}

void metric_observe(enum metric m, dur_t d)
{
	size_t i = 0;

	ASSERT(m < METRIC_N && rows[m].type == TYPE_HISTOGRAM);
	if (d.us < 0)
		d.us = 0;
	while (i < BOUNDS_N && d.us > bounds[i].us)
		i++;
	cells[m].bucket[i]++;
	cells[m].sum_us += (uint64_t)d.us;
}

/* --- the text ------------------------------------------------------------------------------ */

/* Label values and help texts: the format escapes backslash, quote and newline. */
static void escaped(struct buf *b, const char *text, bool quoted)
{
	for (; *text; text++)
		if (*text == '\n')
			buf_addc(b, "\\n");
		else if (*text == '\\' || (*text == '"' && quoted))
			buf_add(b, (struct str){(char[]){'\\', *text}, 2});
		else
			buf_byte(b, *text);
}

static void counter(struct buf *b, enum metric m)
{
	if (!has_label(m)) {
		buf_addf(b, "%s %llu\n", rows[m].name, (unsigned long long)cells[m].count[0]);
		return;
	}
	for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
		if (!cells[m].value[i])
			continue;
		buf_addf(b, "%s{%s=\"", rows[m].name, rows[m].label);
		escaped(b, cells[m].value[i], true);
		buf_addf(b, "\"} %llu\n", (unsigned long long)cells[m].count[i]);
	}
}

static void histogram(struct buf *b, enum metric m)
{
	const char *name = rows[m].name;
	uint64_t n = 0, us = cells[m].sum_us;

	for (size_t i = 0; i <= BOUNDS_N; i++) {
		n += cells[m].bucket[i];
		buf_addf(b, "%s_bucket{le=\"%s\"} %llu\n", name,
			i < BOUNDS_N ? bounds[i].le : "+Inf", (unsigned long long)n);
	}
	buf_addf(b, "%s_sum %llu.%06u\n", name, (unsigned long long)(us / 1000000),
		(unsigned)(us % 1000000));
	buf_addf(b, "%s_count %llu\n", name, (unsigned long long)n);
}

void metric_format(struct buf *b)
{
	for (enum metric m = 0; m < METRIC_N; m++) {
		buf_addf(b, "# HELP %s ", rows[m].name);
		escaped(b, rows[m].help, false);
		buf_addf(b, "\n# TYPE %s %s\n", rows[m].name, type_name[rows[m].type]);
		switch (rows[m].type) {
		case TYPE_COUNTER: counter(b, m); break;
		case TYPE_GAUGE:
			buf_addf(b, "%s %lld\n", rows[m].name, (long long)cells[m].gauge);
			break;
		case TYPE_HISTOGRAM: histogram(b, m); break;
		}
	}
}
