/* tests/unit/store_hosts_test.c: which server has its turn when, by what libpq was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/hosts.h"

#define REST " dbname=pledged user=nobody connect_timeout=2"

static void unset(void)
{
	static const char *const ENV[] = {"PGHOST", "PGHOSTADDR", "PGPORT", "PGOPTIONS",
		"PGTARGETSESSIONATTRS", "PGSERVICE", "PGSERVICEFILE"};
	for (size_t i = 0; i < ARRAY_N(ENV); i++)
		unsetenv(ENV[i]);
}

static struct hosts *of(const char *conninfo)
{
	struct hosts *h = NULL;
	struct fault f = {0};
	assert_int_equal(hosts_open(conninfo, &h, &f), OK);
	return h;
}

/* Starts to connect, and compares what libpq was given: "host|hostaddr|port|attrs". Nobody is
 * waited for. */
static void expect(struct hosts *h, const char *server)
{
	char seen[300] = "";
	PGconn *conn = hosts_start(h);
	assert_non_null(conn);
	PQconninfoOption *all = PQconninfo(conn);
	static const char *const NAME[] = {"host", "hostaddr", "port", "target_session_attrs"};
	for (size_t i = 0; i < ARRAY_N(NAME); i++) {
		const PQconninfoOption *o = all;
		while (strcmp(o->keyword, NAME[i]) != 0)
			o++;
		strcat(seen, i ? "|" : "");
		strcat(seen, o->val ? o->val : "");
	}
	PQconninfoFree(all);
	PQfinish(conn);
	assert_string_equal(seen, server);
}

static void one_after_the_other_and_then_a_pause(void **state)
{
	struct hosts *h = of("host=/no/a,/no/b,/no/c port=1,2,3" REST);

	(void)state;
	for (int round = 0; round < 2; round++) {
		expect(h, "/no/a||1|any");
		assert_true(hosts_next(h));
		expect(h, "/no/b||2|any");
		assert_true(hosts_next(h));
		expect(h, "/no/c||3|any");
		assert_false(hosts_next(h));
	}
	expect(h, "/no/a||1|any");
	assert_true(hosts_next(h));
	expect(h, "/no/b||2|any");
	hosts_rewind(h); /* that one was right, and is lost later */
	assert_true(hosts_next(h));
	expect(h, "/no/a||1|any");
	assert_int_equal(hosts_patience(h).us, 2000000);
	hosts_close(h);
}

static void one_port_for_all_and_attributes_as_told(void **state)
{
	struct hosts *h = of("host=/no/a,/no/b port=7 target_session_attrs=read-write" REST);

	(void)state;
	expect(h, "/no/a||7|read-write");
	assert_true(hosts_next(h));
	expect(h, "/no/b||7|read-write");
	assert_false(hosts_next(h));
	hosts_close(h);
}

static void addresses_keep_their_names(void **state)
{
	struct hosts *h = of("host=a.example,b.example hostaddr=127.0.0.1,::1 port=1" REST);

	(void)state;
	expect(h, "a.example|127.0.0.1|1|any");
	assert_true(hosts_next(h));
	expect(h, "b.example|::1|1|any");
	assert_false(hosts_next(h));
	hosts_close(h);
}

/* A name is asked for its addresses, each of which has its turn. */
static void a_name_is_all_of_its_addresses(void **state)
{
	struct hosts *h = of("host=localhost,/no/b port=1" REST);
	size_t n = 1;

	(void)state;
	PGconn *conn = hosts_start(h);
	assert_non_null(conn);
	assert_true(PQhostaddr(conn)[0] != '\0');
	assert_string_equal(PQhost(conn), "localhost");
	PQfinish(conn);
	for (; hosts_next(h); n++)
		;
	assert_true(n >= 2 && n <= 5);
	hosts_close(h);
}

/* Longer than a name can be, so that no name server is asked. */
static void a_name_that_nobody_knows_is_passed_over(void **state)
{
#define NOBODY "nobody-nobody-nobody-nobody-nobody-nobody-nobody-nobody-nobody-nobody"
	struct hosts *h = of("host=" NOBODY ",/no/b port=1" REST);

	(void)state;
	expect(h, "/no/b||1|any");
	assert_false(hosts_next(h));
	hosts_close(h);
	h = of("host=" NOBODY " port=1" REST);
	expect(h, NOBODY "||1|any");
	assert_false(hosts_next(h));
	hosts_close(h);
}

static void a_standby_is_preferred_to_any(void **state)
{
	struct hosts *h = of("host=/no/a,/no/b port=1 target_session_attrs=prefer-standby" REST);

	(void)state;
	expect(h, "/no/a||1|standby");
	assert_true(hosts_next(h));
	expect(h, "/no/b||1|standby");
	assert_true(hosts_next(h));
	expect(h, "/no/a||1|any");
	assert_true(hosts_next(h));
	expect(h, "/no/b||1|any");
	assert_false(hosts_next(h));
	hosts_close(h);
}

/* What the string leaves open, the environment says. */
static void the_environment_has_lists_too(void **state)
{
	(void)state;
	setenv("PGHOST", "/no/a,/no/b", 1);
	setenv("PGPORT", "1,2", 1);
	struct hosts *h = of("target_session_attrs=read-write" REST);
	expect(h, "/no/a||1|read-write");
	assert_true(hosts_next(h));
	expect(h, "/no/b||2|read-write");
	assert_false(hosts_next(h));
	hosts_close(h);
	h = of("host=/no/c,/no/d" REST);
	expect(h, "/no/c||1|any");
	assert_true(hosts_next(h));
	expect(h, "/no/d||2|any");
	assert_false(hosts_next(h));
	hosts_close(h);
	unset();
}

static void odd_names_are_names(void **state)
{
	struct hosts *h = of("host='/no/it\\'s a \\\\ folder' port=1" REST);

	(void)state;
	expect(h, "/no/it's a \\ folder||1|any");
	assert_false(hosts_next(h));
	hosts_close(h);
	h = of(REST);
	expect(h, "||5432|any");
	assert_false(hosts_next(h));
	hosts_close(h);
}

static void lists_that_do_not_fit_are_refused(void **state)
{
	static const char *const WRONG[] = {"host=a,b port=1,2,3" REST,
		"host=a,b,c hostaddr=::1,::1" REST, "host=1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h" REST,
		"host=a port=12345678901234567" REST, "connect_timeout=2 postgresql://a,b/pledged"};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(WRONG); i++) {
		struct hosts *h = NULL;
		struct fault f = {0};
		assert_int_equal(hosts_open(WRONG[i], &h, &f), ERR_CONF);
		assert_string_equal(f.field, "database.conninfo");
		assert_null(h);
	}
	hosts_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other_and_then_a_pause),
		cmocka_unit_test(one_port_for_all_and_attributes_as_told),
		cmocka_unit_test(addresses_keep_their_names),
		cmocka_unit_test(a_name_is_all_of_its_addresses),
		cmocka_unit_test(a_name_that_nobody_knows_is_passed_over),
		cmocka_unit_test(a_standby_is_preferred_to_any),
		cmocka_unit_test(the_environment_has_lists_too),
		cmocka_unit_test(odd_names_are_names),
		cmocka_unit_test(lists_that_do_not_fit_are_refused),
	};
	unset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
