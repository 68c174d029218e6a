/* tests/unit/pay_library_memory_test.c: memory ends inside of the libraries that speak to others: a
 * call is told as one that did not leave, a mail as one to be tried again, and of a robot nothing
 * is proved, neither way. libcurl and c-ares take what they allocate from here. */
#include <ares.h>
#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pay/dns.h"
#include "pay/http.h"
#include "pay/mail.h"

#define PLACES 400 /* more than any of it allocates */

static long left = -1; /* until one fails; -1: none does */
static bool ended;

static bool is_out(void)
{
	bool out = left == 0;
	left -= left > 0;
	ended = ended || out;
	return out;
}

static void *take(size_t n)
{
	return is_out() ? NULL : malloc(n);
}

static void *take_zeros(size_t n, size_t each)
{
	return is_out() ? NULL : calloc(n, each);
}

static void *take_again(void *p, size_t n)
{
	return is_out() ? NULL : realloc(p, n);
}

static char *take_text(const char *s)
{
	return is_out() ? NULL : strdup(s);
}

static void end_after(long n)
{
	left = n;
	ended = false;
}

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, free, take_again, take_text,
		    take_zeros) != CURLE_OK ||
		ares_library_init_mem(ARES_LIB_INIT_ALL, take, free, take_again) != ARES_SUCCESS)
		return -1;
	return arena_init(&arena, 1 << 16) == OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	ares_library_cleanup();
	curl_global_cleanup();
	return 0;
}

static void a_handle(void **state)
{
	size_t failed = 0;
	(void)state;
	for (long n = 0; n < PLACES; n++) {
		struct http *h = NULL;
		end_after(n);
		enum err e = http_open(&h);
		assert_true(e == OK || e == ERR_NO_MEMORY);
		assert_int_equal(h != NULL, e == OK);
		assert_true(e == OK || ended);
		failed += e != OK;
		http_close(h);
	}
	assert_true(failed > 0 && failed < PLACES);
	end_after(-1);
}

/* Nobody listens on that port. */
static void a_call(void **state)
{
	const struct http_call call = {.method = "POST",
		.url = "http://127.0.0.1:1/v1/x",
		.plain = true,
		.header = {"Idempotency-Key: k"},
		.body = STR("a=b"),
		.body_max = 1000,
		.timeout_ms = 5000};
	(void)state;
	for (long n = 0; n < PLACES; n++) {
		struct http *h = NULL;
		struct http_got got;
		end_after(-1);
		assert_int_equal(http_open(&h), OK);
		arena_reset(&arena);
		end_after(n);
		http_call(h, &call, &arena, &got);
		end_after(-1);
		assert_true(got.curl != 0);
		assert_false(got.sent);
		assert_int_equal(strncmp(got.error, "curl ", 5), 0);
		assert_int_equal(got.status, 0);
		http_close(h);
	}
}

static void a_mail(void **state)
{
	const struct mail m = {.from = STR("a@courier.example"),
		.to = STR("b@mail.example"),
		.subject = STR("Thanks"),
		.body = STR("Yours\n"),
		.id = STR("mail-1")};
	struct conf c = {.role = CONF_ROLE_CLERK};
	char url[] = "smtp://127.0.0.1:1";
	(void)state;
	c.text[CONF_mail_smtp_url] = url;
	for (long n = 0; n < PLACES; n++) {
		struct fault f = {0};
		end_after(n);
		enum err e = mail_send(&c, &m, utc_of_s(1785000000), &f);
		end_after(-1);
		assert_true(e == ERR_NO_MEMORY || e == ERR_TIMEOUT);
	}
}

static void a_question_about_a_robot(void **state)
{
	struct conf c = {.role = CONF_ROLE_CLERK};
	char servers[] = "127.0.0.1:1";
	const volatile int stop = 0;
	size_t failed = 0;
	(void)state;
	c.text[CONF_robots_dns_servers] = servers;
	for (long n = 0; n < PLACES; n += n < 60 ? 1 : 20) {
		struct dns_ask ask[2] = {{.robot = robot_of(STR("googlebot"))},
			{.robot = robot_of(STR("googlebot"))}};
		struct fault f = {0};
		assert_int_equal(robot_address_parse(STR("192.0.2.1"), &ask[0].address), OK);
		assert_int_equal(robot_address_parse(STR("2001:db8::1"), &ask[1].address), OK);
		end_after(n);
		enum err e = dns_verify(&c, ask, 2, mono_add(clock_mono(), dur_ms(20)), &stop, &f);
		enum err checked = dns_check(&c, &f);
		end_after(-1);
		failed += e != OK;
		assert_true(e == OK || e == ERR_NO_MEMORY || e == ERR_CONF);
		assert_true(checked == OK || checked == ERR_NO_MEMORY || checked == ERR_CONF);
		for (size_t i = 0; i < 2; i++)
			assert_int_equal(ask[i].answer, DNS_SILENT);
	}
	assert_true(failed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handle),
		cmocka_unit_test(a_call),
		cmocka_unit_test(a_mail),
		cmocka_unit_test(a_question_about_a_robot),
	};
	return cmocka_run_group_tests_name("pay_library_memory", tests, setup, teardown);
}
