/* core/cover.h: what a donor adds so that the gift arrives whole after the payment fee.
 * Floor 1: pure. No floating point: the widget does the same sums (tests/table/cover.json). */
#ifndef CORE_COVER_H
#define CORE_COVER_H

#include "core/money.h"

#define COVER_PERCENT_MAX 2000 /* a fee beyond that is a slip of the pen */

/* The fee of a payment: so many hundredths of a percent and a fixed part, in minor units of the
 * currency that it stands with. Both 0: no cover is offered. */
struct cover {
	uint32_t percent_e2;
	int64_t fixed_minor;
};
bool cover_is_offered(const struct cover *c);

/* "1.5": at most two decimals, 0 to 20. fails ERR_AMOUNT_BAD, ERR_AMOUNT_FRACTION,
 * ERR_AMOUNT_TOO_LARGE; *ret untouched */
MUST enum err cover_percent_parse(struct str s, uint32_t *ret);
void cover_percent_format(struct buf *b, uint32_t percent_e2); /* "1.5", "3", "0.25" */
/* cover_format: both parts, "1.5 0.25", as a form tells which fee it showed. cur: an own currency
 */
void cover_format(struct buf *b, const struct cover *c, struct str cur);

/* cover_of: ceil((gift + fixed) / (1 - percent / 100)) - gift, rounded up to the currency's step.
 *   gift   within the bounds of its currency; fixed is of that currency
 *   gives  *ret in the same currency
 *   fails  ERR_CURRENCY_UNKNOWN; ERR_AMOUNT_TOO_LARGE when both together are above the largest
 *          gift; *ret untouched */
MUST enum err cover_of(const struct cover *c, const struct money *gift, struct money *ret);

#endif
