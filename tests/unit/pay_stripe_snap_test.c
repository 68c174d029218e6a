/* Snapshots: Stripe's objects, in the places of 2023 and of 2026, and everything that is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "pay/stripe_snap.h"

#define P "01890a5d-ac96-774b-bcce-b302099a8057"
#define Q "01890a5d-ac96-774b-bcce-b302099a8058"
#define T "'2030-03-17T17:46:40Z'" /* 1900000000 */
#define U "'2030-03-17T17:46:41Z'"

static const struct pay_set set = {.checkout_host = "checkout.stripe.com"};

/* JSON is written with ' in this file. */
static json_t *json_of(const char *text)
{
	char *copy = strdup(text);
	json_error_t je;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *v = json_loads(copy, JSON_REJECT_DUPLICATES, &je);
	if (!v)
		fail_msg("%s: %s", je.text, text);
	free(copy);
	return v;
}

static enum err snap(const struct pay_set *s, enum pay_kind kind, const json_t *o, json_t **ret, struct fault *f)
{
	char *text = json_dumps(o, JSON_COMPACT);
	struct pay_answer ans = {.status = 200, .body = str_c(text)};
	enum err e = stripe_snap_parse(s, kind, &ans, utc_of_s(1900000000), ret, f);

	free(text);
	return e;
}

/* --- samples ----------------------------------------------------------------------------------- */

#define SESSION(mode, status, pays, more) "{'id':'cs_1','object':'checkout.session','livemode':false,'mode':'" mode "'," \
	"'status':'" status "','payment_status':'" pays "','expires_at':1900000000,'client_reference_id':'" P "'," \
	"'metadata':{'pledge':'" P "'},'amount_total':2500,'currency':'eur','customer_details':{'email':'a@b.example'}" more "}"
#define PI(status) ",'payment_intent':{'id':'pi_1','object':'payment_intent','status':'" status "','created':1900000001}"
#define SUB(status) "{'id':'sub_1','object':'subscription','livemode':false,'status':'" status "','customer':'cus_1'," \
	"'metadata':{'pledge':'" P "'},'items':{'data':[{'current_period_end':1900000001}]}}"
#define INVOICE(status, more) "{'id':'in_1','object':'invoice','livemode':false,'status':'" status "'," \
	"'amount_paid':2500,'amount_due':2600,'currency':'eur','customer':'cus_1','customer_email':'a@b.example'," \
	"'status_transitions':{'paid_at':1900000000}" more "}"
#define PARENT ",'parent':{'type':'subscription_details','subscription_details':{'subscription':'sub_1'," \
	"'metadata':{'pledge':'" P "'}}}"
#define LINES ",'lines':{'data':[{'period':{'end':1900000001},'metadata':{}}]}"
#define FIRST ",'billing_reason':'subscription_create'"
#define NEXT ",'billing_reason':'subscription_cycle'"
#define PAID_WITH ",'payments':{'data':[{'status':'open','payment':{'payment_intent':'pi_0'}}," \
	"{'status':'paid','payment':{'payment_intent':'pi_1'}}]}"
#define SUBSESSION(pays, sub, invoice) SESSION("subscription", "complete", pays, ",'customer':'cus_1','subscription':" sub \
	",'invoice':" invoice)
#define INTENT(status, more) "{'id':'pi_1','object':'payment_intent','livemode':false,'status':'" status "'," \
	"'amount':2600,'amount_received':2500,'currency':'eur','created':1900000000,'metadata':{'pledge':'" P "'}" more "}"
#define REFUND(status, more) "{'id':'re_1','object':'refund','amount':500,'currency':'eur','status':'" status "'" more "}"
#define DISPUTE(status) "{'id':'du_1','object':'dispute','livemode':false,'amount':2500,'currency':'usd'," \
	"'status':'" status "','charge':'ch_1','payment_intent':'pi_1'}"

/* What a snapshot says: the members that are not as in an empty one. */
#define SAYS(pledge, more) "{'pledge':" pledge more "}"
#define MINE "'" P "'"
#define CHECKOUT(state, url) ",'checkout':{'id':'cs_1','state':'" state "','expires_at':" T ",'url':" url "}"
#define PAYMENT(id, state, amount, at, intent) ",'payments':[{'id':'" id "','state':'" state "','amount':" amount \
	",'currency':'EUR','paid_at':" at ",'intent':" intent "}]"
#define HOW(method, country) ",'payments':[{'id':'pi_1','state':'paid','amount':2500,'currency':'EUR','paid_at':" T \
	",'intent':'pi_1','method':'" method "'" country "}]"
#define GIFT(state, until, customer, more) ",'recurring':{'id':'sub_1','state':'" state "','until':" until \
	",'customer':" customer more "}"
/* nothing more is told · by a subscription without a price · by an invoice that was paid, that failed */
#define RECURRING(state, until, customer) GIFT(state, until, customer, "")
#define TERMS(state, until, customer) GIFT(state, until, customer, ",'item':null,'product':null,'amount':null,'currency':null," \
	"'interval':null,'ends_at':null,'paused_until':null")
#define FINE(state, until, customer) GIFT(state, until, customer, ",'failure':null,'failures':0,'next_try_at':null")
#define TRIED(state, why, n, next) GIFT(state, "null", "'cus_1'", ",'failure':" why ",'failures':" n ",'next_try_at':" next)
#define MAIL ",'email':'a@b.example'"
#define TAKEN(list, id, payment, amount, cur, state, more) ",'" list "':[{'id':'" id "','payment':'" payment "','amount':" amount \
	",'currency':'" cur "','state':'" state "'" more "}]"
#define BACK(payment, state) TAKEN("refunds", "re_1", payment, "500", "EUR", state, ",'ours':null")
#define TAKEN_BY(cur, state) TAKEN("disputes", "du_1", "pi_1", "2500", cur, state, "")
#define URL "https://checkout.stripe.com/c/pay/cs_1"

