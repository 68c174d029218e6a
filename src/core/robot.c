/* core/robot.c: names, addresses, ranges. */
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "core/robot.h"

#define V4_BITS     96 /* how many lead bits of a mapped address are not the IPv4 address */
#define V4_WIDEST   8
#define V6_WIDEST   16
#define LABEL_BYTES 63

static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};

static const struct {
	const char *name, *suffixes;
} ROBOTS[ROBOT_N] = {
	[ROBOT_NONE] = {"none", ""},
#define X(name, suffixes, who) [ROBOT_##name] = {#name, suffixes},
#include "core/robot.def"
#undef X
};

/* --- names ----------------------------------------------------------------------------------- */

enum robot robot_of(struct str name)
{
	for (enum robot r = ROBOT_NONE + 1; r < ROBOT_N; r++)
		if (str_is(name, ROBOTS[r].name))
			return r;
	return ROBOT_NONE;
}

const char *robot_name(enum robot r)
{
	ASSERT((unsigned)r < ROBOT_N);
	return ROBOTS[r].name;
}

const char *robot_suffixes(enum robot r)
{
	ASSERT((unsigned)r < ROBOT_N);
	return ROBOTS[r].suffixes;
}

static bool is_host(struct str host)
{
	size_t label = 0;
	for (size_t i = 0; i < host.n; i++) {
		label = host.p[i] == '.' ? 0 : label + 1;
		bool starts_empty = label == 0 && (i == 0 || host.p[i - 1] == '.');
		if (label > LABEL_BYTES || starts_empty)
			return false;
	}
	return host.n > 0 && host.n <= ROBOT_HOST_MAX && label > 0 && str_is_word(host, "-_.");
}

bool robot_owns_host(enum robot r, struct str host)
{
	struct str rest = str_c(ROBOTS[r].suffixes), suffix;
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (!is_host(host))
		return false;
	while (str_cut(&rest, ' ', &suffix)) {
		/* the suffix begins with a dot, so what stands before it is whole labels */
		if (host.n > suffix.n &&
			str_eq_nocase((struct str){host.p + host.n - suffix.n, suffix.n}, suffix))
			return true;
	}
	return false;
}

/* --- addresses ------------------------------------------------------------------------------- */

/* Four numbers of 0 to 255 without leading zeros, by hand: each page view of a robot asks. */
static bool parse_v4(struct str s, uint8_t out[4])
{
	size_t at = 0;
	for (size_t i = 0; i < 4; i++) {
		unsigned v = 0;
		size_t from = at;
		while (at < s.n && at - from < 3 && s.p[at] >= '0' && s.p[at] <= '9')
			v = v * 10 + (unsigned)(s.p[at++] - '0');
		if (at == from || v > 255 || (s.p[from] == '0' && at - from > 1))
			return false;
		if (i < 3 && (at == s.n || s.p[at++] != '.'))
			return false;
		out[i] = (uint8_t)v;
	}
	return at == s.n;
}

enum err robot_address_parse(struct str s, struct robot_address *ret)
{
	char text[INET6_ADDRSTRLEN];
	struct robot_address a;
	memcpy(a.b, MAPPED, sizeof MAPPED);
	if (!parse_v4(s, a.b + sizeof MAPPED) &&
		(str_copy(s, text, sizeof text) != OK || inet_pton(AF_INET6, text, a.b) != 1))
		return ERR_FIELD_BAD;
	*ret = a;
	return OK;
}

bool robot_address_is_v4(const struct robot_address *a)
{
	return memcmp(a->b, MAPPED, sizeof MAPPED) == 0;
}

static bool has_prefix(const struct robot_address *a, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, left = bits % 8;
	ASSERT(bits <= 128);
	if (memcmp(a->b, prefix, whole) != 0)
		return false;
	return left == 0 || (a->b[whole] ^ prefix[whole]) >> (8 - left) == 0;
}

bool robot_address_is_public(const struct robot_address *a)
{
	/* RFC 6890 and what came after it; the ranges for documentation count as public, since they
	 * stand for such. */
	static const struct {
		uint8_t prefix[16];
		unsigned bits;
	} V4[] = {{{0}, 8}, {{10}, 8}, {{100, 64}, 10}, {{127}, 8}, {{169, 254}, 16},
		{{172, 16}, 12}, {{192, 168}, 16}, {{224}, 3}},
	  V6[] = {{{0}, 8}, {{0xfc}, 7}, {{0xfe, 0x80}, 9}, {{0xff}, 8}};
	if (robot_address_is_v4(a)) {
		struct robot_address v4 = {0};
		memcpy(v4.b, a->b + sizeof MAPPED, 4);
		for (size_t i = 0; i < ARRAY_N(V4); i++)
			if (has_prefix(&v4, V4[i].prefix, V4[i].bits))
				return false;
		return true;
	}
	for (size_t i = 0; i < ARRAY_N(V6); i++)
		if (has_prefix(a, V6[i].prefix, V6[i].bits))
			return false;
	return true;
}

