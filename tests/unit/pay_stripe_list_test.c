/* Lists: the query, one page as neutral items, and what no page may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "pay/stripe_list.h"

#define P "01890a5d-ac96-774b-bcce-b302099a8057"
#define T "'2030-03-17T17:46:40Z'" /* 1900000000 */
#define LISTS 6

static const struct pay_set set = {.checkout_host = "checkout.stripe.com", .version = "2026-10-28.endive"};
static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena, 1 << 20) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* JSON is written with ' in this file. */
static char *quoted(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static json_t *json_of(const char *text)
{
	char *copy = quoted(text);
	json_error_t je;
	json_t *v = json_loads(copy, JSON_REJECT_DUPLICATES, &je);

	if (!v)
		fail_msg("%s: %s", je.text, text);
	free(copy);
	return v;
}

/* --- the query ---------------------------------------------------------------------------------- */

#define TYPES "&types[0]=checkout.session.completed&types[1]=checkout.session.async_payment_succeeded" \
	"&types[2]=checkout.session.async_payment_failed&types[3]=checkout.session.expired&types[4]=invoice.paid" \
	"&types[5]=invoice.payment_failed&types[6]=invoice.payment_action_required&types[7]=customer.subscription.created" \
	"&types[8]=customer.subscription.updated&types[9]=customer.subscription.deleted&types[10]=refund.created" \
	"&types[11]=refund.updated&types[12]=refund.failed&types[13]=charge.dispute.created&types[14]=charge.dispute.updated" \
	"&types[15]=charge.dispute.closed&types[16]=charge.dispute.funds_withdrawn" \
	"&types[17]=charge.dispute.funds_reinstated&types[18]=radar.early_fraud_warning.created" \
	"&types[19]=radar.early_fraud_warning.updated"

static const struct { enum pay_list what; int64_t since, until; const char *after, *path; } queries[] = {
    {PAY_LIST_EVENTS, 0, 0, "", "/v1/events?limit=50" TYPES},
    {PAY_LIST_EVENTS, 1, 2, "evt_1", "/v1/events?limit=50" TYPES "&created[gte]=1&created[lt]=2&starting_after=evt_1"},
    {PAY_LIST_CHECKOUTS, 1, 2, "cs_0", "/v1/checkout/sessions?limit=100&created[gte]=1&created[lt]=2&starting_after=cs_0"},
    {PAY_LIST_CHARGES, 1700000000, 0, "", "/v1/charges?limit=100&created[gte]=1700000000&expand[0]=data.balance_transaction"},
    {PAY_LIST_REFUNDS, 0, 1700000000, "", "/v1/refunds?limit=100&created[lt]=1700000000"},
    {PAY_LIST_DISPUTES, 0, 0, "du_1", "/v1/disputes?limit=100&starting_after=du_1"},
    {PAY_LIST_SUBSCRIPTIONS, 0, 0, "", "/v1/subscriptions?limit=100&status=all"},
};

static void queries_ask_for_a_window(void **state)
{
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(queries); i++) {
		assert_int_equal(stripe_list_build(queries[i].what, utc_of_s(queries[i].since), utc_of_s(queries[i].until),
		    str_c(queries[i].after), &arena, &q), OK);
		if (!str_is(q.path, queries[i].path))
			fail_msg("%.*s\nnot\n%s", STR_FMT(q.path), queries[i].path);
		assert_string_equal(q.method, "GET");
		assert_int_equal(q.body.n + q.idem_key.n, 0);
	}
}

