/* base/json.h: JSON from outside, read with every strictness that jansson has, and a few getters
 * that describe what is wrong. Floor 0. Results of json_read belong to the caller: json_auto_t or
 * json_decref. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/str.h"

#define JSON_DEPTH_MAX 16

/* json_read: one whole value, objects and arrays only, duplicates refused, depth at most
 * JSON_DEPTH_MAX (found before parsing). fails ERR_BAD_JSON, ERR_BAD_UTF8, ERR_DUPLICATE_FIELD,
 * ERR_NO_MEMORY; *f (may be NULL) tells line and column */
MUST enum err json_read(struct str text, json_t **ret, struct fault *f);

/* json_write: json_dumps, but NULL when memory was short at any place of it: jansson leaves out
 * letters then, and tells nothing. The caller frees it. */
MUST char *json_write(const json_t *v, size_t flags);

/* Getters: member `key` of object o; the slice lives as long as o. need: absent or null fails with
 * ERR_FIELD_MISSING. When it may be absent and is, *ret is empty / *ret_has false. fails
 * ERR_FIELD_TYPE, ERR_FIELD_TOO_LONG, ERR_RANGE; *f names the key. */
MUST enum err json_str(
	const json_t *o, const char *key, bool need, size_t max, struct str *ret, struct fault *f);
MUST enum err json_int(const json_t *o, const char *key, bool need, int64_t min, int64_t max,
	int64_t *ret, bool *ret_has, struct fault *f);
MUST enum err json_bool(
	const json_t *o, const char *key, bool need, bool *ret, bool *ret_has, struct fault *f);

/* json_only: every member of o is in the NULL-ended list; fails ERR_UNKNOWN_FIELD naming the first
 * that is not. */
MUST enum err json_only(const json_t *o, const char *const *names, struct fault *f);

/* Path access for answers of others: "a.b.0.c"; NULL when any step is missing or null. Borrowed. */
const json_t *json_at(const json_t *o, const char *path);
struct str json_text(const json_t *o, const char *path); /* string at path, or empty */

#endif
