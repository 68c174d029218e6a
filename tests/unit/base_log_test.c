/* The log: one line, one write, always JSON, whatever is put in. Standard error is a datagram
 * socket here, so that one recv is one write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/log.h"

static int before = -1, end = -1;
static char got[4096];

static int catch_stderr(void **state)
{
	int fd[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd) != 0)
		return -1;
	before = dup(STDERR_FILENO);
	dup2(fd[0], STDERR_FILENO);
	close(fd[0]);
	end = fd[1];
	log_level_set(LOG_INFO);
	log_role_set("view");
	return 0;
}

static int give_stderr_back(void **state)
{
	(void)state;
	dup2(before, STDERR_FILENO);
	close(before);
	close(end);
	return 0;
}

/* The next line as an object, or NULL when nothing was written. */
static json_t *next_line(void)
{
	ssize_t n = recv(end, got, sizeof got - 1, MSG_DONTWAIT);

	if (n < 0)
		return NULL;
	got[n] = 0;
	assert_ptr_equal(strchr(got, '\n'), got + n - 1);
	json_t *o = json_loadb(got, (size_t)n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	return o;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(none)";
}

static void keys_in_order(void **state)
{
	struct log_line l;
	utc_t t;

	(void)state;
	log_open(&l, LOG_NOTICE, "hello");
	log_str(&l, "route", STR("decide"));
	log_c(&l, "none", NULL);
	log_int(&l, "ms", -12);
	log_emit(&l);
	json_auto_t *o = next_line();
	assert_int_equal(clock_parse(str_c(text(o, "ts")), &t), OK);
	assert_true(str_starts(str_c(got), "{\"ts\":\"20"));
	assert_string_equal(strstr(got, ",\"level\""),
		",\"level\":\"notice\",\"role\":\"view\",\"msg\":\"hello\","
		"\"route\":\"decide\",\"none\":\"\",\"ms\":-12}\n");
	assert_null(next_line());
	log_emit(&l);
	assert_null(next_line());
}

static void levels(void **state)
{
	static const char *const name[] = {"error", "warn", "notice", "info", "debug"};

	(void)state;
	for (enum log_level max = LOG_ERROR; max <= LOG_DEBUG; max++) {
		enum log_level parsed;
		assert_int_equal(log_level_parse(str_c(name[max - LOG_ERROR]), &parsed), OK);
		assert_int_equal(parsed, max);
		log_level_set(parsed);
		for (enum log_level level = LOG_ERROR; level <= LOG_DEBUG; level++) {
			struct log_line l;
			log_open(&l, level, "m");
			log_str(&l, "a", STR("b"));
			log_int(&l, "c", 1);
			log_err(&l, ERR_IO, NULL);
			log_emit(&l);
			json_auto_t *o = next_line();
			assert_int_equal(o != NULL, level <= max);
			if (o)
				assert_string_equal(text(o, "level"), name[level - LOG_ERROR]);
		}
	}
	enum log_level untouched = LOG_WARN;
	static const char *const bad[] = {"", "INFO", "info ", "trace", "6"};
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		assert_int_equal(log_level_parse(str_c(bad[i]), &untouched), ERR_FIELD_BAD);
	assert_int_equal(untouched, LOG_WARN);
}

static void errors_are_described_once(void **state)
{
	struct log_line l;
	struct fault f = {0};

	(void)state;
	log_open(&l, LOG_ERROR, "refused");
	log_err(&l, ERR_RANGE, NULL);
	log_emit(&l);
	json_auto_t *a = next_line();
	assert_string_equal(text(a, "err"), "out_of_range");
	assert_null(json_object_get(a, "field"));

	log_open(&l, LOG_ERROR, "refused");
	log_err(&l, fault_set(&f, ERR_RANGE, "amount", "%s", "too much"), &f);
	log_emit(&l);
	json_auto_t *b = next_line();
	assert_string_equal(text(b, "field"), "amount");
	assert_string_equal(text(b, "detail"), "too much");
}

static void hostile_text_stays_inside_its_string(void **state)
{
	static const struct str texts[] = {
		STR("a\n{\"level\":\"error\"}"),
		STR("\",\"level\":\"error"),
		STR("\\"),
		STR("a\0b"),
		STR("\x1b[2J"),
		STR("\xff\xfe"),
		STR("\xe2\x80\xa8"),
		STR("\xc2\x9b"
		    "2J"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(texts); i++) {
		struct log_line l;
		log_open(&l, LOG_INFO, "m");
		log_str(&l, "v", texts[i]);
		log_emit(&l);
		ssize_t n = recv(end, got, sizeof got, MSG_DONTWAIT);
		assert_true(n > 0);
		json_auto_t *o =
			json_loadb(got, (size_t)n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		assert_non_null(o);
		assert_int_equal(json_object_size(o), 5);
		assert_string_equal(text(o, "level"), "info");
		for (ssize_t k = 0; k < n - 1; k++)
			assert_true((unsigned char)got[k] >= 0x20 && got[k] != 0x7f);
		assert_null(memmem(got, (size_t)n, "\xc2\x9b", 2));
	}
}

/* Cut at 256 bytes, for every place of a three-byte character on the border. */
static void long_values_are_cut_at_a_character(void **state)
{
	char v[300];

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		struct log_line l;
		memset(v, 'x', sizeof v);
		for (size_t i = shift; i + 3 <= sizeof v; i += 3)
			memcpy(v + i, "\xe2\x82\xac", 3);
		log_open(&l, LOG_INFO, "m");
		log_str(&l, "v", (struct str){v, sizeof v});
		log_emit(&l);
		json_auto_t *o = next_line();
		size_t n = strlen(text(o, "v"));
		assert_in_range(n, 254, 256);
		assert_memory_equal(text(o, "v"), v, n);
		assert_true(str_is_utf8(str_c(text(o, "v"))));
	}
	struct log_line l;
	log_open(&l, LOG_INFO, "m");
	memset(v, 0x80, sizeof v);
	log_str(&l, "v", (struct str){v, sizeof v});
	log_emit(&l);
	json_decref(next_line());
	log_open(&l, LOG_INFO, "m");
	memset(v, 'y', sizeof v);
	log_str(&l, "v", (struct str){v, 256});
	log_emit(&l);
	json_auto_t *o = next_line();
	assert_int_equal(strlen(text(o, "v")), 256);
}

static void an_overlong_line_is_replaced(void **state)
{
	static const char control[256] = {1, 1, 1};
	struct log_line l;
	char fill[256];

	(void)state;
	memset(fill, 'f', sizeof fill);
	/* every length around the border: whole, or cut, but always JSON */
	for (size_t last = 0; last < 256; last++) {
		log_open(&l, LOG_WARN, "much");
		for (int i = 0; i < 7; i++)
			log_str(&l, (char[]){'k', (char)('0' + i), 0}, (struct str){fill, 235});
		log_str(&l, "last", (struct str){fill, last});
		log_emit(&l);
		json_auto_t *o = next_line();
		bool cut = json_is_true(json_object_get(o, "cut"));
		assert_string_equal(text(o, "msg"), "much");
		assert_string_equal(text(o, "level"), "warn");
		assert_int_equal(json_object_size(o), cut ? 5 : 12);
		assert_true(cut ? last > 100 : last < 250);
	}
	log_open(&l, LOG_WARN, "much");
	log_str(&l, "a", (struct str){control, sizeof control});
	log_str(&l, "b", (struct str){control, sizeof control});
	log_int(&l, "c", 1);
	log_emit(&l);
	json_auto_t *o = next_line();
	assert_true(json_is_true(json_object_get(o, "cut")));
	assert_null(json_object_get(o, "c"));
}

static void a_long_message_or_role(void **state)
{
	struct log_line l;
	char msg[4000];

	(void)state;
	memset(msg, 1, sizeof msg);
	msg[sizeof msg - 1] = 0;
	log_open(&l, LOG_INFO, msg);
	log_emit(&l);
	json_auto_t *o = next_line();
	assert_int_equal(strlen(text(o, "msg")), 256);
	log_role_set(NULL);
	log_open(&l, LOG_INFO, NULL);
	log_emit(&l);
	json_auto_t *p = next_line();
	assert_string_equal(text(p, "role"), "");
	assert_string_equal(text(p, "msg"), "");
	log_role_set("view");
}

static void nobody_listens(void **state)
{
	struct log_line l;
	int keep = dup(STDERR_FILENO);

	(void)state;
	close(STDERR_FILENO);
	log_open(&l, LOG_ERROR, "lost");
	log_emit(&l);
	dup2(keep, STDERR_FILENO);
	close(keep);
	assert_null(next_line());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_in_order, catch_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(levels, catch_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(
			errors_are_described_once, catch_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(
			hostile_text_stays_inside_its_string, catch_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(
			long_values_are_cut_at_a_character, catch_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(
			an_overlong_line_is_replaced, catch_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(
			a_long_message_or_role, catch_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(nobody_listens, catch_stderr, give_stderr_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