static void unsound_queries_are_not_built(void **state)
{
	struct pay_request q;
	utc_t none = {0};

	(void)state;
	assert_int_equal(stripe_list_build((enum pay_list)LISTS, none, none, STR(""), &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_list_build((enum pay_list)-1, none, none, STR(""), &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_list_build(PAY_LIST_EVENTS, utc_of_s(-1), none, STR(""), &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_list_build(PAY_LIST_EVENTS, none, utc_of_s(INT64_C(253402300800)), STR(""), &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_list_build(PAY_LIST_EVENTS, none, none, STR("evt_1&x=y"), &arena, &q), ERR_RANGE);
	arena_fail_at(&arena, 1);
	assert_int_equal(stripe_list_build(PAY_LIST_EVENTS, none, none, STR(""), &arena, &q), ERR_NO_MEMORY);
	arena_fail_at(&arena, 0);
}

/* --- entries ------------------------------------------------------------------------------------ */

#define HEAD(id, object) "{'id':'" id "','object':'" object "','created':1900000000,'livemode':false"
#define EVENT(type, object) HEAD("evt_1", "event") ",'api_version':'2026-10-28.endive','type':'" type "','data':{'object':" object "}}"
#define CS(status, pays, more) HEAD("cs_1", "checkout.session") ",'status':'" status "','payment_status':'" pays \
	"','expires_at':1900000000,'client_reference_id':'" P "'" more "}"
#define CH(status, more) HEAD("ch_1", "charge") ",'status':'" status "','amount':2500,'currency':'eur'" more "}"
#define CLAIM(id, object, status, more) HEAD(id, object) ",'status':'" status "','amount':500,'currency':'eur'" more "}"
#define SUB(status) HEAD("sub_1", "subscription") ",'status':'" status "','customer':'cus_1','metadata':{'pledge':'" P "'}}"

#define IS(id, more) "{'id':'" id "','created':" T more "}"
#define TEST ",'livemode':false"
#define CHECKOUT(state, url, pledge) IS("cs_1", TEST ",'pledge':" pledge ",'state':" state ",'url':" url ",'expires_at':" T)
#define CHARGE(state, amount, intent, pledge, refunded, disputed) IS("ch_1", TEST ",'pledge':" pledge ",'state':" state ",'amount':" amount \
	",'currency':'EUR','intent':" intent ",'refunded':" refunded ",'disputed':" disputed ",'invoice':null,'customer':null")
#define TAKEN(id, payment, state, more) IS(id, ",'amount':500,'currency':'EUR','payment':" payment ",'state':" state more)
#define URL "https://checkout.stripe.com/c/pay/cs_1"

static const struct row { enum pay_list what; const char *in, *out; } rows[] = {
    {PAY_LIST_CHECKOUTS, CS("open", "unpaid", ",'url':'" URL "'"), CHECKOUT("'open'", "'" URL "'", "'" P "'")},
    {PAY_LIST_CHECKOUTS, CS("open", "unpaid", ",'url':'https://evil.example/'"), CHECKOUT("'open'", "null", "'" P "'")},
    {PAY_LIST_CHECKOUTS, CS("expired", "unpaid", ",'url':'" URL "'"), CHECKOUT("'expired'", "null", "'" P "'")},
    {PAY_LIST_CHECKOUTS, CS("complete", "paid", ""), CHECKOUT("'complete'", "null", "'" P "'")},
    {PAY_LIST_CHECKOUTS, CS("complete", "unpaid", ",'metadata':{'pledge':'" P "'}"), CHECKOUT("'processing'", "null", "'" P "'")},
    {PAY_LIST_CHECKOUTS, CS("asleep", "paid", ""), CHECKOUT("null", "null", "'" P "'")},
    {PAY_LIST_CHECKOUTS, HEAD("cs_1", "checkout.session") ",'status':'open','client_reference_id':'shop 7','expires_at':1900000000}",
	CHECKOUT("'open'", "null", "null")},
    {PAY_LIST_CHARGES, CH("succeeded", ",'payment_intent':'pi_1','metadata':{'pledge':'" P "'},'amount_refunded':500,'disputed':true,'captured':true"),
	CHARGE("'paid'", "2500", "'pi_1'", "'" P "'", "500", "true")},
    {PAY_LIST_CHARGES, CH("succeeded", ",'balance_transaction':{'id':'txn_1','fee':-37,'currency':'usd'}"),
	IS("ch_1", TEST ",'pledge':null,'state':'paid','amount':2500,'currency':'EUR','intent':null,'refunded':0,'disputed':false,'invoice':null,'customer':null,"
		"'fee':-37,'fee_currency':'USD'")},
    {PAY_LIST_CHARGES, CH("succeeded", ",'balance_transaction':'txn_1'"), CHARGE("'paid'", "2500", "null", "null", "0", "false")},
    {PAY_LIST_CHARGES, CH("succeeded", ",'amount_captured':2400"), CHARGE("'paid'", "2400", "null", "null", "0", "false")},
    {PAY_LIST_CHARGES, CH("succeeded", ",'captured':false,'amount_captured':0"), CHARGE("'processing'", "2500", "null", "null", "0", "false")},
    {PAY_LIST_CHARGES, CH("pending", ",'payment_intent':{'id':'pi_1'}"), CHARGE("'processing'", "2500", "'pi_1'", "null", "0", "false")},
    {PAY_LIST_CHARGES, CH("failed", ",'customer':'cus_1','invoice':{'id':'in_1'}"), IS("ch_1", TEST ",'pledge':null,'state':'failed','amount':2500,"
	"'currency':'EUR','intent':null,'refunded':0,'disputed':false,'invoice':'in_1','customer':'cus_1'")},
    {PAY_LIST_CHARGES, CH("failed", ""), CHARGE("'failed'", "2500", "null", "null", "0", "false")},
    {PAY_LIST_CHARGES, CH("half", ""), CHARGE("null", "2500", "null", "null", "0", "false")},
    {PAY_LIST_REFUNDS, "{'id':'re_1','object':'refund','created':1900000000,'status':'succeeded','amount':500,'currency':'eur',"
	"'payment_intent':'pi_1','charge':'ch_1','metadata':{'refund':'" P "'}}", TAKEN("re_1", "'pi_1'", "'done'", ",'ours':'" P "'")},
    {PAY_LIST_REFUNDS, CLAIM("re_1", "refund", "requires_action", ",'charge':'ch_1'"), TAKEN("re_1", "'ch_1'", "'pending'", ",'ours':null")},
    {PAY_LIST_REFUNDS, CLAIM("re_1", "refund", "odd", ""), TAKEN("re_1", "null", "null", ",'ours':null")},
    {PAY_LIST_DISPUTES, CLAIM("du_1", "dispute", "lost", ",'payment_intent':'pi_1'"), TAKEN("du_1", "'pi_1'", "'lost'", TEST)},
    {PAY_LIST_SUBSCRIPTIONS, SUB("past_due"), IS("sub_1", TEST ",'pledge':'" P "','state':'past_due','customer':'cus_1'")},
    {PAY_LIST_SUBSCRIPTIONS, SUB("incomplete"), IS("sub_1", TEST ",'pledge':'" P "','state':null,'customer':'cus_1'")},
    {PAY_LIST_SUBSCRIPTIONS, SUB("odd"), IS("sub_1", TEST ",'pledge':'" P "','state':null,'customer':'cus_1'")},
};

static enum err page(enum pay_list what, const char *entries, const char *more, json_t **ret, struct str *next, struct fault *f)
{
	char *body, *text;
	struct pay_answer ans = {.status = 200};

	if (asprintf(&body, "{'object':'list','url':'/x','has_more':%s,'data':[%s]}", more, entries) < 0)
		fail();
	text = quoted(body);
	ans.body = str_c(text);
	enum err e = stripe_list_parse(&set, what, &ans, ret, next, &arena, f);
	free(text);
	free(body);
	return e;
}

static void every_entry_gives_its_item(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_auto_t *want = json_of(rows[i].out), *items = NULL;
		struct str next = STR("x");
		struct fault f = {0};
		if (page(rows[i].what, rows[i].in, "false", &items, &next, &f) != OK)
			fail_msg("%s: %s: %s", rows[i].in, f.field, f.detail);
		assert_int_equal(json_array_size(items), 1);
		assert_int_equal(next.n, 0);
		char *a = json_dumps(json_array_get(items, 0), JSON_SORT_KEYS), *b = json_dumps(want, JSON_SORT_KEYS);
		if (strcmp(a, b) != 0)
			fail_msg("%s\nnot\n%s", a, b);
		free(a);
		free(b);
	}
}

static const struct { const char *in, *kind, *object_id, *fault; } events[] = {
    {EVENT("invoice.paid", "{'id':'in_1'}"), "invoice", "in_1", ""},
    {EVENT("radar.early_fraud_warning.created", "{'id':'issfr_1'}"), "warning", "issfr_1", ""},
    {EVENT("something.new", "{'id':7}"), "none", "", ""},
    {EVENT("invoice.paid", "{'id':7}"), "none", "", "the event names no object"},
};

static void an_event_keeps_its_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(events); i++) {
		json_auto_t *items = NULL, *was = json_of(events[i].in);
		struct str next;
		struct fault f = {0};
		assert_int_equal(page(PAY_LIST_EVENTS, events[i].in, "false", &items, &next, &f), OK);
		const json_t *item = json_array_get(items, 0);
		assert_true(str_is(json_text(item, "id"), "evt_1"));
		assert_true(str_is(json_text(item, "kind"), events[i].kind));
		assert_true(str_is(json_text(item, "object_id"), events[i].object_id));
		assert_true(str_is(json_text(item, "fault"), events[i].fault));
		assert_true(str_eq(json_text(item, "type"), json_text(was, "type")));
		assert_true(str_is(json_text(item, "created"), "2030-03-17T17:46:40Z"));
		json_auto_t *raw = json_of(json_string_value(json_at(item, "raw")));
		assert_true(json_equal(raw, was));
	}
}