void robot_address_format(const struct robot_address *a, struct buf *b)
{
	char text[INET6_ADDRSTRLEN];
	bool v4 = robot_address_is_v4(a);
	inet_ntop(v4 ? AF_INET : AF_INET6, a->b + (v4 ? sizeof MAPPED : 0), text, sizeof text);
	buf_addc(b, text);
}

void robot_address_reverse(const struct robot_address *a, struct buf *b)
{
	if (robot_address_is_v4(a)) {
		buf_addf(b, "%d.%d.%d.%d.in-addr.arpa", a->b[15], a->b[14], a->b[13], a->b[12]);
		return;
	}
	for (size_t i = sizeof a->b; i-- > 0;)
		buf_addf(b, "%x.%x.", a->b[i] & 15, a->b[i] >> 4);
	buf_addc(b, "ip6.arpa");
}

/* --- ranges ---------------------------------------------------------------------------------- */

/* Sets first and last from an address and a prefix of 128 bits at most; false when a bit behind the
 * prefix is set. */
static bool span(struct robot_range *range, const struct robot_address *a, unsigned bits)
{
	ASSERT(bits <= 128);
	range->first = range->last = *a;
	for (unsigned i = bits; i < 128; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);
		if (range->first.b[i / 8] & bit)
			return false;
		range->last.b[i / 8] |= bit;
	}
	return true;
}

enum err robot_range_parse(struct str s, enum robot r, struct robot_range *ret)
{
	struct str rest = s, address = STR("");
	struct robot_address a;
	struct robot_range range = {.robot = r};
	str_cut(&rest, '/', &address);
	if (robot_address_parse(address, &a) != OK)
		return ERR_FIELD_BAD;
	bool has_bits = address.n < s.n, dotted = !memchr(address.p, ':', address.n);
	uint64_t bits = dotted ? 32 : 128;
	if (has_bits && (rest.n > 3 || str_u64(rest, bits, &bits) != OK))
		return ERR_FIELD_BAD;
	bool v4 = robot_address_is_v4(&a);
	bits += dotted ? V4_BITS : 0;
	if (!span(&range, &a, (unsigned)bits))
		return ERR_FIELD_BAD;
	/* ::/16 would hold the whole of IPv4 as it stands here */
	bool all_v4 = memcmp(range.first.b, MAPPED, sizeof MAPPED) <= 0 &&
		      memcmp(MAPPED, range.last.b, sizeof MAPPED) <= 0;
	if (bits < (v4 || all_v4 ? V4_BITS + V4_WIDEST : V6_WIDEST))
		return ERR_RANGE;
	ASSERT(memcmp(range.first.b, range.last.b, sizeof range.first.b) <= 0);
	*ret = range;
	return OK;
}

void robot_range_format(const struct robot_range *range, struct buf *b)
{
	unsigned bits = 128, all = robot_address_is_v4(&range->first) ? 32 : 128;
	while (bits > 0 && (range->first.b[(bits - 1) / 8] ^ range->last.b[(bits - 1) / 8]) >>
					   (7 - (bits - 1) % 8) &
				   1)
		bits--;
	robot_address_format(&range->first, b);
	if (bits < 128)
		buf_addf(b, "/%u", bits - (128 - all));
}

int robot_range_order(const void *a, const void *b)
{
	const struct robot_range *x = a, *y = b;
	if (x->robot != y->robot)
		return x->robot < y->robot ? -1 : 1;
	int c = memcmp(x->first.b, y->first.b, sizeof x->first.b);
	return c != 0 ? c : memcmp(y->last.b, x->last.b, sizeof x->last.b);
}

static bool holds(const struct robot_range *range, enum robot r, const struct robot_address *a)
{
	return range->robot == r && memcmp(range->first.b, a->b, sizeof a->b) <= 0 &&
	       memcmp(a->b, range->last.b, sizeof a->b) <= 0;
}

size_t robot_ranges_pack(struct robot_range *list, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !holds(&list[kept - 1], list[i].robot, &list[i].first))
			list[kept++] = list[i];
	ASSERT(kept <= n);
	return kept;
}

static uint64_t half(const struct robot_address *a, size_t from)
{
	uint64_t v;
	memcpy(&v, a->b + from, sizeof v);
	return be64toh(v);
}

/* Does the range begin at or before this address of this robot? */
static bool begins(const struct robot_range *range, enum robot r, uint64_t high, uint64_t low)
{
	uint64_t h = half(&range->first, 0), l = half(&range->first, 8);
	if (range->robot != r)
		return range->robot < r;
	return h < high || (h == high && l <= low);
}

bool robot_ranges_hold(
	const struct robot_range *list, size_t n, enum robot r, const struct robot_address *a)
{
	uint64_t high = half(a, 0), low = half(a, 8);
	const struct robot_range *at = list; /* the last that begins at or before, if any does */
	if (n == 0)
		return false;
	for (; n > 1; n -= n / 2)
		at += begins(&at[n / 2], r, high, low) ? n / 2 : 0;
	return holds(at, r, a);
}
