/* web/page_left.c: HTML for readers without scripts who do not want to be asked now. */
#include "web/page_left.h"
#include "web/page_own.h"

static void whole(struct response *r, struct str locale, enum word title, struct str text)
{
	page_head(r, &(struct page_look){.locale = locale, .title = words_pick(title, locale)});
	page_line(&r->body, text);
	page_foot(&r->body, locale);
}

void page_left(struct response *r, struct str locale, enum reader_mark_kind how)
{
	enum word w = how == MARK_NEVER          ? WORD_left_never
		      : how == MARK_ALREADY_GAVE ? WORD_left_already
						 : WORD_left_for_now;
	whole(r, locale, WORD_left_title, words_pick(w, locale));
}

void page_left_problem(struct response *r, struct str locale, enum err e)
{
	whole(r, locale, WORD_problem_title, words_problem(e, locale));
	page_soft(r, e);
}
