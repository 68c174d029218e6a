/* pay/stripe_word.c: the lists. */
#include "pay/stripe_word.h"
#include "pay/wire.h"

/* unpaid and paused can come back to life, so they are not the end; incomplete has not begun. */
static const struct wire_word recurring[] = {
	{"active", "active"},
	{"trialing", "active"},
	{"past_due", "past_due"},
	{"unpaid", "past_due"},
	{"paused", "past_due"},
	{"canceled", "ended"},
	{"incomplete_expired", "ended"},
	{"incomplete", ""},
	{0},
};

/* Waiting for the donor is nothing to tell: the checkout page says more. */
static const struct wire_word intents[] = {
	{"succeeded", "paid"},
	{"processing", "processing"},
	{"canceled", "failed"},
	{"requires_payment_method", ""},
	{"requires_confirmation", ""},
	{"requires_action", ""},
	{"requires_capture", ""},
	{0},
};

static const struct wire_word charges[] = {
	{"succeeded", "paid"},
	{"pending", "processing"},
	{"failed", "failed"},
	{0},
};

static const struct wire_word refunds[] = {
	{"pending", "pending"},
	{"requires_action", "pending"},
	{"succeeded", "done"},
	{"failed", "failed"},
	{"canceled", "failed"},
	{0},
};

/* An inquiry holds nothing. An appeal follows what is lost: the money is gone until it is won. */
static const struct wire_word disputes[] = {
	{"warning_needs_response", "inquiry"},
	{"warning_under_review", "inquiry"},
	{"needs_response", "open"},
	{"under_review", "open"},
	{"appeal_needs_response", "lost"},
	{"appeal_under_review", "lost"},
	{"warning_closed", "won"},
	{"won", "won"},
	{"prevented", "won"},
	{"lost", "lost"},
	{0},
};

const char *stripe_word_recurring(struct str word)
{
	return wire_word(recurring, word);
}

const char *stripe_word_intent(struct str word)
{
	return wire_word(intents, word);
}

const char *stripe_word_charge(struct str word)
{
	return wire_word(charges, word);
}

const char *stripe_word_refund(struct str word)
{
	return wire_word(refunds, word);
}

const char *stripe_word_dispute(struct str word)
{
	return wire_word(disputes, word);
}
