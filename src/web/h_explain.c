/* web/h_explain.c: a question to the rules, and the answer in two forms. */
#include <string.h>

#include "app/explain.h"
#include "web/h_explain.h"
#include "web/tell.h"
#include "web/view_trace.h"

#define END_BYTES 200 /* for what stands behind the last step */
#define MARK_MAX  1000

/* The fields of a query: the words of suppose.def, each as long as a number or a date may be. */
#define LONGEST_TEXT(most)     most
#define LONGEST_COUNTRY(most)  16
#define LONGEST_REFERRER(most) most
#define LONGEST_TIME(most)     most
#define LONGEST_NUMBER(most)   20
#define LONGEST_CONSENT(most)  most
#define LONGEST_FLAG(most)     16
#define LONGEST_MARK(most)     MARK_MAX
static const struct field FIELDS[] = {
#define X(name, member, kind, most) {name, LONGEST_##kind(most), {0}, false},
#include "app/suppose.def"
#undef X
};

/* Several marks in one field. */
static enum err read_marks(struct suppose_words *w, const struct field *field, struct fault *f)
{
	struct str rest = field->value, one;
	enum err e = OK;
	while (e == OK && str_cut(&rest, ',', &one))
		e = suppose_word(w, str_c(field->name), one, f);
	return e;
}

static enum err read_query(struct request *q, struct suppose_words *w, struct fault *f)
{
	struct field field[ARRAY_N(FIELDS)];
	memcpy(field, FIELDS, sizeof FIELDS);
	enum err e = request_fields(q->query, field, ARRAY_N(field), true, q->arena, f);
	for (size_t i = 0; i < ARRAY_N(field) && e == OK; i++) {
		if (field[i].value.n == 0)
			continue; /* a form sends what is left empty */
		e = str_is(str_c(field[i].name), "mark")
			    ? read_marks(w, &field[i], f)
			    : suppose_word(w, str_c(field[i].name), field[i].value, f);
	}
	return e;
}

/* --- the fragment ----------------------------------------------------------------------------- */

static const char *const WHAT[ACT_N] = {
	[ACT_OPEN] = "The page opens, and nothing is asked.",
	[ACT_PROMPT] = "The page opens with an appeal.",
	[ACT_WALL] = "A wall: the head, the teaser and the form.",
};

static void put_line(struct buf *b, const char *name, const struct buf *line)
{
	buf_addf(b, "<div><dt>%s</dt><dd>", name);
	buf_html(b, buf_str(line));
	buf_addc(b, "</dd></div>\n");
}

static void put_verdict(struct buf *b, const struct decision *d)
{
	buf_addf(b, "<p class=\"explain-act explain-%s\"><strong>%s</strong>\n",
		decide_act_name(d->act), WHAT[d->act]);
	buf_addf(b, "<span class=\"explain-why\"><code>%s</code> ", decide_reason_name(d->reason));
	buf_html(b, str_c(decide_reason_sentence(d->reason)));
	buf_addc(b, "</span></p>\n");
}

static void put_facts(struct buf *b, const struct explain *x)
{
	const struct decision *d = &x->decision;
	const struct decide_facts *facts = &x->made.facts;
	BUF_ON(page, TELL_BYTES);
	BUF_ON(reader, TELL_BYTES);
	BUF_ON(moment, TELL_BYTES);
	BUF_ON(count, 80);
	tell_page(&page, facts, x->policy);
	tell_reader(&reader, facts);
	tell_moment(&moment, facts);
	buf_addf(&count, "%u", d->articles);
	if (d->left != UINT32_MAX)
		buf_addf(&count, ", free ones left %u", d->left);
	buf_addc(b, "<dl class=\"explain-facts\">\n");
	if (d->campaign) {
		BUF_ON(who, 300);
		buf_addf(&who, "%.*s, variant %.*s, amounts in %.*s", STR_FMT(d->campaign->slug),
			STR_FMT(d->campaign->variant[d->variant].name),
			STR_FMT(d->campaign->set[d->set].currency));
		put_line(b, "Campaign", &who);
	}
	put_line(b, "Articles this month", &count);
	put_line(b, "Page", &page);
	put_line(b, "Reader", &reader);
	put_line(b, "Time", &moment);
	buf_addc(b, "</dl>\n");
}

