/* tests/unit/app_network_test.c: by which networks pledges are limited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/network.h"

static void arrays(void **state)
{
	static const struct {
		const char *ip, *array;
	} ROWS[] = {
		{"192.0.2.7", "{192.0.2.0/24}"},
		{"::ffff:192.0.2.7", "{192.0.2.0/24}"},
		{"64:ff9b::192.0.2.7", "{192.0.2.0/24}"},
		{"64:ff9b::c000:207", "{192.0.2.0/24}"},
		{"::ffff:0:192.0.2.7", "{192.0.2.0/24}"},
		{"64:ff9b::127.0.0.1", "{64:ff9b::/64,64:ff9b::/56}"},
		{"64:ff9b:1::c000:207", "{64:ff9b:1::/64,64:ff9b:1::/56}"},
		{"2001:db8:1:2ff:3:4:5:6", "{2001:db8:1:2ff::/64,2001:db8:1:200::/56}"},
		{"2001:DB8::1", "{2001:db8::/64,2001:db8::/56}"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
			"{ffff:ffff:ffff:ffff::/64,ffff:ffff:ffff:ff00::/56}"},
		{"127.0.0.1", "{}"},
		{"127.9.9.9", "{}"},
		{"::1", "{}"},
		{"::ffff:127.0.0.1", "{}"},
		{"128.0.0.1", "{128.0.0.0/24}"},
		{"", "{unknown}"},
		{"unix:", "{unknown}"},
		{"192.0.2.7}", "{unknown}"},
		{"192.0.2.7,10.0.0.1", "{unknown}"},
		{"fe80::1%eth0", "{unknown}"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		BUF_ON(b, 160);
		network_array(str_c(ROWS[i].ip), true, &b);
		assert_int_equal(buf_done(&b), OK);
		buf_byte(&b, 0);
		assert_string_equal(b.p, ROWS[i].array);
	}
}

/* A proxy on this host that nobody named: then this host is a network like others. */
static void own_is_not_free(void **state)
{
	static const char *const ROWS[][2] = {{"127.0.0.1", "{127.0.0.0/24}"},
		{"::ffff:127.0.0.1", "{127.0.0.0/24}"}, {"::1", "{::/64,::/56}"},
		{"unix:", "{unknown}"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		BUF_ON(b, 160);
		network_array(str_c(ROWS[i][0]), false, &b);
		assert_int_equal(buf_done(&b), OK);
		buf_byte(&b, 0);
		assert_string_equal(b.p, ROWS[i][1]);
	}
}

static void formats(void **state)
{
	BUF_ON(b, 80);
	BUF_ON(small, 8);
	(void)state;
	assert_int_equal(network_format(STR("192.0.2.7"), 24, 64, &small), ERR_TOO_LONG);
	assert_int_equal(network_format(STR("here"), 24, 64, &b), ERR_FIELD_BAD);
	assert_int_equal(b.n, 0);
	assert_int_equal(network_format(STR("192.0.2.7"), 32, 128, &b), OK);
	buf_byte(&b, 0);
	assert_string_equal(b.p, "192.0.2.7/32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(arrays),
		cmocka_unit_test(own_is_not_free), cmocka_unit_test(formats)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
