/* pay/stripe_conf.c: the addresses, the version, the key and its mode, the webhook's secrets. */
#include <stdlib.h>
#include <string.h>

#include "pay/conf_read.h"
#include "pay/stripe_conf.h"

static enum err set_addresses(const struct conf *c, struct pay_set *set, struct fault *f)
{
	enum err e = conf_read_base(conf_str(c, CONF_stripe_base_url), "stripe.base_url", set, f);

	if (e == OK)
		e = conf_read_host(conf_str(c, CONF_stripe_checkout_host), "stripe.checkout_host",
			set->checkout_host, sizeof set->checkout_host, f);
	if (e == OK)
		e = conf_read_host(conf_str(c, CONF_stripe_portal_host), "stripe.portal_host",
			set->portal_host, sizeof set->portal_host, f);
	return e;
}

static enum err set_numbers(const struct conf *c, struct pay_set *set, struct fault *f)
{
	struct str version = str_c(conf_str(c, CONF_stripe_api_version));
	struct buf b;

	set->livemode = conf_on(c, CONF_stripe_livemode);
	set->tolerance_s = conf_int(c, CONF_stripe_tolerance_s);
	if (version.n == 0 || !str_is_word(version, ".-_") ||
		str_copy(version, set->version, sizeof set->version) != OK)
		return fault_set(f, ERR_CONF, "stripe.api_version",
			"must be a version such as 2026-10-28.endive");
	buf_init(&b, set->head, sizeof set->head);
	buf_addf(&b, "Stripe-Version: %s", set->version);
	enum err e = conf_read_methods(
		conf_str(c, CONF_stripe_methods), "stripe.methods", set->methods, f);
	if (e == OK && set->tolerance_s <= 0)
		e = fault_set(f, ERR_CONF, "stripe.tolerance_s", "must be above 0");
	return e == OK ? buf_done(&b) : e;
}

/* A test key in production, or the other way round, is refused before anything is sent. */
static enum err set_key(const struct conf *c, struct pay_set *set, struct fault *f)
{
	struct str key = str_trim(conf_secret(c, CONF_stripe_key_file));
	const char *sk = set->livemode ? "sk_live_" : "sk_test_",
		   *rk = set->livemode ? "rk_live_" : "rk_test_";

	if (!str_starts(key, sk) && !str_starts(key, rk))
		return fault_set(f, ERR_SECRET, "stripe.key_file",
			"must begin with %s or %s when livemode is %s", sk, rk,
			set->livemode ? "on" : "off");
	return conf_read_auth(key, 8, "stripe.key_file", set, f);
}

static enum err add_secret(struct pay_set *set, struct str line, struct fault *f)
{
	if (set->secret_n == PAY_SECRETS_MAX)
		return fault_set(f, ERR_SECRET, "stripe.webhook_secret_file",
			"more than %d secrets", PAY_SECRETS_MAX);
	if (!str_starts(line, "whsec_") || line.n <= 6 || line.n > 255 ||
		!str_is_word(line, "_-+/="))
		return fault_set(f, ERR_SECRET, "stripe.webhook_secret_file",
			"line %zu is not whsec_…", set->secret_n + 1);
	set->secret[set->secret_n++] = line;
	return OK;
}

static enum err set_secrets(const struct conf *c, struct pay_set *set, struct fault *f)
{
	struct str all = conf_secret(c, CONF_stripe_webhook_secret_file), line;
	enum err e = OK;

	if (all.n > 0) {
		set->secrets = malloc(all.n);
		if (!set->secrets)
			return ERR_NO_MEMORY;
		memcpy(set->secrets, all.p, all.n);
		set->secrets_n = all.n;
	}
	struct str rest = {set->secrets, set->secrets_n};
	while (e == OK && str_cut(&rest, '\n', &line)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		line = str_trim(line);
		if (line.n)
			e = add_secret(set, line, f);
	}
	bool takes = c->role == CONF_ROLE_MONEY || c->role == CONF_ROLE_HOOK;
	if (e == OK && set->secret_n == 0 && takes)
		return fault_set(f, ERR_SECRET, "stripe.webhook_secret_file",
			"the file of this secret is not named, or empty");
	return e;
}

enum err stripe_conf_load(const struct conf *c, struct pay_set *set, struct fault *f)
{
	enum err e = set_addresses(c, set, f);

	if (e == OK)
		e = set_numbers(c, set, f);
	if (e == OK && c->role != CONF_ROLE_HOOK) /* it calls nobody */
		e = set_key(c, set, f);
	return e == OK ? set_secrets(c, set, f) : e;
}