/* The newer members. */
#define OURS ",'metadata':{'refund':'" Q "'}"
#define MOVE(id, fee) "{'id':'" id "','object':'balance_transaction','amount':1,'fee':" fee ",'currency':'chf','net':1}"
#define FEE(id, payment, what, amount) ",'fees':[" COST(id, payment, what, amount) "]"
#define COST(id, payment, what, amount) "{'id':'" id "','payment':'" payment "','what':'" what "','amount':" amount ",'currency':'CHF'}"
#define PRICED(price, quantity, more) "{'id':'sub_1','object':'subscription','livemode':false,'status':'active','customer':'cus_1'," \
	"'metadata':{'pledge':'" P "'},'items':{'has_more':false,'data':[{'id':'si_1','current_period_end':1900000001," \
	"'quantity':" quantity ",'price':{'product':'prod_1','currency':'eur','unit_amount':" price ",'recurring':{'interval':'month','interval_count':1}}}]}" more "}"
#define TOLD(ends, paused) GIFT("active", U, "'cus_1'", ",'item':'si_1','product':'prod_1','amount':1500,'currency':'EUR'," \
	"'interval':'month','ends_at':" ends ",'paused_until':" paused)
#define BILLED(intent) ",'payments':{'data':[{'status':'open','payment':{'payment_intent':" intent "}}]}"
#define REFUSED(status, error) "{'id':'pi_1','status':'" status "','last_payment_error':" error "}"
#define DECLINED(payment, code) ",'declines':[{'payment':'" payment "','code':'" code "','told':true}]"
#define TRY ",'attempted':true,'attempt_count':2,'next_payment_attempt':1900000009"
#define AGAIN "'2030-03-17T17:46:49Z'"
#define WARNING(more) "{'id':'issfr_1','object':'radar.early_fraud_warning','livemode':false,'actionable':true,'created':1900000000," \
	"'fraud_type':'made_with_stolen_card'" more "}"
#define WARNED(payment) ",'warnings':[{'id':'issfr_1','payment':'" payment "','kind':'made_with_stolen_card','actionable':true}]"

#define LONG "a_way_to_pay_whose_name_is_longer_than_any_that_there_is"

