/* pay/pay_list.h: what the provider has, page by page, newest first: to find what a webhook did not
 * tell and what a lost answer made. Floor 2. */
#ifndef PAY_PAY_LIST_H
#define PAY_PAY_LIST_H

#include "pay/pay.h"

enum pay_list {
	PAY_LIST_EVENTS,
	PAY_LIST_CHECKOUTS,
	PAY_LIST_CHARGES,
	PAY_LIST_REFUNDS,
	PAY_LIST_DISPUTES,
	PAY_LIST_SUBSCRIPTIONS
};

/* pay_build_list: made in [since, until); 0 = open at that end. after: the *ret_next of the page
 * before, or empty. A page is newest first; what is made meanwhile is on no later page, so whoever
 * keeps a cursor goes back to it, and a little further. fails ERR_RANGE, ERR_TOO_LONG,
 * ERR_NO_MEMORY */
MUST enum err pay_build_list(const struct pay *p, enum pay_list what, utc_t since, utc_t until,
	struct str after, struct arena *a, struct pay_request *ret);

/* pay_parse_list: one page.
 *   gives  *ret_items: an array, new reference; *ret_next: empty when there is no more, else in a.
 *          Members of an item (times as RFC 3339, amounts in minor units, currencies upper case,
 *          null: not told):
 *   events         id type kind object_id livemode created raw; fault, only when a type that we
 *                  know could not be read (kind is then none). raw is the event's text.
 *                  kind none: nothing we act on
 *   checkouts      id pledge state (open complete processing expired) url expires_at created
 *                  livemode
 *   charges        id intent amount currency refunded disputed state (paid processing failed)
 *                  created livemode pledge invoice customer
 *   refunds        id payment amount currency state (pending done failed) created ours
 *   disputes       id payment amount currency state (inquiry open won lost) created livemode
 *   subscriptions  id state (active past_due ended; null: not begun) customer pledge created
 *                  livemode
 *          fees false: what the payment cost is not told; by_payment true: the provider gives it
 *          with its payment alone. Both may be absent.
 *          payment is the intent's id if told, else the charge's. state is null for a word that we
 *          do not know.
 *   fails  ERR_PROVIDER: the page as a whole, or one item's id, time, amount or currency, is
 *          unsound; ERR_NO_MEMORY */
MUST enum err pay_parse_list(const struct pay *p, enum pay_list what, const struct pay_answer *ans,
	json_t **ret_items, struct str *ret_next, struct arena *a, struct fault *f);

#endif
