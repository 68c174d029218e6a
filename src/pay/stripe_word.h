/* pay/stripe_word.h: Stripe's words for states, and ours. Floor 2, pure. Each gives NULL for a word
 * that is in no list: a new one is looked at by a person before it means anything. */
#ifndef PAY_STRIPE_WORD_H
#define PAY_STRIPE_WORD_H

#include "base/str.h"

const char *stripe_word_recurring(struct str word); /* active past_due ended; "": not begun */
const char *stripe_word_intent(struct str word);    /* paid processing failed; "": waits */
const char *stripe_word_charge(struct str word);    /* paid processing failed */
const char *stripe_word_refund(struct str word);    /* pending done failed */
const char *stripe_word_dispute(struct str word);   /* inquiry open won lost */

#endif
