/* tests/unit/app_campaign_write_test.c: a campaign comes back as the file it was. Run from the top of the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/campaign_write.h"
#include "base/json.h"

static void writes(const char *json, const char *want)
{
	BUF_ON(out, 4096);
	assert_int_equal(campaign_write(str_c(json), &out, NULL), OK);
	buf_byte(&out, '\0');
	assert_string_equal(out_mem, want);
}

/* The shipped files are written as conf/campaigns/README.md tells them: an order that misses one of their fields fails here. */
static void shipped_files(void **state)
{
	static const char *const FILES[] = { "meter", "policy", "support", "year-end" };
	(void)state;
	for (size_t i = 0; i < ARRAY_N(FILES); i++) {
		static char mem[1 << 16], again[1 << 16];
		char path[64];
		snprintf(path, sizeof path, "conf/campaigns/%s.json", FILES[i]);
		FILE *in = fopen(path, "r");
		assert_non_null(in);
		size_t n = fread(mem, 1, sizeof mem - 1, in);
		fclose(in);
		mem[n] = '\0';
		/* as jsonb gives it back: without blanks, in another order */
		json_t *v = NULL;
		assert_int_equal(json_read((struct str){ mem, n }, &v, NULL), OK);
		char *sorted = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);
		struct buf out;
		buf_init(&out, again, sizeof again);
		assert_int_equal(campaign_write(str_c(sorted), &out, NULL), OK);
		buf_byte(&out, '\0');
		assert_string_equal(again, mem);
		free(sorted);
		json_decref(v);
	}
}

static void order(void **state)
{
	(void)state;
	writes("{}", "{\n}\n");
	writes("{\"zebra\":1,\"apple\":2,\"end\":null,\"campaign\":\"c\",\"site\":\"s\"}",
		"{\n\t\"campaign\": \"c\",\n\t\"site\": \"s\",\n\t\"end\": null,\n\t\"apple\": 2,\n\t\"zebra\": 1\n}\n");
	writes("{\"zz\":{\"to\":1,\"from\":2},\"target\":{\"hour\":{\"to\":6,\"from\":2},\"section\":{\"not_in\":[],\"in\":[]},\"read\":[{\"articles\":{\"max\":1,\"min\":0},\"days\":7,\"topic\":null}]}}",
		"{\n\t\"target\": {\"section\": {\"in\": [], \"not_in\": []}, \"hour\": {\"from\": 2, \"to\": 6}, "
		"\"read\": [{\"topic\": null, \"days\": 7, \"articles\": {\"min\": 0, \"max\": 1}}]},\n\t\"zz\": {\"from\": 2, \"to\": 1}\n}\n");
	writes("{\"cap\":{\"daily\":1,\"days\":30,\"views\":4,\"id\":\"x\",\"cycle\":{\"restart_days\":9,\"skip\":1,\"views\":2}}}",
		"{\n\t\"cap\": {\"id\": \"x\", \"views\": 4, \"days\": 30, \"daily\": 1, \"cycle\": {\"views\": 2, \"skip\": 1, \"restart_days\": 9}}\n}\n");
}

static void texts(void **state)
{
	(void)state;
	writes("{\"a\":\"\\u041f\\\"\\\\/\\n\\u0001<&>\"}", "{\n\t\"a\": \"П\\\"\\\\/\\n\\u0001<&>\"\n}\n");
	writes("{\"a\":[],\"b\":{},\"c\":[true,false,-7,[1,{\"x\":[]}]]}",
		"{\n\t\"a\": [],\n\t\"b\": {},\n\t\"c\": [true, false, -7, [1, {\"x\": []}]]\n}\n");
}

/* 160 characters, not bytes, stand on one line; one more breaks it. */
static void lines(void **state)
{
	char text[400] = "", json[500], want[600];
	(void)state;
	for (int i = 0; i < 151; i++)
		strcat(text, "я");
	snprintf(json, sizeof json, "{\"x\":{\"y\":\"%s\"}}", text);
	snprintf(want, sizeof want, "{\n\t\"x\": {\"y\": \"%s\"}\n}\n", text);
	writes(json, want);
	snprintf(json, sizeof json, "{\"x\":{\"y\":\"%sя\"}}", text);
	snprintf(want, sizeof want, "{\n\t\"x\": {\n\t\t\"y\": \"%sя\"\n\t}\n}\n", text);
	writes(json, want);
}

static void no_room(void **state)
{
	struct fault f = { 0 };
	(void)state;
	for (size_t cap = 0; cap < 10; cap++) {
		char mem[10];
		struct buf out;
		buf_init(&out, mem, cap);
		assert_int_equal(campaign_write(STR("{\"a\":1}"), &out, &f), ERR_TOO_LONG);
	}
	BUF_ON(out, 64);
	assert_int_equal(campaign_write(STR("{\"a\":1"), &out, &f), ERR_BAD_JSON);
	assert_int_equal(campaign_write(STR(""), &out, &f), ERR_BAD_JSON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_files),
		cmocka_unit_test(order),
		cmocka_unit_test(texts),
		cmocka_unit_test(lines),
		cmocka_unit_test(no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