static const struct row { const char *name; enum pay_kind kind; const char *in, *out; } rows[] = {
    {"open", PAY_KIND_CHECKOUT, SESSION("payment", "open", "unpaid", ",'url':'" URL "'"),
	SAYS(MINE, CHECKOUT("open", "'" URL "'") MAIL)},
    {"open, a page of another host", PAY_KIND_CHECKOUT, SESSION("payment", "open", "unpaid", ",'url':'https://evil.example/'"),
	SAYS(MINE, CHECKOUT("open", "null") MAIL)},
    {"expired", PAY_KIND_CHECKOUT, SESSION("payment", "expired", "unpaid", ",'url':null"),
	SAYS(MINE, CHECKOUT("expired", "null") MAIL)},
    {"expired, its page still told", PAY_KIND_CHECKOUT, SESSION("payment", "expired", "unpaid", ",'url':'" URL "'"),
	SAYS(MINE, CHECKOUT("expired", "null") MAIL)},
    {"paid once", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "paid", PI("succeeded")),
	SAYS(MINE, CHECKOUT("complete", "null") PAYMENT("pi_1", "paid", "2500", U, "'pi_1'") MAIL)},
    {"paid once, not expanded", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "paid", ",'payment_intent':'pi_1'"),
	SAYS(MINE, CHECKOUT("complete", "null") PAYMENT("pi_1", "paid", "2500", "null", "'pi_1'") MAIL)},
    {"delayed", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "unpaid", PI("processing")),
	SAYS(MINE, CHECKOUT("processing", "null") PAYMENT("pi_1", "processing", "2500", "null", "'pi_1'") MAIL)},
    {"delayed, waits for a transfer", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "unpaid", PI("requires_action")),
	SAYS(MINE, CHECKOUT("processing", "null") PAYMENT("pi_1", "processing", "2500", "null", "'pi_1'") MAIL)},
    {"delayed and failed", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "unpaid", PI("requires_payment_method")),
	SAYS(MINE, CHECKOUT("failed", "null") PAYMENT("pi_1", "failed", "2500", "null", "'pi_1'") MAIL)},
    {"delayed and canceled", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "unpaid", PI("canceled")),
	SAYS(MINE, CHECKOUT("failed", "null") PAYMENT("pi_1", "failed", "2500", "null", "'pi_1'") MAIL)},
    {"monthly, paid", PAY_KIND_CHECKOUT, SUBSESSION("paid", SUB("active"), INVOICE("paid", FIRST PAID_WITH)),
	SAYS(MINE, CHECKOUT("complete", "null") PAYMENT("in_1", "paid", "2500", T, "'pi_1'") TERMS("active", U, "'cus_1'") MAIL)},
    {"monthly, nothing expanded", PAY_KIND_CHECKOUT, SUBSESSION("paid", "'sub_1'", "'in_1'"),
	SAYS(MINE, CHECKOUT("complete", "null") PAYMENT("in_1", "paid", "2500", "null", "null") RECURRING("active", "null", "'cus_1'") MAIL)},
    {"monthly, the invoice is behind", PAY_KIND_CHECKOUT, SUBSESSION("paid", SUB("active"), INVOICE("open", FIRST)),
	SAYS(MINE, CHECKOUT("processing", "null") PAYMENT("in_1", "processing", "2600", "null", "null") TERMS("active", U, "'cus_1'") MAIL)},
    {"monthly, the session is behind", PAY_KIND_CHECKOUT, SUBSESSION("unpaid", SUB("active"), INVOICE("paid", FIRST)),
	SAYS(MINE, CHECKOUT("complete", "null") PAYMENT("in_1", "paid", "2500", T, "null") TERMS("active", U, "'cus_1'") MAIL)},
    {"monthly, delayed", PAY_KIND_CHECKOUT, SUBSESSION("unpaid", SUB("incomplete"), INVOICE("open", FIRST ",'attempted':true")),
	SAYS(MINE, CHECKOUT("processing", "null") PAYMENT("in_1", "processing", "2600", "null", "null") MAIL)},
    {"monthly, delayed, not expanded", PAY_KIND_CHECKOUT, SUBSESSION("unpaid", "'sub_1'", "'in_1'"),
	SAYS(MINE, CHECKOUT("processing", "null") PAYMENT("in_1", "processing", "2500", "null", "null") MAIL)},
    {"monthly, never paid", PAY_KIND_CHECKOUT, SUBSESSION("unpaid", SUB("incomplete_expired"), INVOICE("void", FIRST)),
	SAYS(MINE, CHECKOUT("failed", "null") PAYMENT("in_1", "failed", "2600", "null", "null") TERMS("ended", U, "'cus_1'") MAIL)},
    {"somebody else's session", PAY_KIND_CHECKOUT,
	"{'id':'cs_1','object':'checkout.session','livemode':true,'status':'open','payment_status':'unpaid','client_reference_id':'shop 7','metadata':{}}",
	"{'livemode':true,'checkout':{'id':'cs_1','state':'open','expires_at':null,'url':null}}"},

    {"invoice of 2026", PAY_KIND_INVOICE, INVOICE("paid", NEXT PARENT LINES PAID_WITH),
	SAYS(MINE, PAYMENT("in_1", "paid", "2500", T, "'pi_1'") FINE("active", U, "'cus_1'") MAIL)},
    {"invoice of 2023", PAY_KIND_INVOICE, INVOICE("paid", NEXT ",'subscription':'sub_1','payment_intent':'pi_1',"
	"'subscription_details':{'metadata':{'pledge':'" P "'}}" LINES),
	SAYS(MINE, PAYMENT("in_1", "paid", "2500", T, "'pi_1'") FINE("active", U, "'cus_1'") MAIL)},
    {"invoice, all expanded", PAY_KIND_INVOICE, INVOICE("paid", ",'subscription':{'id':'sub_1'},'payment_intent':{'id':'pi_1'}"),
	SAYS("null", PAYMENT("in_1", "paid", "2500", T, "'pi_1'") FINE("active", "null", "'cus_1'") MAIL)},
    {"invoice, only its lines tell, 2026", PAY_KIND_INVOICE, INVOICE("paid", ",'lines':{'data':[{'metadata':{'pledge':'" P "'},"
	"'parent':{'subscription_item_details':{'subscription':'sub_1'}}}]}"),
	SAYS(MINE, PAYMENT("in_1", "paid", "2500", T, "null") FINE("active", "null", "'cus_1'") MAIL)},
    {"invoice, only its lines tell, 2023", PAY_KIND_INVOICE, INVOICE("paid", ",'lines':{'data':[{'subscription':'sub_1',"
	"'metadata':{'pledge':'" P "'}}]}"),
	SAYS(MINE, PAYMENT("in_1", "paid", "2500", T, "null") FINE("active", "null", "'cus_1'") MAIL)},
    {"invoice of nothing", PAY_KIND_INVOICE, "{'id':'in_1','object':'invoice','livemode':false,'status':'paid','amount_paid':0,'currency':'eur'" PARENT "}",
	SAYS(MINE, FINE("active", "null", "null"))},
    {"draft", PAY_KIND_INVOICE, INVOICE("draft", NEXT PARENT), SAYS(MINE, RECURRING("active", "null", "'cus_1'") MAIL)},
    {"open, not tried", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT ",'attempted':false"),
	SAYS(MINE, RECURRING("active", "null", "'cus_1'") MAIL)},
    {"open, on its way", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT ",'attempted':true,'next_payment_attempt':null"),
	SAYS(MINE, PAYMENT("in_1", "processing", "2600", "null", "null") FINE("active", "null", "'cus_1'") MAIL)},
    {"open, on its way with an intent", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT ",'attempted':true,"
	"'payments':{'data':[{'status':'open','payment':{'payment_intent':'pi_0'}}]}"),
	SAYS(MINE, PAYMENT("in_1", "processing", "2600", "null", "'pi_0'") FINE("active", "null", "'cus_1'") MAIL)},
    {"open, failed, tried again later", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT LINES ",'attempted':true,'next_payment_attempt':1900000009"),
	SAYS(MINE, PAYMENT("in_1", "failed", "2600", "null", "null") TRIED("past_due", "'not_told'", "1", "'2030-03-17T17:46:49Z'") MAIL)},
    {"the first, declined on the page", PAY_KIND_INVOICE, INVOICE("open", FIRST PARENT ",'attempted':true,'next_payment_attempt':1900000009"),
	SAYS(MINE, MAIL)},
    {"uncollectible", PAY_KIND_INVOICE, INVOICE("uncollectible", NEXT PARENT),
	SAYS(MINE, PAYMENT("in_1", "failed", "2600", "null", "null") TRIED("past_due", "'not_told'", "1", "null") MAIL)},

    {"active", PAY_KIND_SUBSCRIPTION, SUB("active"), SAYS(MINE, TERMS("active", U, "'cus_1'"))},
    {"trialing", PAY_KIND_SUBSCRIPTION, SUB("trialing"), SAYS(MINE, TERMS("active", U, "'cus_1'"))},
    {"past due", PAY_KIND_SUBSCRIPTION, SUB("past_due"), SAYS(MINE, TERMS("past_due", U, "'cus_1'"))},
    {"unpaid can be paid yet", PAY_KIND_SUBSCRIPTION, SUB("unpaid"), SAYS(MINE, TERMS("past_due", U, "'cus_1'"))},
    {"paused", PAY_KIND_SUBSCRIPTION, SUB("paused"), SAYS(MINE, TERMS("past_due", U, "'cus_1'"))},
    {"canceled", PAY_KIND_SUBSCRIPTION, SUB("canceled"), SAYS(MINE, TERMS("ended", U, "'cus_1'"))},
    {"never begun", PAY_KIND_SUBSCRIPTION, SUB("incomplete_expired"), SAYS(MINE, TERMS("ended", U, "'cus_1'"))},
    {"not begun", PAY_KIND_SUBSCRIPTION, SUB("incomplete"), SAYS(MINE, "")},
    {"subscription of 2023", PAY_KIND_SUBSCRIPTION, "{'id':'sub_1','object':'subscription','livemode':false,'status':'active',"
	"'current_period_end':1900000001,'customer':{'id':'cus_1'}}", SAYS("null", TERMS("active", U, "'cus_1'"))},
    {"ended long ago, no period", PAY_KIND_SUBSCRIPTION, "{'id':'sub_1','object':'subscription','livemode':false,'status':'canceled'}",
	SAYS("null", TERMS("ended", "null", "null"))},

    {"intent paid", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':'ch_1'"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", T, "'pi_1'"))},
    {"intent paid, with refunds", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','created':1900000001,"
	"'refunds':{'data':[" REFUND("succeeded", ",'payment_intent':'pi_1'") "]}}"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", U, "'pi_1'") BACK("pi_1", "done"))},
    {"intent of an invoice, 2023", PAY_KIND_PAYMENT, INTENT("succeeded", ",'invoice':'in_1'"),
	SAYS(MINE, PAYMENT("in_1", "paid", "2500", T, "'pi_1'"))},
    {"intent on its way", PAY_KIND_PAYMENT, INTENT("processing", ""), SAYS(MINE, PAYMENT("pi_1", "processing", "2600", "null", "'pi_1'"))},
    {"intent canceled", PAY_KIND_PAYMENT, INTENT("canceled", ""), SAYS(MINE, PAYMENT("pi_1", "failed", "2600", "null", "'pi_1'"))},
    {"intent waits for the donor", PAY_KIND_PAYMENT, INTENT("requires_payment_method", ""), SAYS(MINE, "")},

    {"refund", PAY_KIND_REFUND, REFUND("succeeded", ",'payment_intent':'pi_1','charge':'ch_1','metadata':{'pledge':'" P "'}"),
	SAYS(MINE, BACK("pi_1", "done"))},
    {"refund pending", PAY_KIND_REFUND, REFUND("pending", ",'payment_intent':{'id':'pi_1','metadata':{'pledge':'" P "'}}"),
	SAYS(MINE, BACK("pi_1", "pending"))},
    {"refund needs action", PAY_KIND_REFUND, REFUND("requires_action", ",'charge':'ch_1'"),
	SAYS("null", BACK("ch_1", "pending"))},
    {"refund failed", PAY_KIND_REFUND, REFUND("failed", ",'payment_intent':'pi_1'"),
	SAYS("null", BACK("pi_1", "failed"))},
    {"refund canceled", PAY_KIND_REFUND, REFUND("canceled", ",'payment_intent':'pi_1'"),
	SAYS("null", BACK("pi_1", "failed"))},
    {"dispute", PAY_KIND_DISPUTE, DISPUTE("needs_response"), SAYS("null", TAKEN_BY("USD", "open"))},
    {"dispute looked at", PAY_KIND_DISPUTE, DISPUTE("under_review"), SAYS("null", TAKEN_BY("USD", "open"))},
    {"inquiry", PAY_KIND_DISPUTE, DISPUTE("warning_needs_response"), SAYS("null", TAKEN_BY("USD", "inquiry"))},
    {"inquiry looked at", PAY_KIND_DISPUTE, DISPUTE("warning_under_review"), SAYS("null", TAKEN_BY("USD", "inquiry"))},
    {"appeal", PAY_KIND_DISPUTE, DISPUTE("appeal_needs_response"), SAYS("null", TAKEN_BY("USD", "lost"))},
    {"appeal looked at", PAY_KIND_DISPUTE, DISPUTE("appeal_under_review"), SAYS("null", TAKEN_BY("USD", "lost"))},
    {"dispute won", PAY_KIND_DISPUTE, DISPUTE("won"), SAYS("null", TAKEN_BY("USD", "won"))},
    {"warning closed", PAY_KIND_DISPUTE, DISPUTE("warning_closed"), SAYS("null", TAKEN_BY("USD", "won"))},
    {"refund of ours, with a fee", PAY_KIND_REFUND, REFUND("succeeded", ",'payment_intent':'pi_1','balance_transaction':" MOVE("txn_1", "25") OURS),
	SAYS("null", TAKEN("refunds", "re_1", "pi_1", "500", "EUR", "done", ",'ours':'" Q "'") FEE("txn_1", "pi_1", "refund", "25"))},
    {"refund of a shop", PAY_KIND_REFUND, REFUND("succeeded", ",'payment_intent':'pi_1','balance_transaction':'txn_1','metadata':{'refund':'7'}"),
	SAYS("null", BACK("pi_1", "done"))},
    {"intent paid, its fees", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','created':1900000001,"
	"'balance_transaction':" MOVE("txn_1", "101") ",'refunds':{'data':[{'id':'re_1','object':'refund','amount':500,'currency':'eur',"
	"'status':'succeeded','payment_intent':'pi_1','balance_transaction':" MOVE("txn_2", "-12") OURS "}]}}"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", U, "'pi_1'") TAKEN("refunds", "re_1", "pi_1", "500", "EUR", "done", ",'ours':'" Q "'")
	",'fees':[" COST("txn_1", "pi_1", "payment", "101") "," COST("txn_2", "pi_1", "refund", "-12") "]")},
    {"intent paid, and when its money settles", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','created':1900000001,"
	"'balance_transaction':{'id':'txn_1','amount':1,'fee':101,'currency':'chf','available_on':1900000001}}"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", U, "'pi_1'")
	",'fees':[{'id':'txn_1','payment':'pi_1','what':'payment','amount':101,'currency':'CHF','settles_at':" U "}]")},
    {"intent paid, and nobody can say when its money settles", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','created':1900000001,"
	"'balance_transaction':{'id':'txn_1','amount':1,'fee':101,'currency':'chf','available_on':'soon'}}"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", U, "'pi_1'") FEE("txn_1", "pi_1", "payment", "101"))},
    {"intent paid, its fee is not known yet", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','balance_transaction':null}"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", T, "'pi_1'"))},
    {"intent paid by debit", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','payment_method_details':{'type':'sepa_debit','card':{'country':'US'},'sepa_debit':{'country':'DE'}}}"),
	SAYS(MINE, HOW("sepa_debit", ",'country':'DE'"))},
    {"intent paid by card, its country is a longer word", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','payment_method_details':{'type':'card','card':{'country':'USA'}}}"),
	SAYS(MINE, HOW("card", ""))},
    {"intent paid by what is no word", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','payment_method_details':{'type':'a@b.example','a@b':{'country':'DE'}}}"),
	SAYS(MINE, HOW("other", ""))},
    {"intent paid by what has no name", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','payment_method_details':{'type':'','':{'country':'DE'}}}"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", T, "'pi_1'"))},
    {"intent paid by what has a long name", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','payment_method_details':{'type':'" LONG "','" LONG "':{'country':'DE'}}}"),
	SAYS(MINE, HOW(LONG, ""))},
    {"intent paid at no cost", PAY_KIND_PAYMENT, INTENT("succeeded", ",'latest_charge':{'id':'ch_1','balance_transaction':" MOVE("txn_1", "0") "}"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", T, "'pi_1'"))},
    {"intent declined, waits", PAY_KIND_PAYMENT, INTENT("requires_payment_method", ",'last_payment_error':{'code':'card_declined','decline_code':'stolen_card'}"),
	SAYS(MINE, DECLINED("pi_1", "stolen_card"))},
    {"intent declined, in words", PAY_KIND_PAYMENT, INTENT("requires_payment_method", ",'last_payment_error':{'code':'a@b.example said no'}"),
	SAYS(MINE, DECLINED("pi_1", "other"))},
    {"intent declined, then paid", PAY_KIND_PAYMENT, INTENT("succeeded", ",'last_payment_error':{'code':'card_declined'}"),
	SAYS(MINE, PAYMENT("pi_1", "paid", "2500", T, "'pi_1'"))},

    {"terms", PAY_KIND_SUBSCRIPTION, PRICED("1500", "1", ",'pause_collection':null,'cancel_at':null,'cancel_at_period_end':false"),
	SAYS(MINE, TOLD("null", "null"))},
    {"terms, by threes", PAY_KIND_SUBSCRIPTION, PRICED("500", "3", ""), SAYS(MINE, TOLD("null", "null"))},
    {"ends with its period", PAY_KIND_SUBSCRIPTION, PRICED("1500", "1", ",'cancel_at_period_end':true"), SAYS(MINE, TOLD(U, "null"))},
    {"ends at a time and with its period", PAY_KIND_SUBSCRIPTION, PRICED("1500", "1", ",'cancel_at_period_end':true,'cancel_at':1900000009"),
	SAYS(MINE, TOLD(AGAIN, "null"))},
    {"ends at a time", PAY_KIND_SUBSCRIPTION, PRICED("1500", "1", ",'cancel_at':1900000009"), SAYS(MINE, TOLD(AGAIN, "null"))},
    {"paused until a time", PAY_KIND_SUBSCRIPTION, PRICED("1500", "1", ",'pause_collection':{'behavior':'void','resumes_at':1900000009}"),
	SAYS(MINE, TOLD("null", AGAIN))},
    {"paused without an end", PAY_KIND_SUBSCRIPTION, PRICED("1500", "1", ",'pause_collection':{'behavior':'void','resumes_at':null}"),
	SAYS(MINE, TOLD("null", "'9999-12-31T23:59:59Z'"))},
    {"two lines", PAY_KIND_SUBSCRIPTION, "{'id':'sub_1','object':'subscription','livemode':false,'status':'active','customer':'cus_1',"
	"'metadata':{'pledge':'" P "'},'items':{'data':[{'id':'si_1','current_period_end':1900000001},{'id':'si_2'}]}}",
	SAYS(MINE, TERMS("active", U, "'cus_1'"))},
    {"a price in steps", PAY_KIND_SUBSCRIPTION, PRICED("null", "1", ""), SAYS(MINE, GIFT("active", U, "'cus_1'",
	",'item':'si_1','product':'prod_1','amount':null,'currency':null,'interval':null,'ends_at':null,'paused_until':null"))},
    {"paid every two months", PAY_KIND_SUBSCRIPTION, "{'id':'sub_1','object':'subscription','livemode':false,'status':'active','customer':'cus_1',"
	"'metadata':{'pledge':'" P "'},'items':{'data':[{'id':'si_1','current_period_end':1900000001,'price':{'product':'prod_1','currency':'eur',"
	"'unit_amount':700,'recurring':{'interval':'month','interval_count':2}}}]}}", SAYS(MINE, GIFT("active", U, "'cus_1'",
	",'item':'si_1','product':'prod_1','amount':700,'currency':'EUR','interval':null,'ends_at':null,'paused_until':null"))},

    {"instalment refused", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT TRY
	BILLED(REFUSED("requires_payment_method", "{'code':'card_declined','decline_code':'insufficient_funds'}"))),
	SAYS(MINE, PAYMENT("in_1", "failed", "2600", "null", "'pi_1'") TRIED("past_due", "'insufficient_funds'", "2", AGAIN)
	DECLINED("pi_1", "insufficient_funds") MAIL)},
    {"instalment refused, no further try", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT ",'attempted':true,'attempt_count':4"
	BILLED(REFUSED("requires_payment_method", "{'code':'expired_card'}"))),
	SAYS(MINE, PAYMENT("in_1", "failed", "2600", "null", "'pi_1'") TRIED("past_due", "'expired_card'", "4", "null")
	DECLINED("pi_1", "expired_card") MAIL)},
    {"instalment canceled at the bank", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT ",'attempted':true,'attempt_count':1"
	BILLED(REFUSED("canceled", "null"))),
	SAYS(MINE, PAYMENT("in_1", "failed", "2600", "null", "'pi_1'") TRIED("past_due", "'not_told'", "1", "null") MAIL)},
    {"instalment waits for the donor", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT TRY BILLED(REFUSED("requires_action", "null"))),
	SAYS(MINE, PAYMENT("in_1", "failed", "2600", "null", "'pi_1'") TRIED("past_due", "'authentication_required'", "2", AGAIN) MAIL)},
    {"debit on its way, another try planned", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT TRY BILLED("{'id':'pi_1','status':'processing'}")),
	SAYS(MINE, PAYMENT("in_1", "processing", "2600", "null", "'pi_1'") FINE("active", "null", "'cus_1'") MAIL)},
    {"void while paused", PAY_KIND_INVOICE, INVOICE("void", NEXT PARENT ",'attempted':false"), SAYS(MINE, MAIL)},
    {"void after a try", PAY_KIND_INVOICE, INVOICE("void", NEXT PARENT ",'attempted':true,'attempt_count':1"),
	SAYS(MINE, PAYMENT("in_1", "failed", "2600", "null", "null") TRIED("past_due", "'not_told'", "1", "null") MAIL)},

    {"dispute with its movements", PAY_KIND_DISPUTE, "{'id':'du_1','object':'dispute','livemode':false,'amount':2500,'currency':'usd',"
	"'status':'won','payment_intent':'pi_1','balance_transactions':[" MOVE("txn_1", "1500") "," MOVE("txn_2", "-1500") "]}",
	SAYS("null", TAKEN_BY("USD", "won") ",'fees':[" COST("txn_1", "pi_1", "dispute", "1500") "," COST("txn_2", "pi_1", "dispute", "-1500") "]")},
    {"warning", PAY_KIND_WARNING, WARNING(",'charge':'ch_1'"), SAYS("null", WARNED("ch_1"))},
    {"warning, its charge whole", PAY_KIND_WARNING, WARNING(",'charge':{'id':'ch_1','payment_intent':'pi_1','metadata':{'pledge':'" P "'}}"),
	SAYS(MINE, WARNED("pi_1"))},
    {"warning with an intent", PAY_KIND_WARNING, WARNING(",'charge':'ch_1','payment_intent':'pi_1'"), SAYS("null", WARNED("pi_1"))},
    {"dispute lost", PAY_KIND_DISPUTE, DISPUTE("lost"), SAYS("null", TAKEN_BY("USD", "lost"))},
};

