/* tests/unit/campaign_file.h: a campaign file with one change, and the faults that are told of it.
 * For the unit tests of app/campaign.h. */
#ifndef CAMPAIGN_FILE_H
#define CAMPAIGN_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/campaign.h"
#include "base/json.h"

/* JSON is written with ' for " here. */
#define FILE_TEXT(t)                                                                               \
	"{'topline':'" t "','title':'Help us','body':'Line one.\\nLine two.',"                     \
	"'button':'Give','later':'Later'}"
#define FILE_T32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define FILE_R20 "яяяяяяяяяяяяяяяяяяяя"
#define FILE_R200                                                                                  \
	FILE_R20 FILE_R20 FILE_R20 FILE_R20 FILE_R20 FILE_R20 FILE_R20 FILE_R20 FILE_R20 FILE_R20
/* 64 words of a list */
#define FILE_W8(a) "'" a "a','" a "b','" a "c','" a "d','" a "e','" a "f','" a "g','" a "h'"
#define FILE_W64                                                                                   \
	FILE_W8("a")                                                                               \
	"," FILE_W8("b") "," FILE_W8("c") "," FILE_W8("d") "," FILE_W8("e") "," FILE_W8(           \
		"f") "," FILE_W8("g") "," FILE_W8("h")

/* An appeal that is fine. */
static const char file_good[] =
	"{'campaign':'support','site':'demo','kind':'appeal','priority':100,"
	"'start':'2026-01-01T00:00:00Z','end':'2027-01-01T00:00:00Z',"
	"'target':{'section':{'in':['news'],'not_in':['obituaries']}},'min_views':3,"
	"'cap':{'views':4,'days':30},'pause':{'close_days':7},'meter':null,"
	"'amounts':{'currency':'EUR','once':['5.00','10','25.00'],'month':['3.00'],"
	"'preselect':{'interval':'once','amount':'10.00'}},"
	"'variants':["
	"{'variant':'a','share':50,'text':{'ru':" FILE_TEXT("r") ",'en':" FILE_TEXT(
		"e") "}},"
		     "{'variant':'b','share':50,'text':{'en':" FILE_TEXT("e") ",'ru':" FILE_TEXT(
			     "r") "}}]}";

/* One change: at `member` ("a.b.0.c") stands `value` (NULL: the member is taken out). */
struct file_fine {
	const char *member, *value;
};
/* What is told then, or a part of it. */
struct file_fault {
	const char *member, *value, *path, *what;
};

static struct arena file_arena;
static struct campaign_doc file_doc;
static struct campaign_faults file_faults;

static inline enum err file_read(const char *text)
{
	arena_reset(&file_arena);
	return campaign_read(str_c(text), &file_arena, &file_doc, &file_faults);
}

static inline json_t *file_json(const char *quoted)
{
	char *text = strdup(quoted);
	assert_non_null(text);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!v)
		fail_msg("not JSON: %s", text);
	free(text);
	return v;
}

/* What a file would hold. Frees v; the caller frees the text. */
static inline char *file_text(json_t *v)
{
	char *text = json_dumps(v, 0);
	assert_non_null(text);
	json_decref(v);
	return text;
}

/* file_read of JSON, which is freed. */
static inline enum err file_read_json(json_t *v)
{
	char *text = file_text(v);
	enum err e = file_read(text);
	free(text);
	return e;
}

/* Objects on the way to the member that are not there are made. */
static inline json_t *file_step(json_t *at, const char *word)
{
	json_t *next = json_is_array(at) ? json_array_get(at, strtoul(word, NULL, 10))
					 : json_object_get(at, word);
	if (next && !json_is_null(next))
		return next;
	assert_true(json_is_object(at));
	assert_int_equal(json_object_set_new(at, word, json_object()), 0);
	return json_object_get(at, word);
}

static inline void file_change(json_t *root, const char *member, const char *value)
{
	json_t *at = root, *v = value ? file_json(value) : NULL;
	char path[120], *last = path, *save = NULL;
	snprintf(path, sizeof path, "%s", member);
	for (char *word = strtok_r(path, ".", &save), *next; word; word = next) {
		next = strtok_r(NULL, ".", &save);
		last = word;
		if (next)
			at = file_step(at, word);
	}
	if (json_is_array(at))
		assert_int_equal(json_array_set_new(at, strtoul(last, NULL, 10), v), 0);
	else if (v)
		assert_int_equal(json_object_set_new(at, last, v), 0);
	else
		assert_int_equal(json_object_del(at, last), 0);
}

/* file_read with one change. */
static inline enum err file_read_changed(const char *good, const char *member, const char *value)
{
	json_t *root = file_json(good);
	file_change(root, member, value);
	return file_read_json(root);
}

static inline bool file_told(const char *path, const char *what)
{
	for (size_t i = 0; i < file_faults.n && i < ARRAY_N(file_faults.fault); i++)
		if (strcmp(file_faults.fault[i].path, path) == 0 &&
			strstr(file_faults.fault[i].what, what))
			return true;
	return false;
}

static inline void file_tell(const char *member, const char *value, enum err e)
{
	print_error("%s = %s: %s, %zu faults\n", member, value ? value : "(none)", err_slug(e),
		file_faults.n);
	for (size_t i = 0; i < file_faults.n && i < 4; i++)
		print_error("  %s: %s\n", file_faults.fault[i].path, file_faults.fault[i].what);
	fail();
}

static inline void file_check_fine(const char *good, const struct file_fine *row, size_t n)
{
	for (const struct file_fine *r = row; r < row + n; r++) {
		enum err e = file_read_changed(good, r->member, r->value);
		if (e != OK || file_faults.n != 0)
			file_tell(r->member, r->value, e);
	}
}

/* Each row makes this fault, and no other. */
static inline void file_check_faults(const char *good, const struct file_fault *row, size_t n)
{
	for (const struct file_fault *r = row; r < row + n; r++) {
		enum err e = file_read_changed(good, r->member, r->value);
		if (e != ERR_FIELD_BAD || file_faults.n != 1 || !file_told(r->path, r->what))
			file_tell(r->member, r->value, e);
	}
}

/* A whole file; the caller frees it. */
static inline char *file_load(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 1 << 16);
	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 16) - 1, in) > 0);
	fclose(in);
	return text;
}

#endif