static void a_page_leads_to_the_next(void **state)
{
	json_auto_t *items = NULL, *none = NULL;
	struct str next;
	struct fault f = {0};

	(void)state;
	assert_int_equal(page(PAY_LIST_SUBSCRIPTIONS, HEAD("sub_2", "subscription") "}," SUB("active"), "true", &items, &next, &f), OK);
	assert_int_equal(json_array_size(items), 2);
	assert_true(str_is(next, "sub_1"));
	assert_int_equal(page(PAY_LIST_EVENTS, "", "false", &none, &next, &f), OK);
	assert_int_equal(json_array_size(none), 0);
	assert_int_equal(next.n, 0);
}

/* --- what is no page ---------------------------------------------------------------------------- */

static const struct { enum pay_list what; const char *entries, *more; } wrongs[] = {
    {PAY_LIST_EVENTS, "", "true"}, /* there would be no end */
    {PAY_LIST_EVENTS, "", "'no'"},
    {PAY_LIST_EVENTS, "", "null"},
    {PAY_LIST_EVENTS, "7", "false"},
    {PAY_LIST_EVENTS, "null", "false"},
    {PAY_LIST_EVENTS, "{}", "false"},
    {PAY_LIST_EVENTS, "{'id':'evt_1','object':'event','type':'x','livemode':true}", "false"},
    {PAY_LIST_EVENTS, "{'id':'../','object':'event','type':'x','livemode':true,'created':1}", "false"},
    {PAY_LIST_EVENTS, "{'id':'evt_1','object':'event','type':'a b','livemode':true,'created':1}", "false"},
    {PAY_LIST_CHARGES, SUB("active"), "false"}, /* another kind */
    {PAY_LIST_CHARGES, "[]", "false"},
    {PAY_LIST_CHARGES, "{'id':'ch_1','object':'charge','created':1,'status':'succeeded','amount':1,'currency':'eur'}", "false"},
    {PAY_LIST_CHARGES, HEAD("ch_1", "charge") ",'status':'succeeded','currency':'eur'}", "false"},
    {PAY_LIST_CHARGES, HEAD("ch_1", "charge") ",'status':'succeeded','amount':1.5,'currency':'eur'}", "false"},
    {PAY_LIST_CHARGES, HEAD("ch_1", "charge") ",'status':'succeeded','amount':'1','currency':'eur'}", "false"},
    {PAY_LIST_CHARGES, HEAD("ch_1", "charge") ",'status':'succeeded','amount':-1,'currency':'eur'}", "false"},
    {PAY_LIST_CHARGES, HEAD("ch_1", "charge") ",'status':'succeeded','amount':1000000000001,'currency':'eur'}", "false"},
    {PAY_LIST_CHARGES, HEAD("ch_1", "charge") ",'status':'succeeded','amount':1,'currency':'euro'}", "false"},
    {PAY_LIST_CHARGES, CH("succeeded", ",'amount_refunded':-1"), "false"},
    {PAY_LIST_CHARGES, CH("succeeded", ",'disputed':'no'"), "false"},
    {PAY_LIST_CHARGES, CH("succeeded", ",'payment_intent':'pi 1'"), "false"},
    {PAY_LIST_CHARGES, CH("succeeded", ",'payment_intent':{'id':'pi_1','metadata':{'pledge':'" P "'}},'metadata':"
	"{'pledge':'01890a5d-ac96-774b-bcce-b302099a8058'}"), "false"},
    {PAY_LIST_CHARGES, "{'id':'ch_1','object':'charge','created':'1','livemode':true,'status':'succeeded','amount':1,'currency':'eur'}", "false"},
    {PAY_LIST_CHARGES, CH("succeeded", ",'invoice':'in 1'"), "false"},
    {PAY_LIST_CHARGES, CH("succeeded", ",'customer':7"), "false"},
    {PAY_LIST_CHECKOUTS, "{'id':'cs_1','object':'checkout.session','created':1,'status':'open'}", "false"},
    {PAY_LIST_CHECKOUTS, "{'id':'cs_1','object':'checkout.session','created':1,'livemode':1,'status':'open'}", "false"},
    {PAY_LIST_CHECKOUTS, "{'id':'../','object':'checkout.session','created':1,'livemode':true,'status':'open'}", "false"},
    {PAY_LIST_CHECKOUTS, CS("open", "unpaid", ",'metadata':{'pledge':'01890a5d-ac96-774b-bcce-b302099a8058'}"), "false"},
    {PAY_LIST_CHECKOUTS, HEAD("cs_1", "checkout.session") ",'expires_at':'soon'}", "false"},
    {PAY_LIST_REFUNDS, "{'id':'re_1','object':'refund','status':'pending','amount':1,'currency':'eur'}", "false"},
    {PAY_LIST_REFUNDS, CLAIM("re_1", "refund", "pending", ",'charge':7"), "false"},
    {PAY_LIST_DISPUTES, "{'id':'du_1','object':'dispute','created':1,'status':'lost','amount':1,'currency':'eur'}", "false"},
    {PAY_LIST_DISPUTES, HEAD("../", "dispute") ",'status':'lost','amount':1,'currency':'eur'}", "false"},
    {PAY_LIST_DISPUTES, CLAIM("du_1", "dispute", "lost", ",'payment_intent':'pi 1'"), "false"},
    {PAY_LIST_SUBSCRIPTIONS, HEAD("s", "subscription") "}", "false"},
    {PAY_LIST_SUBSCRIPTIONS, "{'id':'sub_1','object':'subscription','created':1,'status':'active'}", "false"},
    {PAY_LIST_SUBSCRIPTIONS, HEAD("sub_1", "subscription") ",'customer':'cus 1'}", "false"},
};

