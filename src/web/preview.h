/* web/preview.h: every variant of campaigns in every format and language, on one page for an
 * editor. Floor 4. The page is written in pieces, each to a buffer that the caller empties, and
 * what a reader sees by the same code as /prompt. It runs no script and asks for nothing. */
#ifndef WEB_PREVIEW_H
#define WEB_PREVIEW_H

#include "web/fragment.h"

#define PREVIEW_PIECE_BYTES (1u << 20)
#define PREVIEW_LANGS_MAX   64

/* A campaign to be shown. */
struct preview {
	const struct campaign *campaign;
	struct str site, locale; /* locale: the site's own, or empty */
	struct str state;        /* "runs", "paused", a file's name */
	bool has_ledger;         /* the copy's figures are those of the ledger */
	size_t set;              /* of its amounts */
	struct web_copy copy;
};
struct preview_list {
	const struct preview *v;
	size_t n;
};

/* A text of a campaign, and how often it is drawn: no runs on over the whole page. */
struct preview_text {
	const struct preview *of;
	size_t variant, text, no;
};

/* One of the two: a stylesheet as text, or where it lies. */
struct preview_style {
	struct str css, link;
};

/* The pieces, in their order: head, index; of each campaign its own, then of each of its variants
 * control, or of each text its own and a picture by format; foot. */
void preview_head(struct buf *b, const struct preview_style *style, utc_t now);
void preview_index(struct buf *b, const struct preview_list *all);
void preview_campaign(struct buf *b, const struct preview_list *all, size_t i);
void preview_control(struct buf *b, const struct preview *p, size_t variant);
void preview_text(struct buf *b, const struct preview_text *t);
void preview_picture(struct buf *b, const struct preview_text *t, enum format format);
void preview_foot(struct buf *b);

/* The formats a campaign may take: its own first. Gives how many. */
size_t preview_formats(const struct campaign *c, enum format ret[FORMAT_N]);
/* How many of a variant's texts are longer than their places are meant for. */
size_t preview_too_long(const struct preview *p, size_t variant, size_t text);

/* web/preview_style.c: the page's own, beside that of the prompt. */
extern const char preview_css[];

#endif
