/* web/h_goal.c: the figures of one goal. */
#include "web/h_goal.h"
#include "web/goal.h"

#define KEEP_S 30

static void keep(struct response *r, const struct live_goal *g, utc_t now)
{
	int64_t left = LIVE_OLD_S - (utc_s(now) - utc_s(g->at));
	BUF_ON(b, 40);
	buf_addf(&b, "public, max-age=%lld", (long long)(left < KEEP_S ? left : KEEP_S));
	response_header(r, "Cache-Control", buf_str(&b));
}

static void answer(struct response *r, const struct view_prompt *p, utc_t now)
{
	const struct web_copy copy = {.campaign = p->campaign,
		.raised_minor = p->goal.net_minor,
		.supporters = p->goal.supporters,
		.has_figures = true,
		.now = now};
	struct buf *b = &r->body;
	r->type = "application/json";
	keep(r, &p->goal, now);
	buf_addc(b, "{\"campaign\":");
	buf_json(b, p->campaign->slug);
	buf_byte(b, ',');
	goal_members(b, &copy);
	buf_addc(b, ",\"at\":\"");
	clock_format(b, utc_of_s(utc_s(p->goal.at)));
	buf_addc(b, "\"}");
}

void h_goal(struct app_view *v, const struct request *q, struct response *r)
{
	struct field f[] = {{.name = "campaign", .max = 64}};
	struct fault fault = {0};
	struct view_prompt p = {0};
	enum err e = request_fields(q->query, f, ARRAY_N(f), true, q->arena, &fault);
	if (e == OK && f[0].value.n == 0)
		e = fault_set(&fault, ERR_FIELD_MISSING, "campaign", "%s", "no campaign is named");
	if (e == OK)
		e = app_view_goal(v, q->host, f[0].value, q->now, &p);
	if (e != OK) {
		response_problem(r, q, e, &fault);
		return;
	}
	answer(r, &p, q->now);
	snapshot_unref(p.hold);
}
