/* base/metric_named.c: series whose names are told while they are counted. A row that has names
 * keeps them, so that others may read it while this process counts. */
#include <string.h>

#include "base/metric_own.h"

enum { W_HASH, W_NAMES, W_COUNTS = W_NAMES + METRIC_NAME_WORDS };

struct names {
	char word[METRIC_NAMES][METRIC_NAME_BYTES];
};

/* Never 0, which is a row that is free. */
static uint64_t hash(const struct names *s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (const char *c = s->word[0]; c < s->word[0] + sizeof s->word; c++)
		h = (h ^ (unsigned char)*c) * UINT64_C(1099511628211);
	return h | 1;
}

static bool take(char *word, struct str name)
{
	if (name.n > METRIC_NAME_BYTES)
		return false;
	memcpy(word, name.p, name.n);
	return true;
}

/* --- rows --------------------------------------------------------------------------------------
 */

static void put(size_t w, uint64_t v, memory_order order)
{
	metric_own[w] = v;
	if (metric_slot)
		atomic_store_explicit(&metric_slot[w], v, order);
}

/* The first row is of those without names; it also takes those that find no room. */
static size_t row_of(const struct metric_row *r, const struct names *s, uint64_t h)
{
	size_t n = s->word[0][0] ? r->most - 1 : 0;

	for (size_t i = 0; i < n; i++) {
		size_t w = r->first + (1 + (h + i) % n) * r->width;
		if (metric_own[w + W_HASH] == h || metric_own[w + W_HASH] == 0)
			return w;
	}
	return r->first;
}

static void add(const struct metric_row *r, const struct names *s, size_t which, uint64_t n)
{
	uint64_t h = hash(s), word[METRIC_NAME_WORDS];
	size_t w = row_of(r, s, h);

	if (metric_own[w + W_HASH] == 0) {
		memset(word, 0, sizeof word);
		if (w != r->first)
			memcpy(word, s, sizeof *s);
		for (size_t i = 0; i < METRIC_NAME_WORDS; i++)
			put(w + W_NAMES + i, word[i], memory_order_relaxed);
		put(w + W_HASH, h, memory_order_release);
	}
	put(w + W_COUNTS + which, metric_own[w + W_COUNTS + which] + n, memory_order_relaxed);
}

void metric_add_named(enum metric m, struct str a, struct str b, size_t which)
{
	ASSERT(m < METRIC_N && metric_rows[m].type == METRIC_NAMED);
	const struct metric_row *r = &metric_rows[m];
	struct names s = {0};

	if (r->n[METRIC_NAMES] == 0)
		return;
	ASSERT(which < r->n[METRIC_NAMES] && r->n[METRIC_NAMES] <= METRIC_NAMED_COUNTS);
	if (!take(s.word[0], a) || !take(s.word[1], b))
		memset(&s, 0, sizeof s);
	add(r, &s, which, 1);
}

/* --- of a slot ---------------------------------------------------------------------------------
 */

static uint64_t load(_Atomic uint64_t *slot, size_t w)
{
	return slot ? atomic_load_explicit(&slot[w], memory_order_acquire) : metric_own[w];
}

/* False: the row is free. */
static bool row_read(_Atomic uint64_t *slot, size_t w, struct names *ret, uint64_t *ret_n)
{
	uint64_t word[METRIC_NAME_WORDS];

	if (load(slot, w + W_HASH) == 0)
		return false;
	for (size_t i = 0; i < METRIC_NAME_WORDS; i++)
		word[i] = load(slot, w + W_NAMES + i);
	memcpy(ret, word, sizeof *ret);
	for (size_t i = 0; i < METRIC_NAMED_COUNTS; i++)
		ret_n[i] = load(slot, w + W_COUNTS + i);
	return true;
}

void metric_named_take_over(const struct metric_row *r, _Atomic uint64_t *slot)
{
	static uint64_t before[METRIC_NAMED_MOST * METRIC_W_NAMED];
	uint64_t *own = &metric_own[r->first];
	size_t n = r->most * r->width;

	ASSERT(!metric_slot && r->most <= METRIC_NAMED_MOST);
	memcpy(before, own, n * sizeof *own);
	for (size_t w = 0; w < n; w++)
		own[w] = load(slot, r->first + w);
	for (uint64_t *b = before; b < before + n; b += r->width) {
		struct names s;
		memcpy(&s, b + W_NAMES, sizeof s);
		for (size_t i = 0; i < METRIC_NAMED_COUNTS && b[W_HASH]; i++)
			if (b[W_COUNTS + i] > 0)
				add(r, &s, i, b[W_COUNTS + i]);
	}
	for (size_t w = n; w-- > 0;)
		if (own[w] != load(slot, r->first + w))
			atomic_store_explicit(&slot[r->first + w], own[w], memory_order_release);
}

/* --- the sum -----------------------------------------------------------------------------------
 */

static struct sum {
	struct names s;
	uint64_t n[METRIC_NAMED_COUNTS];
} sums[METRIC_NAMED_MOST];
static size_t sum_n;

void metric_named_begin(void)
{
	memset(sums, 0, sizeof sums);
	sum_n = 1; /* of those without names */
}

void metric_named_sum(const struct metric_row *r, _Atomic uint64_t *slot)
{
	struct names s;
	uint64_t n[METRIC_NAMED_COUNTS];

	for (size_t row = 0; row < r->most; row++) {
		if (!row_read(slot, r->first + row * r->width, &s, n))
			continue;
		size_t at = 0;
		while (at < sum_n && memcmp(&sums[at].s, &s, sizeof s) != 0)
			at++;
		if (at == METRIC_NAMED_MOST)
			at = 0;
		else if (at == sum_n)
			sums[sum_n++].s = s;
		for (size_t i = 0; i < METRIC_NAMED_COUNTS; i++)
			sums[at].n[i] += n[i];
	}
}

/* The file is not trusted: a name ends where it is no word of ours. */
static struct str name_of(const char *word)
{
	size_t n = 0;

	while (n < METRIC_NAME_BYTES && word[n] != '\0' &&
		strchr("abcdefghijklmnopqrstuvwxyz0123456789-", word[n]))
		n++;
	return (struct str){word, n};
}

uint64_t metric_named_get(size_t i, size_t which, struct str *ret_a, struct str *ret_b)
{
	*ret_a = name_of(sums[i].s.word[0]);
	*ret_b = name_of(sums[i].s.word[1]);
	return sums[i].n[which];
}

size_t metric_named_n(void)
{
	return sum_n;
}
