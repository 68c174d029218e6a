/* app/network.h: where a request comes from, shortened before anything is kept of it.
 * Floor 3, pure. */
#ifndef APP_NETWORK_H
#define APP_NETWORK_H

#include "base/buf.h"

/* network_format: "192.0.2.0/24", "2001:db8:1:2::/64": the network of an address. IPv4 in
 * IPv6 (mapped, or behind NAT64 or SIIT) is IPv4.
 *   bits4, bits6  whole bytes
 *   fails         ERR_FIELD_BAD (not an address), ERR_TOO_LONG */
MUST enum err network_format(struct str ip, unsigned bits4, unsigned bits6, struct buf *b);

/* network_is_own: the loopback of this host. */
bool network_is_own(struct str ip);

/* network_array: the networks by which pledges are limited, as an array's text for PostgreSQL: /24;
 * or /64 and /56; one for all whose address is not known. own_free: none for this host itself. */
void network_array(struct str ip, bool own_free, struct buf *b);

#endif
