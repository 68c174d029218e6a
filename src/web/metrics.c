/* web/metrics.c: all closed lists in one place, since any process prints what any other counts. */
#include "web/metrics.h"
#include "app/view.h"
#include "base/metric.h"
#include "core/pledge.h"
#include "pay/pays.h"

static const int CODES[] = {
	200, 201, 202, 204, 303, 400, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 502, 503};
static const char *const code[] = {"200", "201", "202", "204", "303", "400", "403", "404", "405",
	"409", "410", "413", "415", "422", "429", "500", "502", "503", "other"};
_Static_assert(ARRAY_N(code) == ARRAY_N(CODES) + 1, "each code has its word");

static const char *const currency[] = {
#define X(code, exponent, step, floor_minor, ceiling_minor) #code,
#include "core/currency.def"
#undef X
	"XXX" /* none, as ISO 4217 writes it */
};

static const enum label_role route_role[] = {
#define X(id, role, method, path, prefix, body, sentence) (role) == 'v' ? ROLE_view : ROLE_money,
#include "web/route.def"
#undef X
};

enum { OUTCOME_N = PAY_GONE + 1, KIND_N = PAY_KIND_WARNING + 1 };

/* --- lists that functions tell -----------------------------------------------------------------
 */

static const char *route[ROUTE_N + 1], *reason[REASON_N], *act[ACT_N], *slug[ERR_N],
	*mark[MARK_KIND_N], *kind[FORMAT_N], *status[PLEDGE_N], *outcome[OUTCOME_N],
	*object[KIND_N], *provider[PAYS_MAX];

static void fill(void)
{
	for (size_t i = 0; i <= ROUTE_N; i++)
		route[i] = route_name((enum route)i);
	for (size_t i = 0; i < REASON_N; i++)
		reason[i] = decide_reason_name((enum decide_reason)i);
	for (size_t i = 0; i < ACT_N; i++)
		act[i] = decide_act_name((enum decide_act)i);
	for (size_t i = 0; i < ERR_N; i++)
		slug[i] = err_slug((enum err)i);
	mark[0] = "none";
	for (size_t i = 1; i < MARK_KIND_N; i++)
		mark[i] = reader_mark_name((enum reader_mark_kind)i);
	for (size_t i = 0; i < FORMAT_N; i++)
		kind[i] = format_name((enum format)i);
	for (size_t i = 0; i < PLEDGE_N; i++)
		status[i] = pledge_status_name((enum pledge_status)i);
	for (size_t i = 0; i < OUTCOME_N; i++)
		outcome[i] = pay_outcome_name((enum pay_outcome)i);
	for (size_t i = 0; i < KIND_N; i++)
		object[i] = pay_kind_name((enum pay_kind)i);
	for (size_t i = 0; i < PAYS_MAX; i++)
		provider[i] = pays_name(i);
}

/* --- naming ------------------------------------------------------------------------------------
 */

static void words(enum metric m, size_t which, enum label_list list)
{
	size_t n;
	const char *const *word = label_words(list, &n);
	metric_label(m, which, word, n);
}

/* Of what alarms count the growth: a first burst must have a 0 before it. Of pledges the sites'
 * currencies come with the sites (app/view_life.c). */
static void zeros(void)
{
	static const int ERRORS[] = {500, 502, 503};
	metric_zero(
		METRIC_DECISIONS, metric_series(METRIC_DECISIONS, ACT_OPEN, REASON_store_down, 0));
	for (size_t i = 0; i < ARRAY_N(provider) * ARRAY_N(object) * HOOK_N; i++)
		metric_zero(METRIC_WEBHOOKS, i);
	for (size_t i = 0; i < ARRAY_N(provider) * OP_N * ARRAY_N(outcome); i++)
		metric_zero(METRIC_PROVIDER_CALLS, i);
	for (size_t i = 0; i < ARRAY_N(CODES); i++)
		for (size_t k = 0; k < ARRAY_N(ERRORS); k++)
			for (size_t r = 0; CODES[i] == ERRORS[k] && r < ROUTE_N; r++)
				metric_zero(METRIC_REQUESTS,
					metric_series(METRIC_REQUESTS, route_role[r], r, i));
}