static void what_is_no_page_is_refused(void **state)
{
	json_t *items = NULL;
	struct str next = STR("untouched");

	(void)state;
	for (size_t i = 0; i < ARRAY_N(wrongs); i++) {
		struct fault f = {0};
		if (page(wrongs[i].what, wrongs[i].entries, wrongs[i].more, &items, &next, &f) != ERR_PROVIDER || items)
			fail_msg("taken: %s", wrongs[i].entries);
		assert_true(f.detail[0] != 0);
	}
	assert_true(str_is(next, "untouched"));
}

static void no_answer_no_page(void **state)
{
	static char deep[20100];
	const char *const bodies[] = {"", "<html>", "[]", "{}", "null", "{\"object\":\"list\"}",
	    "{\"object\":\"list\",\"has_more\":false,\"data\":{}}", "{\"object\":\"event\",\"has_more\":false,\"data\":[]}",
	    "{\"object\":\"list\",\"data\":[]}", "{\"error\":{\"type\":\"api_error\"}}", deep};
	struct pay_answer ans = {.status = 200};
	struct str next;
	json_t *items = NULL;
	struct fault f;

	(void)state;
	memset(deep, '[', 10000);
	memset(deep + 10000, ']', 10000);
	for (size_t i = 0; i < ARRAY_N(bodies); i++)
		for (int what = 0; what < LISTS; what++) {
			ans.body = str_c(bodies[i]);
			assert_int_equal(stripe_list_parse(&set, (enum pay_list)what, &ans, &items, &next, &arena, &f), ERR_PROVIDER);
		}
	ans.body = STR("{\"object\":\"list\",\"has_more\":false,\"data\":[]}");
	assert_int_equal(stripe_list_parse(&set, (enum pay_list)LISTS, &ans, &items, &next, &arena, &f), ERR_PROVIDER);
	ans.status = 302;
	assert_int_equal(stripe_list_parse(&set, PAY_LIST_EVENTS, &ans, &items, &next, &arena, &f), ERR_PROVIDER);
	ans.status = 200;
	ans.curl = 18;
	assert_int_equal(stripe_list_parse(&set, PAY_LIST_EVENTS, &ans, &items, &next, &arena, &f), ERR_PROVIDER);
	assert_null(items);
}

