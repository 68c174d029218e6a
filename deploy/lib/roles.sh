# shellcheck shell=bash
# deploy/lib/roles.sh: the processes in front of the database. Uses $dir, $root, $as, $sockets, $build
# and the numbers of deploy/stack.

ctl() { "${as[@]}" "$build/pledgectl" -c "$dir/conf/pledged.ini" "$@"; }

# with_socket NAME ROLE N: a role that serves: the listening socket is descriptor 0.
with_socket() {
	local sock=$sockets/$1.sock
	check_conf "$2"
	rm -f "$sock"
	# multiwatch restarts what dies, however often in a short while.
	launch "$1" spawn-fcgi -s "$sock" -M 0660 -n -- "$(command -v multiwatch)" -f "$3" -r 1000 -t 1000 \
		-- "$build/pledged" "$2" -c "$dir/conf/pledged.ini"
	wait_for 10 "$sock" test -S "$sock" || { tail_log "$1"; exit 1; }
}

# check_conf ROLE: says file and line when the configuration is refused; multiwatch would only retry.
check_conf() {
	"${as[@]}" "$build/pledged" "$1" -t -c "$dir/conf/pledged.ini" >>"$dir/log/$1-test.log" 2>&1 ||
		{ tail_log "$1-test"; die "pledged $1 refuses its configuration"; }
}

# told LOG LINES WORD: has WORD stood in the log since it had so many lines, or has the program ended?
told() { tail -n "+$(($2 + 1))" "$dir/log/$1.log" | grep -q -- "$3" || ! pid_of "$1"; }

role_start() {
	local lines=0
	! pid_of "$1" >/dev/null || die "$1 runs already"
	case $1 in
	provider)
		[ ! -e "$dir/log/provider.log" ] || lines=$(wc -l <"$dir/log/provider.log")
		launch provider node "$root/tests/provider/main.mjs" --port "$provider_port" \
			--key-file "$dir/secrets/stripe.key" --webhook-secret-file "$dir/secrets/stripe.webhook" \
			--mollie-key-file "$dir/secrets/mollie.key" --ledger "$dir/provider/ledger" --webhook-url "http://127.0.0.1:$port/webhook/stripe"
		# that the port answers says nothing: it may be somebody else's
		wait_for 10 "the provider on port $provider_port" told provider "$lines" 'provider ready' ||
			{ tail_log provider; exit 1; }
		! tail -n 8 "$dir/log/provider.log" | grep -q EADDRINUSE ||
			die "port $provider_port on 127.0.0.1 is taken by another program"
		;;
	view) with_socket view view "$views" ;;
	money) with_socket money money "$moneys" ;;
	hook)
		[ "$hooks" -gt 0 ] || { ln -sfn money.sock "$sockets/hook.sock"; return 0; }
		with_socket hook hook "$hooks"
		;;
	clerk)
		check_conf clerk
		launch clerk multiwatch -f "$clerks" -r 1000 -t 1000 -- "$build/pledged" clerk -c "$dir/conf/pledged.ini"
		;;
	nginx)
		launch nginx /usr/sbin/nginx -p "$dir/nginx" -c "$dir/nginx/nginx.conf" -e "$dir/log/nginx.log"
		wait_for 10 "nginx on port $port" port_busy "$port" || { tail_log nginx; exit 1; }
		;;
	esac
	pid_of "$1" >/dev/null || { tail_log "$1"; die "$1 ended at once"; }
}

# role_stop NAME: asks the working processes themselves to end, and lets them finish. multiwatch 1.0.0
# cannot: its own end sends them USR1, and with -s TERM it sends QUIT. It is held still meanwhile, so that
# it does not start others.
role_stop() {
	local pid kids kid left=200
	case $1 in
	view | money | hook | clerk)
		if pid=$(pid_of "$1"); then
			kill -s STOP "$pid" 2>/dev/null || true
			kids=$(children "$pid")
			for kid in $kids; do kill -s TERM "$kid" 2>/dev/null || true; done
			for kid in $kids; do
				while [ "$left" -gt 0 ] && born "$kid" >/dev/null; do
					sleep 0.05
					left=$((left - 1))
				done
			done
			[ "$left" -gt 0 ] || warn "$1 did not end in time and is killed"
		fi
		halt "$1" KILL
		;;
	nginx) halt nginx QUIT 3 ;;
	*) halt "$1" ;;
	esac
}

# role_pids NAME: the working processes below the one that watches them.
role_pids() {
	local pid
	pid=$(pid_of "$1") || return 0
	case $1 in
	provider) echo "$pid" ;;
	*) children "$pid" ;;
	esac
}
