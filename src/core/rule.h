/* core/rule.h: the rows of rule.def as decide.c asks them. For decide.c alone.
 * Floor 1: pure. */
#ifndef CORE_RULE_H
#define CORE_RULE_H

#include "core/cap.h"
#include "core/decide.h"

enum rule_scope { SCOPE_PAGE, SCOPE_CAMPAIGN };
enum rule_act { RULE_OPEN, RULE_SKIP, RULE_HOLD, RULE_PROMPT, RULE_WALL };
enum rule_tell { RULE_QUIET, RULE_TELL };

enum {
#define X(name, scope, act, tell, can, have, need, sentence) RULE_##name,
#include "core/rule.def"
#undef X
	RULE_N
};

/* What the rules of one decision share; the costly parts are made when the first rule asks. */
struct rule_ctx {
	const struct decide_facts *f;
	const struct policy *policy;
	const struct campaign *c; /* NULL in PAGE rules */
	struct decision *d;
	/* what the last rule saw, for a trace */
	int64_t have, need;
	struct str saw;
	/* made once */
	bool has_seen, has_marks, has_site_cap, has_sensitive, is_sensitive;
	const struct campaign *cap_of;
	struct cap_state cap, site_cap;
	struct reader_count meter;
	size_t count_n;
	struct {
		struct reader_window w;
		struct reader_count c;
	} count[4];
	struct reader_seen seen;
	struct cap_marks marks;
};

struct rule {
	const char *name, *have, *need, *sentence;
	enum rule_scope scope;
	enum rule_act act;
	enum rule_tell tell;
	bool (*fires)(struct rule_ctx *x);
	bool (*can)(const struct campaign *c);
};
extern const struct rule rule_table[RULE_N];

void rule_init(struct rule_ctx *x, const struct decide_facts *f, struct decision *d);
/* rule_idle: rows that cannot fire for this reader on this page, whatever the campaign: they need
 * not be asked (a trace asks them all the same). */
uint64_t rule_idle(struct rule_ctx *x);
/* Whether the reader gave not long ago, by the policy. */
bool rule_is_supporter(const struct decide_facts *f, const struct policy *p);
/* Articles of a window; the last few windows are remembered. */
struct reader_count rule_count(struct rule_ctx *x, struct reader_window w);
/* The moment at which a meter's window began, at least as early. */
utc_t rule_window_starts(const struct decide_facts *f, const struct campaign_meter *m);
const struct cap_marks *rule_marks(struct rule_ctx *x);

#endif
