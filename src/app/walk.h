/* app/walk.h: goes through JSON that a person wrote and collects every fault with its place,
 * instead of ending at the first. Floor 3. A getter that fails has told so and returns something
 * harmless; the caller looks at faults->n once, at the end. */
#ifndef APP_WALK_H
#define APP_WALK_H

#include "app/campaign.h"
#include "base/json.h"

struct walk {
	struct arena *arena; /* texts are copied there */
	struct campaign_faults *faults;
	bool no_memory;
};

/* Where the walk stands: a member of an object, or (key NULL) the i-th of a list. */
struct walk_place {
	const struct walk_place *up;
	const char *key;
	size_t i;
};

#define WALK_NEED (-1) /* it must be there */
struct walk_range {
	int64_t min, max, def; /* def: of a number that is absent, may lie outside; or WALK_NEED */
};
struct walk_word {
	const char *of, *what; /* the characters, and how to tell them */
	size_t max;
};
/* What the words of a list may be: told when one is not. */
struct walk_words {
	bool (*is)(struct str s);
	const char *what;
	size_t bytes, n; /* longest word, longest list */
};
struct walk_length {
	size_t chars;
	bool lines, may_lack; /* may_lack: absent and empty are fine */
};

void walk_wrong(struct walk *w, const struct walk_place *at, const char *fmt, ...) PRINTFLIKE(3, 4);
struct str walk_keep(struct walk *w, struct str s);
struct str walk_str(const json_t *v); /* borrowed */
bool walk_is(struct walk *w, const struct walk_place *at, const json_t *v, json_type t);
bool walk_is_made_of(struct str s, const struct walk_word *rule);

bool walk_has(const json_t *o, const char *key); /* null counts as absent */
/* walk_only: tells every member of o that is not in the NULL-ended names. */
void walk_only(
	struct walk *w, const struct walk_place *up, const json_t *o, const char *const *names);
/* walk_get: the member at->key of o when it is there and of type t; else NULL, told when it is
 * needed or of another type. */
const json_t *walk_get(
	struct walk *w, const struct walk_place *at, const json_t *o, json_type t, bool need);

int64_t walk_int(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	struct walk_range r);
uint32_t walk_u32(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	struct walk_range r);
bool walk_bool(
	struct walk *w, const struct walk_place *up, const json_t *o, const char *key, bool def);
/* walk_words: the list of words at key, kept; empty when it is absent. Each word stands there
 * once. */
struct page_words walk_words(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, const struct walk_words *rule);
struct str walk_word_of(
	struct walk *w, const struct walk_place *at, const json_t *v, const struct walk_word *rule);
struct str walk_word(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	const struct walk_word *rule);
/* walk_choice: index in the NULL-ended names; 0 when it is none of them. */
int walk_choice(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	const char *const *names);
utc_t walk_time(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	bool need); /* 0 when absent */
/* walk_text: what a reader will see: not blank, printable, not too long. */
struct str walk_text(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	struct walk_length max);

#endif
