# shellcheck shell=bash
# deploy/lib/render.sh: a stack's configuration, made from the very files that a server would use:
# conf/pledged.ini and conf/nginx. Uses $dir, $root, $sockets and the options of deploy/stack.

# ini_set FILE SECTION KEY VALUE: puts a value in the place of the one in the file, commented out or
# not. A key that the file does not have is a mistake of ours and says so.
ini_set() {
	awk -v section="$2" -v key="$3" -v value="$4" '
		/^\[/ { here = ($0 == "[" section "]") }
		here && $0 ~ "^;?" key " *=" { $0 = key " = " value; done = 1 }
		{ print }
		END { exit !done }' "$1" >"$1.new" || die "conf/pledged.ini has no [$2] $3"
	mv "$1.new" "$1"
}

# Secrets are fresh for every stack, so a log that holds one can be searched for it. Each lies in a folder that only
# its roles may open, as in conf/secrets/README; the links are for who looks for them here.
render_secrets() {
	own "$dir/secrets" "$dir/secrets/cookie" "$dir/secrets/pay" "$dir/secrets/hook"
	(
		umask 077
		printf 'k1:%s\n' "$(random_hex 32)" >"$dir/secrets/cookie/cookie.key"
		printf 'sk_test_%s\n' "$(random_hex 24)" >"$dir/secrets/pay/stripe.key"
		printf 'whsec_%s\n' "$(random_hex 24)" >"$dir/secrets/hook/stripe.webhook"
		printf 'test_%s\n' "$(random_hex 15)" >"$dir/secrets/pay/mollie.key"
		ln -s cookie/cookie.key pay/stripe.key hook/stripe.webhook pay/mollie.key "$dir/secrets/"
		render_password editor
	)
	[ "$(id -u)" -ne 0 ] || chown -hR nobody:nogroup "$dir/secrets"
}

# render_password USER: a fresh password in secrets/ops.password, and its hash as nginx reads it.
render_password() {
	local password salt
	password=$(random_hex 10) salt=$(random_hex 8)
	printf '%s:%s\n' "$1" "$password" >"$dir/secrets/ops.password"
	# shellcheck disable=SC2016 # perl's
	printf '%s:%s\n' "$1" "$(perl -e 'print crypt(<STDIN>, q($6$) . $ARGV[0] . q($))' "$salt" < <(printf %s "$password"))" \
		>"$dir/secrets/ops.users"
}

render_ini() {
	local ini=$dir/conf/pledged.ini
	mkdir -p "$dir/conf"
	cp "$root/conf/pledged.ini" "$ini"
	ln -s conf/pledged.ini "$dir/pledged.ini"
	ini_set "$ini" database conninfo "host=$sockets port=$PGPORT dbname=$PGDATABASE"
	ini_set "$ini" view spool_file "$dir/spool/views"
	ini_set "$ini" limit own_free on
	ini_set "$ini" metrics file "$sockets/count/metrics"
	ini_set "$ini" cookie key_file "$dir/secrets/cookie/cookie.key"
	ini_set "$ini" stripe base_url "http://127.0.0.1:$provider_port"
	ini_set "$ini" stripe checkout_host "127.0.0.1:$provider_port"
	ini_set "$ini" stripe portal_host "127.0.0.1:$provider_port"
	ini_set "$ini" stripe key_file "$dir/secrets/pay/stripe.key"
	ini_set "$ini" stripe webhook_secret_file "$dir/secrets/hook/stripe.webhook"
	ini_set "$ini" mollie base_url "http://127.0.0.1:$provider_port"
	ini_set "$ini" mollie checkout_host "127.0.0.1:$provider_port"
	ini_set "$ini" mollie key_file "$dir/secrets/pay/mollie.key"
	[ "$ops" = off ] || ini_set "$ini" report dir "$dir/ops"
	ini_set "$ini" report scripts "$root/sql"
	local word section key
	for word in "${settings[@]}"; do # section.key=value, from --set
		section=${word%%.*} key=${word#*.}
		ini_set "$ini" "$section" "${key%%=*}" "${key#*=}"
	done
	chmod 0644 "$ini"
}

# The pages, made of the site's texts: each stands there once.
render_outputs() {
	own "$dir/outputs" "$dir/ops" "$dir/preview"
	quietly outputs "${as[@]}" node "$root/deploy/lib/site.mjs" "$site" "$dir/outputs"
}

# render_preview: the page on which an editor sees all that the campaigns can show.
render_preview() {
	[ "$ops" = off ] || ctl preview --html "$dir/preview/index.html" --css "$root/build/widget/pledged.css" >/dev/null
}

render_nginx() {
	local file
	own "$dir/nginx" "$dir/nginx/tmp"
	for file in "$root"/conf/nginx/*.conf; do
		sed -e "s|/run/pledged/|$sockets/|g" -e "s|@DIR@|$dir|g" -e "s|@PORT@|$port|g" \
			-e "s|@SITE@|$site|g" -e "s|@OUTPUTS@|$dir/outputs|g" -e "s|@WIDGET@|$root/build/widget|g" \
			-e "s|@PROVIDER@|http://127.0.0.1:$provider_port|g" -e "s|pledged-ops.users;|\"$dir/secrets/ops.users\";|" \
			"$file" >"$dir/nginx/${file##*/}"
	done
	mv "$dir/nginx/demo.conf" "$dir/nginx/nginx.conf"
	sed -i 's/^#\(unix:\|127\|::1\)/\1/' "$dir/nginx/pledged-own.conf" # whoever looks at a demonstration sits here
	if [ "$limits" = off ]; then
		sed -i '/^\tlimit_req /d' "$dir/nginx/pledged-server.conf"
	fi
	"${as[@]}" /usr/sbin/nginx -p "$dir/nginx" -c "$dir/nginx/nginx.conf" -e "$dir/log/nginx.log" -t -q \
		>>"$dir/log/nginx-test.log" 2>&1 || { tail_log nginx-test; die "nginx refuses its configuration"; }
}
