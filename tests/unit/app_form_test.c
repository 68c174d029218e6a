/* tests/unit/app_form_test.c: tickets of forms, and their puzzle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/form.h"

#define MIN_MS 2000
#define MAX_MS INT64_C(43200000)

static const struct uuid ANN = {{1, [15] = 2}}, BOB = {{1, [15] = 3}};
static const utc_t NOW = {INT64_C(1795435200123456)};

static struct seal_ring ring_of(char digit)
{
	struct seal_ring r;
	struct fault f = {0};
	char text[80] = "k1:";
	memset(text + 3, digit, 63);
	text[66] = digit == '1' ? '2' : '3';
	text[67] = '\0';
	assert_int_equal(seal_ring_parse(str_c(text), &r, &f), OK);
	return r;
}

static enum form_state at(const char *text, int16_t site, const struct uuid *cookie, int64_t ms)
{
	struct seal_ring r = ring_of('1');
	struct form_look l;
	form_look(&r, str_c(text), site, cookie, (utc_t){NOW.us + ms * 1000},
		(struct form_age){MIN_MS, MAX_MS}, &l);
	return l.state;
}

static void mint(const struct seal_ring *r, struct form_want want, char out[FORM_TICKET_MAX])
{
	form_mint(r, &want, NOW, out);
}

static void ages(void **state)
{
	struct seal_ring r = ring_of('1');
	char text[FORM_TICKET_MAX];
	(void)state;
	mint(&r, (struct form_want){.site = 3}, text);
	static const struct {
		int64_t ms;
		enum form_state want;
	} ROWS[] = {{0, FORM_young}, {1998, FORM_young}, {2000, FORM_ok}, {MAX_MS - 1, FORM_ok},
		{MAX_MS + 1, FORM_old}, {-59000, FORM_young}, {-61000, FORM_old},
		{INT64_C(-90000000), FORM_old}};
	for (size_t i = 0; i < ARRAY_N(ROWS); i++)
		assert_int_equal(at(text, 3, NULL, ROWS[i].ms), ROWS[i].want);
}

static void whose(void **state)
{
	struct seal_ring r = ring_of('1'), other = ring_of('2');
	char nobody[FORM_TICKET_MAX], anns[FORM_TICKET_MAX], forged[FORM_TICKET_MAX];
	(void)state;
	mint(&r, (struct form_want){.site = 3}, nobody);
	mint(&r, (struct form_want){.site = 3, .reader = &ANN}, anns);
	mint(&other, (struct form_want){.site = 3}, forged);
	assert_int_equal(at(nobody, 3, NULL, 9000), FORM_ok);
	assert_int_equal(at(nobody, 3, &BOB, 9000), FORM_ok);
	assert_int_equal(at(anns, 3, &ANN, 9000), FORM_ok);
	assert_int_equal(at(anns, 3, &BOB, 9000), FORM_other);
	assert_int_equal(at(anns, 3, NULL, 9000), FORM_other);
	assert_int_equal(at(anns, 4, &ANN, 9000), FORM_bad);
	assert_int_equal(at(forged, 3, NULL, 9000), FORM_bad);
	assert_int_equal(at("", 3, NULL, 9000), FORM_none);
	assert_int_equal(at("v1.k1.x.y", 3, NULL, 9000), FORM_bad);
	for (size_t i = 0; nobody[i]; i++) { /* no byte may change */
		char text[FORM_TICKET_MAX];
		memcpy(text, nobody, sizeof text);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_int_equal(at(text, 3, NULL, 9000), FORM_bad);
	}
}

static void each_is_another(void **state)
{
	struct seal_ring r = ring_of('1');
	char a[FORM_TICKET_MAX], b[FORM_TICKET_MAX];
	(void)state;
	mint(&r, (struct form_want){.site = 3, .reader = &ANN}, a);
	mint(&r, (struct form_want){.site = 3, .reader = &ANN}, b);
	assert_string_not_equal(a, b);
}

static void unpacks_its_own_alone(void **state)
{
	const struct ticket_form t = {
		.nonce = {1, 2, 3}, .has_reader = true, .reader = ANN, .site = 7, .at_ms = 5};
	uint8_t bytes[TICKET_BYTES_MAX];
	struct ticket_form got;
	(void)state;
	size_t n = ticket_form_pack(&t, bytes);
	assert_int_equal(ticket_form_unpack(bytes, n, &got), OK);
	assert_int_equal(got.at_ms, 5);
	assert_int_equal(ticket_form_unpack(bytes, n - 1, &got), ERR_BAD_TOKEN);
	static const struct {
		size_t at;
		uint8_t v;
	} BAD[] = {{0, 2}, {1, 0}, {1, 2}, {1, 17}, {1, 33}, {30, 0x80}, {31, 0}, {32, 0x7f}};
	for (size_t i = 0; i < ARRAY_N(BAD); i++) {
		uint8_t was = bytes[BAD[i].at];
		bytes[BAD[i].at] = BAD[i].v;
		assert_int_equal(ticket_form_unpack(bytes, n, &got), ERR_BAD_TOKEN);
		bytes[BAD[i].at] = was;
	}
}

