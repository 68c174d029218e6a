/* tests/unit/app_risk_test.c: signs of a pledge that comes, and how they are handed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/risk.h"

static const struct form_look SEEN = {.state = FORM_ok, .age_ms = 9000};

static struct risk_seen browser(const char *email)
{
	return (struct risk_seen){.agent = STR("Mozilla/5.0"),
		.language = STR("en"),
		.email = str_c(email),
		.money = {2500, "EUR"}};
}

static void write_list(char path[32], const char *text)
{
	strcpy(path, "/tmp/pledged-risk-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void lists(void **state)
{
	struct domains d = {0};
	struct fault f = {0};
	char path[32];
	(void)state;
	write_list(path, "# throw-away\n\n  Throw.Example  # all of it\nb.example");
	assert_int_equal(domains_load(path, &d, &f), OK);
	unlink(path);
	static const struct {
		const char *domain;
		bool has;
	} ROWS[] = {{"throw.example", true}, {"THROW.example", true}, {"a.b.throw.example", true},
		{"athrow.example", false}, {"example", false}, {"b.example", true},
		{"bb.example", false}, {"", false}, {"#", false}, {"throw-away", false}};
	for (size_t i = 0; i < ARRAY_N(ROWS); i++)
		assert_int_equal(domains_has(&d, str_c(ROWS[i].domain)), ROWS[i].has);
	assert_int_equal(domains_load("/nowhere/at/all", &d, &f), ERR_CONF);
	assert_true(domains_has(&d, STR("b.example"))); /* the old one goes on */
	assert_int_equal(domains_load("", &d, &f), OK);
	assert_false(domains_has(&d, STR("b.example")));
	domains_free(&d);
}

static void signs(void **state)
{
	struct domains d = {.text = (char[]){"\nthrow.example\n"}, .n = 15};
	struct risk_seen s = browser("ann.example@mail.example");
	struct form_look form = SEEN;
	(void)state;
	assert_int_equal(risk_signs(&s, &form, &d), 0);
	form.state = FORM_none;
	assert_int_equal(risk_signs(&s, &form, &d), 1u << RISK_no_page);
	form.state = FORM_bad;
	assert_int_equal(risk_signs(&s, &form, &d), 1u << RISK_no_page);
	form = (struct form_look){.state = FORM_ok, .age_ms = 9000, .ticket = {.pageless = true}};
	assert_int_equal(risk_signs(&s, &form, &d), 1u << RISK_no_page); /* given with a refusal */
	form = (struct form_look){.state = FORM_ok, .age_ms = 9000, .ticket = {.place = 7}};
	assert_int_equal(risk_signs(&s, &form, &d), 0); /* nobody knows where it comes from */
	s.place = 7;
	assert_int_equal(risk_signs(&s, &form, &d), 0);
	s.place = 8;
	assert_int_equal(risk_signs(&s, &form, &d), 1u << RISK_moved);
	s.place = 0;
	form = (struct form_look){.state = FORM_ok, .age_ms = 4999};
	assert_int_equal(risk_signs(&s, &form, &d), 1u << RISK_fast);
	form.ticket.again = true; /* we asked for it ourselves */
	assert_int_equal(risk_signs(&s, &form, &d), 0);
	s.agent = STR("");
	assert_int_equal(risk_signs(&s, &SEEN, &d), 1u << RISK_robot);
	s = browser("");
	s.language = STR("");
	assert_int_equal(risk_signs(&s, &SEEN, &d), 1u << RISK_robot);
	s = browser("");
	s.bot = STR("googlebot");
	assert_int_equal(risk_signs(&s, &SEEN, &d), 1u << RISK_robot);
	s = browser("a@x.throw.example");
	assert_int_equal(risk_signs(&s, &SEEN, &d), 1u << RISK_disposable);
	s = browser("a");
	s.country = STR("DE");
	assert_int_equal(risk_signs(&s, &SEEN, &d), 0);
	s.country_read = STR("DE");
	assert_int_equal(risk_signs(&s, &SEEN, &d), 0);
	s.country_read = STR("LV");
	assert_int_equal(risk_signs(&s, &SEEN, &d), 1u << RISK_country_odd);
}

static void odd_addresses(void **state)
{
	static const struct {
		const char *email;
		bool odd;
	} ROWS[] = {{"ann@x.example", false}, {"ann1975@x.example", false},
		{"j.schwartz@x.example", false}, {"a12345@x.example", true},
		{"a1b2c3d4e5@x.example", true}, {"xkcdqwrtz@x.example", true},
		{"ann@12345.example", false}};
	struct domains none = {0};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		struct risk_seen s = browser(ROWS[i].email);
		assert_int_equal(risk_signs(&s, &SEEN, &none) >> RISK_email_odd & 1u, ROWS[i].odd);
	}
}

static void small_gifts(void **state)
{
	(void)state;
	assert_true(risk_is_small(&(struct money){500, "EUR"}));
	assert_false(risk_is_small(&(struct money){501, "EUR"}));
	assert_false(risk_is_small(&(struct money){1, "XXX"}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(signs),
		cmocka_unit_test(odd_addresses), cmocka_unit_test(small_gifts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
