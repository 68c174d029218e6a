/* pay/mollie_conf.c: the addresses, the key and its mode. */
#include "pay/mollie_conf.h"
#include "pay/conf_read.h"

/* A test key in production, or the other way round, is refused before anything is sent. */
static enum err set_key(const struct conf *c, struct pay_set *set, struct fault *f)
{
	struct str key = str_trim(conf_secret(c, CONF_mollie_key_file));
	const char *prefix = set->livemode ? "live_" : "test_";

	if (!str_starts(key, prefix))
		return fault_set(f, ERR_SECRET, "mollie.key_file",
			"must begin with %s when livemode is %s", prefix,
			set->livemode ? "on" : "off");
	return conf_read_auth(key, 5, "mollie.key_file", set, f);
}

/* What stands in for cards is none. */
static enum err set_instead(const struct conf *c, struct pay_set *set, struct fault *f)
{
	static const char FIELD[] = "mollie.instead";
	enum err e = conf_read_methods(conf_str(c, CONF_mollie_instead), FIELD, set->instead, f);
	struct str rest = str_c(set->instead), one;

	while (e == OK && str_cut(&rest, ',', &one))
		if (str_is(one, "creditcard"))
			e = fault_set(f, ERR_CONF, FIELD, "creditcard is what it stands in for");
	return e;
}

enum err mollie_conf_load(const struct conf *c, struct pay_set *set, struct fault *f)
{
	enum err e = conf_read_base(conf_str(c, CONF_mollie_base_url), "mollie.base_url", set, f);

	set->livemode = conf_on(c, CONF_mollie_livemode);
	if (e == OK)
		e = conf_read_host(conf_str(c, CONF_mollie_checkout_host), "mollie.checkout_host",
			set->checkout_host, sizeof set->checkout_host, f);
	if (e == OK)
		e = conf_read_methods(
			conf_str(c, CONF_mollie_methods), "mollie.methods", set->methods, f);
	if (e == OK)
		e = set_instead(c, set, f);
	/* who takes webhooks alone calls nobody */
	return e == OK && c->role != CONF_ROLE_HOOK ? set_key(c, set, f) : e;
}