/* (case 52) */
static void every_sample_gives_its_picture(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_auto_t *in = json_of(rows[i].in), *says = json_of(rows[i].out), *out = NULL;
		json_auto_t *want = json_of("{'provider':'stripe','pledge':null,'livemode':false,'fetched_at':" T
		    ",'checkout':null,'payments':[],'refunds':[],'disputes':[],'fees':[],'warnings':[],'declines':[],"
		    "'recurring':null,'email':null}");
		struct fault f = {0};
		json_object_update(want, says);
		if (snap(&set, rows[i].kind, in, &out, &f) != OK)
			fail_msg("%s: %s: %s", rows[i].name, f.field, f.detail);
		char *a = json_dumps(out, JSON_SORT_KEYS), *b = json_dumps(want, JSON_SORT_KEYS);
		if (strcmp(a, b) != 0)
			fail_msg("%s:\n%s\nnot\n%s", rows[i].name, a, b);
		free(a);
		free(b);
	}
}

/* A refund does not tell its mode: it is that of the key which fetched it. */
static void a_refund_has_the_mode_of_our_key(void **state)
{
	struct pay_set live = {.livemode = true};
	json_auto_t *in = json_of(REFUND("succeeded", ",'payment_intent':'pi_1'")), *out = NULL;
	struct fault f;

	(void)state;
	assert_int_equal(snap(&live, PAY_KIND_REFUND, in, &out, &f), OK);
	assert_true(json_is_true(json_at(out, "livemode")));
}

