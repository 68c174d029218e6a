/* core/robot.h: who a robot says it is, and what tells whether that is so: an address in a list, or
 * a host name of its operator. Floor 1: pure. Facts are in robot.def. */
#ifndef CORE_ROBOT_H
#define CORE_ROBOT_H

#include "base/buf.h"

enum robot {
	ROBOT_NONE,
#define X(name, suffixes, who) ROBOT_##name,
#include "core/robot.def"
#undef X
	ROBOT_N
};

#define ROBOT_HOST_MAX 253 /* bytes of a host name (RFC 1035) */
#define ROBOT_TEXT_MAX 49  /* bytes of an address or range as text */

/* Sixteen bytes in network order; IPv4 stands as IPv6 shows it, ::ffff:a.b.c.d. */
struct robot_address {
	uint8_t b[16];
};
/* All addresses from first to last, both included, for one robot. */
struct robot_range {
	struct robot_address first, last;
	enum robot robot;
};

enum robot robot_of(struct str name); /* ROBOT_NONE when there is no such name */
const char *robot_name(enum robot r);
const char *robot_suffixes(enum robot r); /* "" when DNS cannot prove it */

/* robot_owns_host: true when the host name is one of this robot's operator: letters, digits, - and
 * _ in labels of 1 to 63, at least one label before the suffix, a dot at the end allowed. */
bool robot_owns_host(enum robot r, struct str host);

/* fails  ERR_FIELD_BAD. A mapped address (::ffff:1.2.3.4) is the IPv4 address. */
MUST enum err robot_address_parse(struct str s, struct robot_address *ret);
/* True for an address that can be somebody's on the internet: not private, loopback, link-local,
 * multicast or reserved. */
bool robot_address_is_public(const struct robot_address *a);
bool robot_address_is_v4(const struct robot_address *a);
void robot_address_format(const struct robot_address *a, struct buf *b);
/* The name under which DNS keeps an address: 4.3.2.1.in-addr.arpa. Up to 73 bytes. */
void robot_address_reverse(const struct robot_address *a, struct buf *b);

/* robot_range_parse: "192.0.2.0/24", "2001:db8::/32", or one address.
 *   gives  *ret with robot r
 *   fails  ERR_FIELD_BAD (no range, or bits behind the prefix are set), ERR_RANGE (wider than a /8
 * of IPv4 or a /16 of IPv6: it would let in whole continents) */
MUST enum err robot_range_parse(struct str s, enum robot r, struct robot_range *ret);

/* The range as robot_range_parse takes it, one address without a prefix. Up to ROBOT_TEXT_MAX
 * bytes. */
void robot_range_format(const struct robot_range *range, struct buf *b);

/* Order by robot and first address, wider ranges first: what robot_ranges_pack and
 * robot_ranges_hold need. As qsort wants it. */
int robot_range_order(const void *a, const void *b);
/* robot_ranges_pack: leave out of a sorted list what lies in another range of the same robot;
 * returns how many are left. Ranges are prefixes, so they never overlap in part. */
size_t robot_ranges_pack(struct robot_range *list, size_t n);
/* robot_ranges_hold: does the packed list hold this address of this robot? cost O(log n) */
bool robot_ranges_hold(
	const struct robot_range *list, size_t n, enum robot r, const struct robot_address *a);

#endif