void metrics_labels(const char *version, const char *commit)
{
	static const char *v[1], *c[1];
	const char *const *roles;
	size_t waiting_n, roles_n;
	const char *const *waiting = view_gauge_states(&waiting_n);
	v[0] = version;
	c[0] = commit;
	fill();
	metric_label(METRIC_BUILD, 0, v, 1);
	metric_label(METRIC_BUILD, 1, c, 1);
	words(METRIC_PROCESSES, 0, LABEL_ROLE);
	/* a route has the role of route.def, whichever process answers: the first two */
	roles = label_words(LABEL_ROLE, &roles_n);
	ASSERT(roles_n > ROLE_money);
	metric_label(METRIC_REQUESTS, 0, roles, ROLE_money + 1);
	metric_label(METRIC_REQUESTS, 1, route, ARRAY_N(route));
	metric_label(METRIC_REQUESTS, 2, code, ARRAY_N(code));
	metric_label(METRIC_ERRORS, 0, slug, ARRAY_N(slug));
	metric_label(METRIC_DURATION, 0, roles, ROLE_money + 1);
	metric_label(METRIC_DECISIONS, 0, act, ARRAY_N(act));
	metric_label(METRIC_DECISIONS, 1, reason, ARRAY_N(reason));
	metric_label(METRIC_PROMPTS, 2, kind, ARRAY_N(kind));
	words(METRIC_DB_ERRORS, 0, LABEL_DB);
	words(METRIC_COOKIE_BAD, 0, LABEL_COOKIE);
	words(METRIC_ROBOT_CLAIMS, 0, LABEL_CLAIM);
	metric_label(METRIC_EVENTS, 0, mark, ARRAY_N(mark));
	metric_label(METRIC_PLEDGES, 0, status, ARRAY_N(status));
	metric_label(METRIC_PLEDGES, 1, currency, ARRAY_N(currency));
	metric_label(METRIC_PLEDGED, 0, currency, ARRAY_N(currency));
	metric_label(METRIC_PENDING, 0, waiting, waiting_n);
	metric_label(METRIC_PENDING_OLDEST, 0, waiting, waiting_n);
	words(METRIC_LIMITED, 0, LABEL_LIMIT);
	metric_label(METRIC_DECLINES, 0, provider, ARRAY_N(provider));
	metric_label(METRIC_BREAKER, 0, provider, ARRAY_N(provider));
	metric_label(METRIC_PROVIDER_CALLS, 0, provider, ARRAY_N(provider));
	words(METRIC_PROVIDER_CALLS, 1, LABEL_OP);
	metric_label(METRIC_PROVIDER_CALLS, 2, outcome, ARRAY_N(outcome));
	metric_label(METRIC_PROVIDER_TIME, 0, provider, ARRAY_N(provider));
	metric_label(METRIC_WEBHOOKS, 0, provider, ARRAY_N(provider));
	metric_label(METRIC_WEBHOOKS, 1, object, ARRAY_N(object));
	words(METRIC_WEBHOOKS, 2, LABEL_HOOK);
	words(METRIC_MAILS, 0, LABEL_MAIL);
	zeros();
}

/* --- requests ----------------------------------------------------------------------------------
 */

void metrics_request(enum label_role role, enum route r, int status_code, const struct request *q)
{
	size_t i = 0;
	while (i < ARRAY_N(CODES) && CODES[i] != status_code)
		i++;
	metric_add(METRIC_REQUESTS, metric_series(METRIC_REQUESTS, role, r, i), 1);
	metric_observe(METRIC_DURATION, metric_series(METRIC_DURATION, role, 0, 0),
		(dur_t){clock_mono().us - q->start.us});
}

void metrics_answer(struct response *r)
{
	r->type = "text/plain; version=0.0.4";
	response_no_store(r);
	metric_format(&r->body);
}