/* --- what is refused --------------------------------------------------------------------------- */

static const struct row wrongs[] = {
    {"another object", PAY_KIND_INVOICE, SUB("active"), NULL},
    {"no kind", PAY_KIND_NONE, SUB("active"), NULL},
    {"two pledges", PAY_KIND_CHECKOUT, "{'id':'cs_1','object':'checkout.session','livemode':false,'status':'open',"
	"'client_reference_id':'" Q "','metadata':{'pledge':'" P "'}}", NULL},
    {"subscription of another pledge", PAY_KIND_CHECKOUT, SUBSESSION("paid", "{'id':'sub_1','status':'active','current_period_end':1,"
	"'metadata':{'pledge':'" Q "'}}", "'in_1'"), NULL},
    {"open but paid", PAY_KIND_CHECKOUT, SESSION("payment", "open", "paid", ""), NULL},
    {"expired but paid", PAY_KIND_CHECKOUT, SESSION("payment", "expired", "paid", ""), NULL},
    {"nothing to pay", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "no_payment_required", PI("succeeded")), NULL},
    {"unknown state", PAY_KIND_CHECKOUT, SESSION("payment", "half", "unpaid", ""), NULL},
    {"unknown payment", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "half", PI("succeeded")), NULL},
    {"setup", PAY_KIND_CHECKOUT, SESSION("setup", "complete", "paid", PI("succeeded")), NULL},
    {"paid, no intent", PAY_KIND_CHECKOUT, SESSION("payment", "complete", "paid", ",'payment_intent':null"), NULL},
    {"monthly, no subscription", PAY_KIND_CHECKOUT, SUBSESSION("paid", "null", "'in_1'"), NULL},
    {"monthly, no invoice", PAY_KIND_CHECKOUT, SUBSESSION("paid", "'sub_1'", "null"), NULL},
    {"monthly, unknown life", PAY_KIND_CHECKOUT, SUBSESSION("paid", SUB("asleep"), "'in_1'"), NULL},
    {"monthly, a subscription of no id", PAY_KIND_CHECKOUT, SUBSESSION("paid", "{'id':'sub/..','status':'active','current_period_end':1}", "'in_1'"), NULL},
    {"monthly, an invoice of no id", PAY_KIND_CHECKOUT, SUBSESSION("paid", "'sub_1'", "{'id':'in/..','status':'paid','amount_paid':2500,'currency':'eur'}"), NULL},
    {"paid nothing", PAY_KIND_CHECKOUT, "{'id':'cs_1','object':'checkout.session','livemode':false,'mode':'payment','status':'complete',"
	"'payment_status':'paid','amount_total':0,'currency':'eur','payment_intent':'pi_1'}", NULL},
    {"no reference", PAY_KIND_INVOICE, INVOICE("paid", ""), NULL},
    {"no reference but lines", PAY_KIND_INVOICE, INVOICE("paid", LINES), NULL},
    {"paid, how much is not told", PAY_KIND_INVOICE, "{'id':'in_1','object':'invoice','livemode':false,'status':'paid',"
	"'amount_due':2500,'currency':'eur'" PARENT "}", NULL},
    {"subscription of no id", PAY_KIND_SUBSCRIPTION, "{'id':'sub/..','object':'subscription','livemode':false,'status':'active'}", NULL},
    {"invoice of no id", PAY_KIND_INVOICE, "{'id':'','object':'invoice','livemode':false,'status':'paid','amount_paid':2500,'currency':'eur'" PARENT "}", NULL},
    {"money above Z", PAY_KIND_REFUND, "{'id':'re_1','object':'refund','amount':1,'currency':'e{r','status':'pending','charge':'ch_1'}", NULL},
    {"no period", PAY_KIND_SUBSCRIPTION, "{'id':'sub_1','object':'subscription','livemode':false,'status':'active'}", NULL},
    {"refund of nothing known", PAY_KIND_REFUND, REFUND("succeeded", ",'metadata':{'pledge':'" P "'}"), NULL},
    {"refund of nothing", PAY_KIND_REFUND, "{'id':'re_1','object':'refund','amount':0,'currency':'eur','status':'pending','charge':'ch_1'}", NULL},
    {"refund, unknown state", PAY_KIND_REFUND, REFUND("maybe", ",'charge':'ch_1'"), NULL},
    {"dispute, unknown state", PAY_KIND_DISPUTE, DISPUTE("maybe"), NULL},
    {"intent, unknown state", PAY_KIND_PAYMENT, INTENT("maybe", ""), NULL},
    {"intent, no money and no pledge", PAY_KIND_PAYMENT, "{'id':'pi_1','object':'payment_intent','livemode':false,"
	"'status':'requires_action','amount':100,'currency':'eur'}", NULL},
    {"fee out of range", PAY_KIND_REFUND, REFUND("succeeded", ",'charge':'ch_1','balance_transaction':" MOVE("txn_1", "-1000000000001")), NULL},
    {"fee of an odd id", PAY_KIND_REFUND, REFUND("succeeded", ",'charge':'ch_1','balance_transaction':" MOVE("../", "1")), NULL},
    {"fee in a number", PAY_KIND_REFUND, REFUND("succeeded", ",'charge':'ch_1','balance_transaction':7"), NULL},
    {"terms out of range", PAY_KIND_SUBSCRIPTION, PRICED("900000000000", "2", ""), NULL},
    {"terms by none", PAY_KIND_SUBSCRIPTION, PRICED("1500", "0", ""), NULL},
    {"terms in a text", PAY_KIND_SUBSCRIPTION, PRICED("'1500'", "1", ""), NULL},
    {"a pause that is none", PAY_KIND_SUBSCRIPTION, PRICED("1500", "1", ",'pause_collection':'void'"), NULL},
    {"an end that is none", PAY_KIND_SUBSCRIPTION, PRICED("1500", "1", ",'cancel_at_period_end':'yes'"), NULL},
    {"tries without end", PAY_KIND_INVOICE, INVOICE("open", NEXT PARENT ",'attempt_count':1001"), NULL},
    {"an odd line before a sound one", PAY_KIND_INVOICE, INVOICE("paid", NEXT PARENT ",'lines':{'data':[{'period':{'end':'x'}},{'period':{'end':1900000001}}]}"), NULL},
    {"warning of nothing", PAY_KIND_WARNING, WARNING(""), NULL},
    {"warning of no kind", PAY_KIND_WARNING, "{'id':'issfr_1','object':'radar.early_fraud_warning','livemode':false,'actionable':true,'charge':'ch_1'}", NULL},
    {"too much", PAY_KIND_REFUND, "{'id':'re_1','object':'refund','amount':1000000000001,'currency':'eur','status':'pending','charge':'ch_1'}", NULL},
    {"money of two letters", PAY_KIND_REFUND, "{'id':'re_1','object':'refund','amount':1,'currency':'eu','status':'pending','charge':'ch_1'}", NULL},
    {"money of a sign", PAY_KIND_REFUND, "{'id':'re_1','object':'refund','amount':1,'currency':'e$r','status':'pending','charge':'ch_1'}", NULL},
};

