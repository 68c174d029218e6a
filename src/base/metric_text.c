/* base/metric_text.c: the text that Prometheus reads. */
#include "base/metric_own.h"

static const char *const type_name[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_SECONDS] = "counter",
	[METRIC_SUM] = "gauge",
	[METRIC_MAX] = "gauge",
	[METRIC_MIN] = "gauge",
	[METRIC_NEWEST] = "gauge",
	[METRIC_TIMES] = "histogram",
	[METRIC_LAGS] = "histogram",
	[METRIC_SIZES] = "histogram",
	[METRIC_INFO] = "gauge",
	[METRIC_NAMED] = "counter",
};

/* All processes, once for a whole answer. */
struct all {
	size_t n;
	_Atomic uint64_t *slot[METRIC_FILE_SLOTS];
	bool alive[METRIC_FILE_SLOTS];
};

static void look(struct all *a)
{
	bool alive;

	a->n = 0;
	for (size_t i = 0; i < metric_file_others() && a->n < METRIC_FILE_SLOTS; i++) {
		_Atomic uint64_t *slot = metric_file_other(i, &alive);
		if (!slot)
			continue;
		a->slot[a->n] = slot;
		a->alive[a->n++] = alive;
	}
}

static uint64_t word(const struct all *a, size_t i, size_t w)
{
	return atomic_load_explicit(&a->slot[i][w], memory_order_relaxed);
}

static uint64_t sum(const struct all *a, size_t w)
{
	uint64_t n = metric_own[w];

	for (size_t i = 0; i < a->n; i++)
		n += word(a, i, w);
	return n;
}

/* False: nobody who lives has set it. */
static bool gauge(const struct all *a, enum metric_type type, size_t w, int64_t *ret)
{
	int64_t value = (int64_t)metric_own[w];
	uint64_t set = metric_own[w + 1];

	for (size_t i = 0; i < a->n; i++) {
		uint64_t at = a->alive[i] ? word(a, i, w + 1) : 0;
		int64_t v = (int64_t)word(a, i, w);
		if (at == 0)
			continue;
		bool better = set == 0 || (type == METRIC_MAX && v > value) ||
			      (type == METRIC_MIN && v < value) ||
			      (type == METRIC_NEWEST && at > set);
		if (type == METRIC_SUM)
			value = (int64_t)((set ? (uint64_t)value : 0) + (uint64_t)v);
		else if (better)
			value = v;
		if (better)
			set = at;
	}
	*ret = set ? value : 0;
	return set != 0;
}

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

/* {a="x",b="y"}, and le when it is given; nothing when there is no label. */
static void labels(struct buf *b, const struct metric_row *r, size_t series, const char *le)
{
	size_t at[METRIC_LABELS_MAX] = {0};
	struct str rest = str_c(r->labels), name;
	char mark = '{';

	for (size_t i = r->label_n; i-- > 0;) {
		at[i] = series % r->n[i];
		series /= r->n[i];
	}
	for (size_t i = 0; i < r->label_n && str_cut(&rest, ',', &name); i++) {
		buf_byte(b, mark);
		buf_add(b, name);
		buf_addc(b, "=\"");
		escaped(b, r->value[i][at[i]], true);
		buf_byte(b, '"');
		mark = ',';
	}
	if (le)
		buf_addf(b, "%cle=\"%s\"", mark, le);
	if (le || mark == ',')
		buf_byte(b, '}');
}

static void sample(
	struct buf *b, const struct metric_row *r, size_t series, const char *tail, const char *le)
{
	buf_addf(b, "%s%s", r->name, tail);
	labels(b, r, series, le);
	buf_byte(b, ' ');
}

static void add_count(struct buf *b, uint64_t n)
{
	buf_addf(b, "%llu\n", (unsigned long long)n);
}

