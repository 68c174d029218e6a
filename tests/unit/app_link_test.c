/* tests/unit/app_link_test.c: where a request comes from, shortened before anything is stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/link.h"

static void networks(void **state)
{
	static const struct {
		const char *ip, *network;
	} ROWS[] = {
		{"192.0.2.7", "192.0.2.0/24"},
		{"255.255.255.255", "255.255.255.0/24"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:DB8::1", "2001:db8::/64"},
		{"::1", "::/64"},
		{"::ffff:192.0.2.7", "192.0.2.0/24"},
		{"", "0.0.0.0/32"},
		{"unix:", "0.0.0.0/32"},
		{"192.0.2.7.8", "0.0.0.0/32"},
		{"192.0.2.7/8", "0.0.0.0/32"},
		{"fe80::1%eth0", "0.0.0.0/32"},
		{"2001:db8:1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16", "0.0.0.0/32"},
	};
	char network[LINK_NETWORK_BYTES];
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		app_link_network(str_c(ROWS[i].ip), network);
		assert_string_equal(network, ROWS[i].network);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(networks)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
