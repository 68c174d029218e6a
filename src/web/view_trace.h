/* web/view_trace.h: why a decision was made, step by step. Floor 4. */
#ifndef WEB_VIEW_TRACE_H
#define WEB_VIEW_TRACE_H

#include "core/decide.h"

/* view_trace_json: ,"trace":[{"campaign":…,"rule":…,"fired":…, what it saw}, …]. Steps for which b
 * has no room: then those that fired are told alone. When there were more than are told, "steps"
 * has their number, and it gives false. It begins with the comma, the caller has members before;
 * room for a closing brace is left. */
bool view_trace_json(struct buf *b, const struct decide_trace *t);

/* view_trace_decision: the answer of pledgectl explain and GET /explain as a whole object: act,
 * reason, articles, left, campaign, variant and the trace; false as above. */
bool view_trace_decision(struct buf *b, const struct decision *d, const struct decide_trace *t);

/* view_trace_line: what ended each campaign, for a header: "meter=meter_left 2/5; support=gap
 * 120/3600". Campaigns that do not fit are left out, and "..." stands for them. */
void view_trace_line(struct buf *b, const struct decide_trace *t);

#endif
