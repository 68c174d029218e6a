/* web/view_trace.c: the steps of a decision. */
#include "web/view_trace.h"

#define END_BYTES 64 /* for what stands behind the steps */

static void number(struct buf *b, const char *name, int64_t v)
{
	if (name[0] != '\0' && v != INT64_MIN)
		buf_addf(b, ",\"%s\":%lld", name, (long long)v);
}

static void moment(struct buf *b, const char *name, int64_t s)
{
	buf_addf(b, ",\"%s\":\"", name);
	clock_format(b, utc_of_s(s));
	buf_byte(b, '"');
}

/* The two numbers that were held against each other, by their names. */
static void numbers(struct buf *b, const struct decide_step *s)
{
	const char *have, *need;

	decide_step_names(s->rule, &have, &need);
	if (s->rule == REASON_paused && s->campaign) {
		const struct campaign *c = s->campaign;
		bool over = c->end.us != 0 && s->need == utc_s(c->end);
		moment(b, have, s->have);
		moment(b, over ? "end" : "start", s->need);
	} else if (s->rule == REASON_weekday) {
		buf_addf(b, ",\"%s\":\"%s\"", have, target_weekdays[s->have % 7]);
	} else {
		number(b, have, s->have);
		number(b, need, s->need);
	}
}

static void step_json(struct buf *b, const struct decide_step *s)
{
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
	numbers(b, s);
	buf_byte(b, '}');
}

/* As many as there is room for; gives their number. */
static size_t steps_json(struct buf *b, const struct decide_trace *t, size_t kept, bool fired)
{
	size_t n = 0;

	for (size_t i = 0; i < kept; i++) {
		struct buf before = *b;
		if (fired && !t->step[i].fired)
			continue;
		if (n > 0)
			buf_byte(b, ',');
		step_json(b, &t->step[i]);
		if (buf_done(b) != OK || b->cap - b->n < END_BYTES) {
			*b = before;
			break;
		}
		n++;
	}
	return n;
}

bool view_trace_json(struct buf *b, const struct decide_trace *t)
{
	size_t kept = t->n < t->cap ? t->n : t->cap;

	buf_addc(b, ",\"trace\":[");
	struct buf before = *b;
	size_t n = steps_json(b, t, kept, false);
	if (n < kept) {
		*b = before;
		n = steps_json(b, t, kept, true);
	}
	buf_byte(b, ']');
	if (n < t->n)
		buf_addf(b, ",\"steps\":%zu", t->n);
	return n == t->n;
}

bool view_trace_decision(struct buf *b, const struct decision *d, const struct decide_trace *t)
{
	buf_addf(b, "{\"act\":\"%s\",\"reason\":\"%s\",\"articles\":%u", decide_act_name(d->act),
		decide_reason_name(d->reason), d->articles);
	if (d->left != UINT32_MAX)
		buf_addf(b, ",\"left\":%u", d->left);
	if (d->campaign) {
		buf_addc(b, ",\"campaign\":");
		buf_json(b, d->campaign->slug);
		buf_addc(b, ",\"variant\":");
		buf_json(b, decide_variant(d));
	}
	bool whole = view_trace_json(b, t);
	buf_byte(b, '}');
	return whole;
}

void view_trace_line(struct buf *b, const struct decide_trace *t)
{
	for (size_t i = 0; i < t->n && i < t->cap; i++) {
		const struct decide_step *s = &t->step[i];
		BUF_ON(one, 160);
		if (!s->fired)
			continue;
		buf_addf(&one, "%s", b->n > 0 ? "; " : "");
		if (s->campaign)
			buf_addf(&one, "%.*s=", STR_FMT(s->campaign->slug));
		buf_addc(&one, decide_reason_name(s->rule));
		if (s->rule != REASON_paused && s->have != INT64_MIN && s->need != INT64_MIN)
			buf_addf(&one, " %lld/%lld", (long long)s->have, (long long)s->need);
		if (b->n + one.n + sizeof "; ..." > b->cap) {
			buf_addc(b, "; ...");
			return;
		}
		buf_add(b, buf_str(&one));
	}
}