/* Seconds with as many decimals as they have. */
static void add_us(struct buf *b, uint64_t us, const char *end)
{
	unsigned part = (unsigned)(us % 1000000), digits = 6;

	buf_addf(b, "%llu", (unsigned long long)(us / 1000000));
	for (; part > 0 && part % 10 == 0; part /= 10)
		digits--;
	if (part > 0)
		buf_addf(b, ".%0*u", (int)digits, part);
	buf_addc(b, end);
}

static void histogram(
	struct buf *b, const struct metric_row *r, size_t series, const struct all *a, size_t w)
{
	const int64_t *bound = metric_bounds[r->type - METRIC_TIMES];
	bool times = r->type != METRIC_SIZES;
	uint64_t n = 0;

	for (size_t i = 0; i <= METRIC_BOUNDS; i++) {
		BUF_ON(le, 32);
		if (i == METRIC_BOUNDS)
			buf_addc(&le, "+Inf");
		else if (times)
			add_us(&le, (uint64_t)bound[i], "");
		else
			buf_addf(&le, "%lld", (long long)bound[i]);
		buf_byte(&le, '\0');
		n += sum(a, w + i);
		sample(b, r, series, "_bucket", le.p);
		add_count(b, n);
	}
	sample(b, r, series, "_sum", NULL);
	if (times)
		add_us(b, sum(a, w + METRIC_BOUNDS + 1), "\n");
	else
		add_count(b, sum(a, w + METRIC_BOUNDS + 1));
	sample(b, r, series, "_count", NULL);
	add_count(b, n);
}

static void one(struct buf *b, const struct metric_row *r, size_t series, const struct all *a)
{
	size_t w = r->first + series * r->width;
	int64_t v = 1;
	uint64_t n;

	if (METRIC_IS_HIST(r->type)) {
		histogram(b, r, series, a, w);
	} else if (METRIC_IS_GAUGE(r->type) || r->type == METRIC_INFO) {
		bool set = r->type == METRIC_INFO || gauge(a, r->type, w, &v);
		if (!set && r->type != METRIC_SUM)
			return;
		sample(b, r, series, "", NULL);
		buf_addf(b, "%lld\n", (long long)v);
	} else {
		n = sum(a, w);
		if (n == 0 && r->label_n > 1 && !metric_zeros[w])
			return;
		sample(b, r, series, "", NULL);
		if (r->type == METRIC_SECONDS)
			add_us(b, n, "\n");
		else
			add_count(b, n);
	}
}

static void named_label(struct buf *b, struct str *rest, char mark, struct str value)
{
	struct str name;

	if (!str_cut(rest, ',', &name))
		return;
	buf_byte(b, mark);
	buf_add(b, name);
	buf_addc(b, "=\"");
	buf_add(b, value);
	buf_byte(b, '"');
}

static void named(struct buf *b, const struct metric_row *r, const struct all *a)
{
	metric_named_begin();
	metric_named_sum(r, NULL);
	for (size_t i = 0; i < a->n; i++)
		metric_named_sum(r, a->slot[i]);
	for (size_t i = 0; i < metric_named_n(); i++)
		for (size_t k = 0; k < r->n[METRIC_NAMES]; k++) {
			struct str first, second, rest = str_c(r->labels);
			uint64_t n = metric_named_get(i, k, &first, &second);
			if (n == 0)
				continue;
			buf_addc(b, r->name);
			named_label(b, &rest, '{', first);
			named_label(b, &rest, ',', second);
			named_label(b, &rest, ',', str_c(r->value[METRIC_NAMES][k]));
			buf_addc(b, "} ");
			add_count(b, n);
		}
}

void metric_format(struct buf *b)
{
	static struct all all;

	look(&all);
	for (const struct metric_row *r = metric_rows; r < metric_rows + METRIC_N; r++) {
		buf_addf(b, "# HELP %s ", r->name);
		escaped(b, r->help, false);
		buf_addf(b, "\n# TYPE %s %s\n", r->name, type_name[r->type]);
		if (r->type == METRIC_NAMED)
			named(b, r, &all);
		for (size_t i = 0; i < metric_series_n(r); i++)
			one(b, r, i, &all);
	}
}