/* Without a reader a ticket tells where its page was asked from, shortened and hashed. */
static void places(void **state)
{
	struct seal_ring r = ring_of('1'), other = ring_of('2');
	struct form_look l;
	char text[FORM_TICKET_MAX];
	uint64_t here = form_place(&r, STR("192.0.2.7"));
	(void)state;
	assert_true(here != 0 && here >> 48 == 0);
	assert_true(here == form_place(&r, STR("192.0.2.200")));
	assert_true(here == form_place(&r, STR("64:ff9b::c000:207")));
	assert_false(here == form_place(&r, STR("192.0.3.7")));
	assert_false(here == form_place(&other, STR("192.0.2.7")));
	assert_true(form_place(&r, STR("2001:db8:1:2ff::1")) ==
		    form_place(&r, STR("2001:db8:1:200::1")));
	assert_true(form_place(&r, STR("nowhere")) == 0);
	mint(&r, (struct form_want){.site = 3, .place = here, .pageless = true}, text);
	form_look(&r, str_c(text), 3, &BOB, (utc_t){NOW.us + 9000000},
		(struct form_age){MIN_MS, MAX_MS}, &l);
	assert_int_equal(l.state, FORM_ok);
	assert_true(l.ticket.place == here && l.ticket.pageless && !l.ticket.has_reader);
	mint(&r, (struct form_want){.site = 3, .reader = &ANN, .place = here}, text);
	form_look(&r, str_c(text), 3, &ANN, (utc_t){NOW.us + 9000000},
		(struct form_age){MIN_MS, MAX_MS}, &l);
	assert_true(l.ticket.place == 0 && !l.ticket.pageless);
}

static void unpacks_places(void **state)
{
	const struct ticket_form t = {.nonce = {1}, .place = 0x123456789abc, .site = 7, .at_ms = 5};
	uint8_t bytes[TICKET_BYTES_MAX];
	struct ticket_form got;
	(void)state;
	size_t n = ticket_form_pack(&t, bytes);
	assert_int_equal(ticket_form_unpack(bytes, n, &got), OK);
	assert_true(got.place == t.place && !got.has_reader);
	bytes[14] = 1; /* what stands before the place is none */
	assert_int_equal(ticket_form_unpack(bytes, n, &got), ERR_BAD_TOKEN);
	bytes[14] = 0;
	memset(bytes + 24, 0, 6);
	assert_int_equal(ticket_form_unpack(bytes, n, &got), ERR_BAD_TOKEN);
}

static void puzzles(void **state)
{
	struct str ticket = STR("v1.k1.payload.mac");
	char proof[24];
	int n = 0;
	(void)state;
	do
		snprintf(proof, sizeof proof, "%d", n++);
	while (!form_proved(ticket, str_c(proof), 8));
	assert_in_range(n, 1, 20000);
	assert_true(form_proved(ticket, str_c(proof), 0));
	assert_false(form_proved(STR("v1.k1.payload.mad"), str_c(proof), 8) &&
		     form_proved(STR("v1.k1.payload.mab"), str_c(proof), 8));
	static const char *const BAD[] = {"", "x", "-1", "1 ", "12345678901234567", "0x1"};
	for (size_t i = 0; i < ARRAY_N(BAD); i++)
		assert_false(form_proved(ticket, str_c(BAD[i]), 0));
	assert_false(form_proved(ticket, STR("0"), 24) && form_proved(ticket, STR("1"), 24));
}

static void comes_again(void **state)
{
	struct seal_ring r = ring_of('1');
	char again[FORM_TICKET_MAX], asked[FORM_TICKET_MAX], first[FORM_TICKET_MAX];
	struct form_look l;
	const struct form_age may = {MIN_MS, MAX_MS};
	(void)state;
	mint(&r, (struct form_want){.site = 3, .reader = &ANN}, first);
	mint(&r, (struct form_want){.site = 3, .reader = &ANN, .again = true}, again);
	mint(&r, (struct form_want){.site = 3, .reader = &ANN, .again = true, .puzzle = true},
		asked);
	assert_int_equal(at(again, 3, &ANN, 0), FORM_young);
	assert_int_equal(at(asked, 3, &ANN, 0), FORM_ok); /* its puzzle takes long enough */
	assert_int_equal(at(asked, 3, &BOB, 0), FORM_other);
	const char *const TEXTS[] = {first, again, asked};
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++) {
		utc_t now = {NOW.us + FORM_PROOF_MS * 1000};
		form_look(&r, str_c(TEXTS[i]), 3, &ANN, now, may, &l);
		assert_int_equal(l.state, FORM_ok);
		assert_int_equal(l.ticket.again, i > 0);
		assert_int_equal(form_may_prove(&l), i == 2);
		now.us += 2000;
		form_look(&r, str_c(TEXTS[i]), 3, &ANN, now, may, &l);
		assert_false(form_may_prove(&l));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ages), cmocka_unit_test(whose),
		cmocka_unit_test(places), cmocka_unit_test(unpacks_places),
		cmocka_unit_test(each_is_another), cmocka_unit_test(unpacks_its_own_alone),
		cmocka_unit_test(puzzles), cmocka_unit_test(comes_again)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