static void put_campaign(struct buf *b, const struct campaign *c)
{
	buf_addc(b, "<table class=\"explain-rules\">\n<caption>");
	if (!c) {
		buf_addc(b, "Every page");
	} else {
		buf_html(b, c->slug);
		buf_addf(b, " <span>%s, priority %d</span>",
			c->kind == CAMPAIGN_WALL ? "wall" : "appeal", c->priority);
	}
	buf_addc(b, "</caption>\n<thead><tr><th scope=\"col\">Rule</th><th "
		    "scope=\"col\">What it saw</th></tr></thead>\n<tbody>\n");
}

static void put_step(struct buf *b, const struct decide_step *s, const struct explain *x)
{
	BUF_ON(saw, TELL_BYTES);
	tell_saw(&saw, s, &x->made.facts, x->policy);
	buf_addf(b, "<tr%s><th scope=\"row\"><code>%s</code></th><td>",
		s->fired ? " class=\"explain-fired\"" : "", decide_reason_name(s->rule));
	buf_html(b, saw.n > 0 || s->fired ? buf_str(&saw) : STR("no objection"));
	if (s->fired)
		buf_addf(b, "<strong>%s</strong>", decide_reason_sentence(s->rule));
	buf_addc(b, "</td></tr>\n");
}

/* As many as there is room for. */
static void put_steps(struct buf *b, const struct explain *x)
{
	size_t n = x->trace.n < x->trace.cap ? x->trace.n : x->trace.cap, i = 0;
	for (; i < n; i++) {
		const struct decide_step *s = &x->trace.step[i];
		bool begins = i == 0 || s->campaign != s[-1].campaign;
		struct buf before = *b;
		if (begins && i > 0)
			buf_addc(b, "</tbody>\n</table>\n");
		if (begins)
			put_campaign(b, s->campaign);
		put_step(b, s, x);
		if (b->over || b->cap - b->n < END_BYTES) {
			*b = before;
			break;
		}
	}
	if (i > 0)
		buf_addc(b, "</tbody>\n</table>\n");
	if (i < x->trace.n)
		buf_addf(b, "<p>Of %zu steps this page has room for %zu.</p>\n", x->trace.n, i);
}

static void put_problem(struct response *r, enum err e, const struct fault *f)
{
	r->status = err_status(e);
	buf_addc(&r->body, "<p class=\"explain-problem\"><strong>");
	buf_html(&r->body, str_c(err_sentence(e)));
	buf_addc(&r->body, "</strong> ");
	buf_html(&r->body, str_c(f->field));
	buf_addc(&r->body, f->field[0] ? " " : "");
	buf_html(&r->body, str_c(f->detail));
	buf_addc(&r->body, "</p>\n");
}

/* --- both ------------------------------------------------------------------------------------- */

void h_explain(struct app_view *v, struct request *q, struct response *r)
{
	struct suppose_words w;
	struct explain *x = NULL;
	struct fault f = {0};
	bool html = request_wants_html(q);
	suppose_init(&w, q->now);
	enum err e = app_explain_is_on(v) ? read_query(q, &w, &f) : ERR_NOT_FOUND;
	if (e == OK)
		e = app_explain(v, q->host, &w, &x, &f);
	r->type = html ? "text/html; charset=utf-8" : "application/json";
	response_no_store(r);
	if (e != OK && html) {
		put_problem(r, e, &f);
	} else if (e != OK) {
		response_problem(r, q, e, &f);
	} else if (html) {
		put_verdict(&r->body, &x->decision);
		put_facts(&r->body, x);
		put_steps(&r->body, x);
	} else {
		(void)view_trace_decision(&r->body, &x->decision, &x->trace);
	}
	if (x)
		app_explain_free(x);
}
