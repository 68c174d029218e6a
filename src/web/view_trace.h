/* web/view_trace.h: why a decision was made, step by step, as JSON. Floor 4. */
#ifndef WEB_VIEW_TRACE_H
#define WEB_VIEW_TRACE_H

#include "core/decide.h"

/* view_trace_json: ,"trace":[{"campaign":…,"rule":…,"fired":…, what it saw}, …] and, when there
 * were more steps than were kept or than b has room for, "steps" with their number. It begins with
 * the comma, the caller has members before; room for a closing brace is left. */
void view_trace_json(struct buf *b, const struct decide_trace *t);

#endif
