/* web/view_trace.c: the steps of a decision. */
#include "web/view_trace.h"

#define TAIL_BYTES 64 /* what stands behind the last step, and the end of the answer */

static void number(struct buf *b, const char *name, int64_t v)
{
	if (name[0] != '\0' && v != INT64_MIN)
		buf_addf(b, ",\"%s\":%lld", name, (long long)v);
}

static void step_json(struct buf *b, const struct decide_step *s)
{
	const char *have, *need;

	buf_byte(b, '{');
	if (s->campaign) {
		buf_addc(b, "\"campaign\":");
		buf_json(b, s->campaign->slug);
		buf_byte(b, ',');
	}
	buf_addf(b, "\"rule\":\"%s\",\"fired\":%s", decide_reason_name(s->rule),
		s->fired ? "true" : "false");
	if (s->saw.n > 0) {
		buf_addc(b, ",\"saw\":");
		buf_json(b, s->saw);
	}
	decide_step_names(s->rule, &have, &need);
	number(b, have, s->have);
	number(b, need, s->need);
	buf_byte(b, '}');
}

void view_trace_json(struct buf *b, const struct decide_trace *t)
{
	size_t i = 0;

	buf_addc(b, ",\"trace\":[");
	for (; i < t->n && i < t->cap; i++) {
		struct buf before = *b;
		if (i > 0)
			buf_byte(b, ',');
		step_json(b, &t->step[i]);
		if (b->over || b->cap - b->n < TAIL_BYTES) {
			*b = before;
			break;
		}
	}
	buf_byte(b, ']');
	if (i < t->n)
		buf_addf(b, ",\"steps\":%zu", t->n);
}
