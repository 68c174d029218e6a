/* tests/fuzz/fuzz_form.c: a pledge as a plain form, and any form or query. */
#include "pay/form.h"
#include "pledge_body.h"

/* Written again as the official client would, it reads the same. */
static void reads_the_same(const struct field *fields, size_t n, struct arena *a)
{
	static char text[65536];
	struct field again[F_N];
	struct fault f = {0};
	struct buf b;

	buf_init(&b, text, sizeof text);
	for (size_t i = 0; i < n; i++) {
		again[i] = fields[i];
		if (fields[i].has)
			form_add(&b, fields[i].name, fields[i].value);
	}
	CHECK(buf_done(&b) == OK);
	CHECK(request_fields(buf_str(&b), again, n, true, a, &f) == OK);
	for (size_t i = 0; i < n; i++)
		CHECK(again[i].has == fields[i].has && str_eq(again[i].value, fields[i].value));
}

static void fields(struct str text, bool strict, long fail_at)
{
	struct arena *a = fuzz_arena();
	struct field fields[F_N];
	struct fault f = {0};

	arena_fail_at(a, fail_at);
	for (size_t i = 0; i < F_N; i++)
		fields[i] = (struct field){.name = FIELDS[i].name, .max = FIELDS[i].max};
	enum err e = request_fields(text, fields, F_N, strict, a, &f);
	arena_fail_at(a, 0);
	if (e != OK) {
		CHECK(f.err == e && (e == ERR_NO_MEMORY || err_class(e) == ERR_CLASS_INPUT));
		CHECK(strict || e != ERR_UNKNOWN_FIELD);
		return;
	}
	for (size_t i = 0; i < F_N; i++)
		CHECK(fields[i].value.n <= fields[i].max && str_is_utf8(fields[i].value) &&
			(fields[i].has || fields[i].value.n == 0));
	reads_the_same(fields, F_N, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request q = {.body = {(const char *)data, size}};
	struct money_ask ask;
	struct fault f = {0};

	fields(q.body, true, 0);
	fields(q.body, false, 0);
	fields(q.body, true, 1 + (long)(size % 16));
	q.arena = fuzz_arena();
	if (read_form(&q, &ask, &f) == OK) {
		ask_is_sound(&ask);
		pledge_is_sound(&ask.form);
	}
	return 0;
}
