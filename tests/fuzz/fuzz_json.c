/* tests/fuzz/fuzz_json.c: JSON from outside, and a pledge that is written in it. */
#include "pledge_body.h"

static int depth_of(const json_t *v)
{
	size_t i;
	const char *key;
	json_t *inner;
	int max = 0;

	json_array_foreach((json_t *)v, i, inner)
	{
		int d = depth_of(inner);
		max = d > max ? d : max;
	}
	json_object_foreach((json_t *)v, key, inner)
	{
		int d = depth_of(inner);
		max = d > max ? d : max;
	}
	return json_is_array(v) || json_is_object(v) ? max + 1 : 0;
}

/* What was read can be written, and reads the same. */
static void reads_the_same(const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT);
	json_auto_t *again = NULL;

	CHECK(text);
	CHECK(json_read(str_c(text), &again, NULL) == OK);
	/* a real may be written a digit shorter; anything else is equal */
	CHECK(json_equal(again, v) || strpbrk(text, ".eE"));
	free(text);
}

static void getters(const json_t *o)
{
	struct str s = {0};
	struct fault f = {0};
	int64_t n = 0;
	bool b = false, has = false;

	if (json_str(o, "a", false, 8, &s, &f) == OK)
		CHECK(s.n <= 8);
	if (json_int(o, "a", true, -5, 5, &n, &has, &f) == OK)
		CHECK(has && n >= -5 && n <= 5);
	if (json_bool(o, "a", true, &b, &has, &f) == OK)
		CHECK(has && json_is_boolean(json_at(o, "a")));
	s = json_text(o, "a.0.b");
	CHECK(s.n == 0 || json_is_string(json_at(o, "a.0.b")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request q = {.body = {(const char *)data, size}, .arena = fuzz_arena()};
	json_auto_t *v = NULL, *hold = NULL;
	struct money_ask ask;
	struct fault f = {0};
	enum err e = json_read(q.body, &v, &f);

	if (e != OK) {
		CHECK(!v && f.err == e && err_class(e) == ERR_CLASS_INPUT);
		CHECK(str_is_clean(str_c(f.detail), false));
		CHECK(json_read(q.body, &v, NULL) == e);
		return 0;
	}
	CHECK(depth_of(v) <= JSON_DEPTH_MAX && (json_is_array(v) || json_is_object(v)));
	reads_the_same(v);
	getters(v);
	f = (struct fault){0};
	e = read_json(&q, &hold, &ask, &f);
	CHECK(e == OK || (f.err == e && err_class(e) == ERR_CLASS_INPUT));
	if (e == OK) {
		ask_is_sound(&ask);
		pledge_is_sound(&ask.form);
	}
	return 0;
}