static void a_cut_page_is_refused(void **state)
{
	struct str whole = STR("{\"object\":\"list\",\"has_more\":false,\"data\":[{\"id\":\"sub_1\",\"object\":\"subscription\","
	    "\"created\":1,\"livemode\":true,\"status\":\"active\"}]}");
	struct pay_answer ans = {.status = 200};
	struct str next;
	json_t *items = NULL;
	struct fault f;

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		char *cut = malloc(n + 1); /* so that a read past the end is seen */
		memcpy(cut, whole.p, n);
		ans.body = (struct str){cut, n};
		assert_int_equal(stripe_list_parse(&set, PAY_LIST_SUBSCRIPTIONS, &ans, &items, &next, &arena, &f), ERR_PROVIDER);
		free(cut);
	}
}

static void a_page_has_an_end(void **state)
{
	static char entries[101 * 90];
	struct str next;
	json_t *items = NULL;
	struct fault f;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 101; i++)
		n += (size_t)snprintf(entries + n, sizeof entries - n, "%s{'id':'sub_%d','object':'subscription','created':1,'livemode':true}",
		    i ? "," : "", i);
	assert_int_equal(page(PAY_LIST_SUBSCRIPTIONS, entries, "false", &items, &next, &f), ERR_PROVIDER);
	char *last = strstr(entries, ",{'id':'sub_100'");
	*last = 0;
	assert_int_equal(page(PAY_LIST_SUBSCRIPTIONS, entries, "true", &items, &next, &f), OK);
	assert_int_equal(json_array_size(items), 100);
	assert_true(str_is(next, "sub_99"));
	json_decref(items);
}

static void no_memory_for_the_cursor(void **state)
{
	struct str next = STR("untouched");
	json_t *items = NULL;
	struct fault f;

	(void)state;
	arena_fail_at(&arena, 1);
	assert_int_equal(page(PAY_LIST_SUBSCRIPTIONS, SUB("active"), "true", &items, &next, &f), ERR_NO_MEMORY);
	arena_fail_at(&arena, 0);
	assert_null(items);
	assert_true(str_is(next, "untouched"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_ask_for_a_window),
		cmocka_unit_test(unsound_queries_are_not_built),
		cmocka_unit_test(every_entry_gives_its_item),
		cmocka_unit_test(an_event_keeps_its_text),
		cmocka_unit_test(a_page_leads_to_the_next),
		cmocka_unit_test(what_is_no_page_is_refused),
		cmocka_unit_test(no_answer_no_page),
		cmocka_unit_test(a_cut_page_is_refused),
		cmocka_unit_test(a_page_has_an_end),
		cmocka_unit_test(no_memory_for_the_cursor),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
