/* app/network.c: addresses to networks. */
#include <arpa/inet.h>
#include <string.h>

#include "app/network.h"

#define LOOPBACK 127 /* nobody translates that */

/* Four or sixteen bytes; 0 when it is no address. */
static size_t read_address(struct str ip, uint8_t out[16])
{
	/* IPv4 behind IPv6: mapped, translated by NAT64, by SIIT */
	static const uint8_t v4[][12] = {
		{[10] = 0xff, [11] = 0xff}, {0x00, 0x64, 0xff, 0x9b}, {[8] = 0xff, [9] = 0xff}};
	char text[INET6_ADDRSTRLEN];
	if (str_copy(ip, text, sizeof text) != OK)
		return 0;
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	if (inet_pton(AF_INET6, text, out) != 1)
		return 0;
	for (size_t i = 0; i < ARRAY_N(v4); i++)
		if (memcmp(out, v4[i], sizeof v4[i]) == 0 && (i == 0 || out[12] != LOOPBACK)) {
			memmove(out, out + sizeof v4[i], 4);
			return 4;
		}
	return 16;
}

enum err network_format(struct str ip, unsigned bits4, unsigned bits6, struct buf *b)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	size_t n = read_address(ip, address);
	unsigned bits = n == 4 ? bits4 : bits6;
	ASSERT(bits % 8 == 0 && (n == 0 || bits / 8 <= n));
	if (n == 0)
		return ERR_FIELD_BAD;
	memset(address + bits / 8, 0, n - bits / 8);
	if (!inet_ntop(n == 4 ? AF_INET : AF_INET6, address, text, sizeof text))
		return ERR_FIELD_BAD;
	buf_addf(b, "%s/%u", text, bits);
	return buf_done(b);
}

bool network_is_own(struct str ip)
{
	static const uint8_t loopback6[16] = {[15] = 1};
	uint8_t address[16];
	size_t n = read_address(ip, address);
	return n == 4 ? address[0] == LOOPBACK : n == 16 && memcmp(address, loopback6, 16) == 0;
}

void network_array(struct str ip, bool own_free, struct buf *b)
{
	uint8_t address[16];
	size_t n = read_address(ip, address);
	buf_byte(b, '{');
	if (n == 0)
		buf_addc(b, "unknown");
	else if (!(own_free && network_is_own(ip)) && network_format(ip, 24, 64, b) == OK &&
		 n == 16) {
		buf_byte(b, ',');
		(void)!network_format(ip, 24, 56, b);
	}
	buf_byte(b, '}');
}
