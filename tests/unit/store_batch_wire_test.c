/* tests/unit/store_batch_wire_test.c: what of one reader's ops goes into a batch together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/batch_wire.h"

/* view_batch's parameters: p_seen, p_mark, p_ev_kind, p_ev_country, p_ev_device */
enum { SEEN = 4, MARK = 5, EV_KIND = 11, EV_COUNTRY = 18, EV_DEVICE = 19 };

static const char ARTICLE[] = "article1", MARKED[] = "a mark of 16 b..";

/* A view that counts and marks beside another op of the same reader. */
static void build(struct batch_wire *w, enum batch_forget forget)
{
	struct batch_op view = {.site = 1, .seen_n = 1, .has_mark = true, .has_event = true},
			other = {.site = 1, .version = -1, .forget = forget};
	struct batch_op *ops[] = {&view, &other};
	struct batch_group group = {.n = 2};
	struct batch_rest rest = {0};

	memcpy(view.seen[0], ARTICLE, READER_SEEN_BYTES);
	memcpy(view.mark, MARKED, READER_MARK_BYTES);
	view.event.kind = "shown";
	view.event.country = STR("LV");
	view.event.device = STR("mobile");
	assert_int_equal(batch_wire_build(w, ops, &group, 1, &rest), OK);
}

static bool holds(const struct batch_wire *w, int param, const char *text)
{
	return memmem(w->value[param], (size_t)w->len[param], text, strlen(text)) != NULL;
}

/* Who lets us count, but keep no history of prompts, is counted at the very moment of saying so. */
static void a_view_beside_a_word_of_consent(void **state)
{
	static const struct {
		enum batch_forget forget;
		bool counts, marks;
	} ROW[] = {{FORGET_NOTHING, true, true}, {FORGET_EVENTS, true, false},
		{FORGET_ALL, false, false}};
	static struct batch_wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		build(&w, ROW[i].forget);
		assert_int_equal(holds(&w, SEEN, ARTICLE), ROW[i].counts);
		assert_int_equal(holds(&w, MARK, MARKED), ROW[i].marks);
		assert_int_equal(holds(&w, EV_KIND, "shown"), ROW[i].marks);
		assert_int_equal(holds(&w, EV_COUNTRY, "LV"), ROW[i].marks);
		assert_int_equal(holds(&w, EV_DEVICE, "mobile"), ROW[i].marks);
	}
	batch_wire_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_view_beside_a_word_of_consent)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