/* Those that are sound and lead nowhere: nobody waits for a better answer. */
static bool is_stray(const char *name)
{
	static const char *const strays[] = {"paid, no intent", "monthly, no subscription",
		"monthly, no invoice", "no reference", "no reference but lines",
		"refund of nothing known", "warning of nothing", "intent, no money and no pledge"};

	for (size_t i = 0; i < ARRAY_N(strays); i++)
		if (strcmp(strays[i], name) == 0)
			return true;
	return false;
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(wrongs); i++) {
		json_auto_t *in = json_of(wrongs[i].in), *out = NULL;
		struct fault f = {0};
		enum err want = is_stray(wrongs[i].name) ? ERR_BAD_EVENT : ERR_PROVIDER;
		enum err e = snap(&set, wrongs[i].kind, in, &out, &f);
		if (e != want || out)
			fail_msg("%s: %s", wrongs[i].name, err_slug(e));
		assert_int_equal(f.err, want);
	}
}

static void no_answer_no_picture(void **state)
{
	static const char *const bodies[] = {"", "<html>", "[]", "{}", "null", "{\"object\":\"refund\"}"};
	struct pay_answer ans = {.status = 200};
	json_t *out = NULL;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bodies); i++) {
		ans.body = str_c(bodies[i]);
		assert_int_equal(stripe_snap_parse(&set, PAY_KIND_REFUND, &ans, utc_of_s(1), &out, &f), ERR_PROVIDER);
	}
	assert_int_equal(stripe_snap_parse(&set, (enum pay_kind)99, &ans, utc_of_s(1), &out, &f), ERR_PROVIDER);
	ans.body = STR("{\"id\":\"re_1\",\"object\":\"refund\",\"amount\":1,\"currency\":\"eur\",\"status\":\"pending\",\"charge\":\"ch_1\"}");
	ans.status = 404;
	assert_int_equal(stripe_snap_parse(&set, PAY_KIND_REFUND, &ans, utc_of_s(1), &out, &f), ERR_PROVIDER);
	ans.status = 200;
	ans.curl = 18;
	assert_int_equal(stripe_snap_parse(&set, PAY_KIND_REFUND, &ans, utc_of_s(1), &out, &f), ERR_PROVIDER);
	assert_null(out);
}

