/* web/turn.c: the gate's answer as an X-Accel-Redirect. */
#include "web/turn.h"

/* Each byte of PLEDGED_OPEN and PLEDGED_WALL may become three. */
#define PLACE_BYTES (3 * 512 + 1)

static enum err add_address(struct buf *b, struct str a)
{
	for (size_t i = 0, n; i < a.n; i += n) {
		for (n = 1; i + n < a.n && a.p[i + n] != '/'; n++)
			;
		struct str part = {a.p + i + 1, n - 1};
		if (str_is(part, ".") || str_is(part, ".."))
			return ERR_FIELD_BAD;
		buf_byte(b, '/');
		buf_url(b, part);
	}
	return buf_done(b);
}

static enum err add_place(struct buf *b, struct str at)
{
	if (at.n > 1 && at.p[0] == '@' && str_is_word((struct str){at.p + 1, at.n - 1}, "_-")) {
		buf_add(b, at);
		return buf_done(b);
	}
	return at.n > 0 && at.p[0] == '/' ? add_address(b, at) : ERR_FIELD_BAD;
}

void turn(const struct request *q, enum decide_act act, struct response *r)
{
	BUF_ON(place, PLACE_BYTES);
	if (add_place(&place, act == ACT_WALL ? q->wall_at : q->open_at) == OK) {
		r->status = 200;
		response_header(r, "X-Accel-Redirect", buf_str(&place));
	} else if (act != ACT_WALL) {
		response_problem(r, q, ERR_NOT_FOUND, NULL);
	} else {
		response_no_store(r);
	}
}