/* --- lists that are long ------------------------------------------------------------------------ */

/* n times the same entry in a list of this name, then the last one. */
static json_t *with_many(const char *object, const char *path, const char *entry, int n, const char *last)
{
	json_t *o = json_of(object), *list = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_of(entry));
	json_array_append_new(list, json_of(last));
	json_object_set_new(o, path, strcmp(path, "lines") == 0 ? json_pack("{s:o}", "data", list) : list);
	return o;
}

/* As many movements as a dispute has are read; more than it can have are none. */
static void a_dispute_has_few_movements(void **state)
{
	json_auto_t *full = with_many(DISPUTE("won"), "balance_transactions", MOVE("txn_1", "1500"), 49, MOVE("txn_2", "-1500"));
	json_auto_t *over = with_many(DISPUTE("won"), "balance_transactions", MOVE("txn_1", "1500"), 50, MOVE("txn_2", "-1500"));
	json_auto_t *odd = with_many(DISPUTE("won"), "balance_transactions", MOVE("txn_1", "1500"), 1, MOVE("../", "1"));
	json_auto_t *out = NULL;
	json_t *none = NULL;
	struct fault f = {0};

	(void)state;
	assert_int_equal(snap(&set, PAY_KIND_DISPUTE, full, &out, &f), OK);
	assert_int_equal(json_array_size(json_at(out, "fees")), 50);
	assert_int_equal(json_integer_value(json_at(out, "fees.49.amount")), -1500);
	assert_int_equal(snap(&set, PAY_KIND_DISPUTE, over, &none, &f), ERR_PROVIDER);
	assert_string_equal(f.field, "balance_transactions");
	assert_int_equal(snap(&set, PAY_KIND_DISPUTE, odd, &none, &f), ERR_PROVIDER);
	assert_null(none);
}

/* An invoice of ours has one line. Of a long one the first lines tell until when was paid. */
static void only_the_first_lines_are_read(void **state)
{
	static const char line[] = "{'period':{'end':1900000001},'metadata':{}}", later[] = "{'period':{'end':1900000009},'metadata':{}}";
	json_auto_t *full = with_many(INVOICE("paid", PARENT), "lines", line, 49, later);
	json_auto_t *over = with_many(INVOICE("paid", PARENT), "lines", line, 50, later);
	json_auto_t *all = NULL, *first = NULL;
	struct fault f = {0};

	(void)state;
	assert_int_equal(snap(&set, PAY_KIND_INVOICE, full, &all, &f), OK);
	assert_true(str_is(json_text(all, "recurring.until"), "2030-03-17T17:46:49Z"));
	assert_int_equal(snap(&set, PAY_KIND_INVOICE, over, &first, &f), OK);
	assert_true(str_is(json_text(first, "recurring.until"), "2030-03-17T17:46:41Z"));
}

/* --- every value turned into every other ------------------------------------------------------- */

static size_t tried, taken;

static bool one_of(const json_t *v, const char *words)
{
	const char *s = json_string_value(v);
	char quoted[40];

	snprintf(quoted, sizeof quoted, " %s ", s ? s : "-");
	return strstr(words, quoted) != NULL;
}

static void is_currency(struct str cur)
{
	assert_int_equal(cur.n, 3);
	for (size_t k = 0; k < 3; k++)
		assert_in_range(cur.p[k], 'A', 'Z');
}

static void money_is_sound(const json_t *list, const char *states)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		struct str cur = json_text(m, "currency");
		assert_true(json_is_integer(json_at(m, "amount")));
		assert_true(json_integer_value(json_at(m, "amount")) > 0);
		is_currency(cur);
		assert_true(one_of(json_at(m, "state"), states));
		assert_true(json_text(m, "id").n >= 3);
	}
}

static void costs_are_sound(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		is_currency(json_text(m, "currency"));
		assert_true(json_integer_value(json_at(m, "amount")) != 0);
		assert_true(one_of(json_at(m, "what"), " payment refund dispute "));
		assert_true(json_text(m, "id").n >= 3 && json_text(m, "payment").n >= 3);
	}
}

static void terms_are_sound(const json_t *recurring)
{
	assert_true(!json_at(recurring, "amount") == !json_at(recurring, "currency"));
	if (json_at(recurring, "amount")) {
		is_currency(json_text(recurring, "currency"));
		assert_true(json_integer_value(json_at(recurring, "amount")) >= 0);
	}
	assert_true(json_text(recurring, "failure").n <= 60);
	assert_true(json_integer_value(json_at(recurring, "failures")) >= 0);
}

/* Whatever comes out is something that the database may be given. */
static void is_sound(const json_t *out)
{
	const json_t *checkout = json_at(out, "checkout"), *recurring = json_at(out, "recurring");

	assert_true(json_is_boolean(json_object_get(out, "livemode")));
	money_is_sound(json_at(out, "payments"), " processing paid failed ");
	money_is_sound(json_at(out, "refunds"), " pending done failed ");
	money_is_sound(json_at(out, "disputes"), " inquiry open won lost ");
	costs_are_sound(json_at(out, "fees"));
	terms_are_sound(recurring);
	assert_true(!checkout || one_of(json_at(checkout, "state"), " open processing complete expired failed "));
	assert_true(!recurring || one_of(json_at(recurring, "state"), " active past_due ended "));
	assert_true(!recurring || json_text(recurring, "id").n >= 3);
}

static const char *const odd_values[] = {"null", "true", "0", "-1", "1.5", "1e300", "9223372036854775807", "''", "'x'", "'EUR'",
	"'" Q "'", "'paid'", "'../x'", "[]", "{}", "[[]]", "{'id':7}", "{'id':'in_9'}", "{'data':7}", "{'data':[7,null]}"};

static void try_all(enum pay_kind kind, const json_t *root)
{
	json_t *out = NULL;
	struct fault f = {0};
	enum err e = snap(&set, kind, root, &out, &f);

	tried++;
	if (e == OK) {
		taken++;
		is_sound(out);
		json_decref(out);
		return;
	}
	assert_true(e == ERR_PROVIDER || e == ERR_BAD_EVENT);
	assert_true(f.detail[0] != 0);
}

static void twist(enum pay_kind kind, const json_t *root, json_t *node)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(node, next, key, value) {
		json_incref(value);
		for (size_t i = 0; i < ARRAY_N(odd_values); i++) {
			char wrapped[80];
			snprintf(wrapped, sizeof wrapped, "[%s]", odd_values[i]);
			json_auto_t *odd = json_of(wrapped);
			json_object_set(node, key, json_array_get(odd, 0));
			try_all(kind, root);
		}
		json_object_set(node, key, value);
		if (json_is_object(value))
			twist(kind, root, value);
		for (size_t i = 0; i < json_array_size(value); i++)
			twist(kind, root, json_array_get(value, i));
		json_decref(value);
	}
}

static void no_twisted_value_is_believed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_auto_t *in = json_of(rows[i].in);
		twist(rows[i].kind, in, in);
	}
	assert_true(tried > 5000);
	assert_true(taken > 500);
}

static void a_missing_value_is_not_believed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_auto_t *whole = json_of(rows[i].in);
		const char *key;
		json_t *value;
		json_object_foreach(whole, key, value) {
			json_auto_t *less = json_copy(whole);
			json_object_del(less, key);
			try_all(rows[i].kind, less);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_gives_its_picture),
		cmocka_unit_test(a_refund_has_the_mode_of_our_key),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(no_answer_no_picture),
		cmocka_unit_test(a_dispute_has_few_movements),
		cmocka_unit_test(only_the_first_lines_are_read),
		cmocka_unit_test(no_twisted_value_is_believed),
		cmocka_unit_test(a_missing_value_is_not_believed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
