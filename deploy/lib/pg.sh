# shellcheck shell=bash
# deploy/lib/pg.sh: the private PostgreSQL cluster of a stack. Unix socket only, everything durable,
# never the system's cluster. Uses $dir, $as, $sockets and the PG* variables of deploy/stack.

pg_bin() {
	local d
	for d in /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin; do
		[ -x "$d/postgres" ] && { echo "$d"; return; }
	done
	die "PostgreSQL is not installed: run deploy/packages run"
}

pg_init() {
	local bin
	bin=$(pg_bin)
	own "$dir/pg"
	# No fsync while nothing is stored yet: the server itself runs with it.
	"${as[@]}" "$bin/initdb" -D "$dir/pg" --username=postgres --auth=trust --encoding=UTF8 \
		--locale=C.UTF-8 --no-sync --no-instructions >"$dir/log/initdb.log" 2>&1 ||
		{ tail_log initdb; die "initdb failed"; }
	"${as[@]}" tee -a "$dir/pg/postgresql.conf" >/dev/null <<-CONF
		# a stack of deploy/stack
		listen_addresses = ''
		port = $PGPORT
		unix_socket_directories = '$sockets'
		unix_socket_permissions = 0700
		max_connections = 150
		shared_buffers = 128MB
		max_wal_size = 2GB
		fsync = on
		synchronous_commit = on
		full_page_writes = on
		jit = off
		timezone = 'UTC'
		log_timezone = 'UTC'
		log_line_prefix = '%m [%p] %u '
		log_parameter_max_length_on_error = 0
		lc_messages = 'C'
		restart_after_crash = on
	CONF
}

# pg_pid: the postmaster, told by its working folder, so that no foreign process is taken for it.
pg_pid() {
	local pid
	pid=$(head -n 1 "$dir/pg/postmaster.pid" 2>/dev/null) && born "$pid" >/dev/null &&
		[ "$(readlink "/proc/$pid/cwd")" = "$(realpath "$dir/pg")" ] && echo "$pid"
}

# pg_unlock: a container without a real init keeps a killed postmaster as a zombie for ever, and its lock
# files would then shut out the next one.
pg_unlock() {
	local pid
	pid=$(head -n 1 "$dir/pg/postmaster.pid" 2>/dev/null) || return 0
	if [ -d "/proc/$pid" ] && ! born "$pid" >/dev/null; then
		rm -f "$dir/pg/postmaster.pid" "$sockets/.s.PGSQL.$PGPORT.lock"
	fi
}

pg_start() {
	local try
	# of a stack that was ended and is looked at again
	[ -d "$sockets" ] || own "$sockets" "$sockets/count"
	pg_unlock
	# After a kill the old backends may need a moment to notice that their parent is gone.
	for try in 1 2 3 4 5 6; do
		"${as[@]}" "$(pg_bin)/pg_ctl" -D "$dir/pg" -l "$dir/log/postgresql.log" -w -t 60 start \
			>>"$dir/log/pg_ctl.log" 2>&1 && break
		[ "$try" -lt 6 ] || { tail_log postgresql; die "PostgreSQL did not start"; }
		sleep 0.5
	done
	pid_save postgresql "$(pg_pid)"
}

pg_stop() { # [fast|immediate]
	pg_pid >/dev/null || return 0
	"${as[@]}" "$(pg_bin)/pg_ctl" -D "$dir/pg" -m "${1:-fast}" -w -t 30 stop >>"$dir/log/pg_ctl.log" 2>&1 ||
		pg_kill
	rm -f "$dir/run/postgresql.pid"
}

# pg_kill: the power cord. The parent is held first: a backend born while we count would be left over, and one that
# waits for a lock of a killed one never ends, which keeps the next server from starting.
pg_kill() {
	local pid kids kid
	pid=$(pg_pid) || return 0
	kill -s STOP "$pid" 2>/dev/null || return 0
	kids=$(children "$pid")
	kill -s KILL "$pid" 2>/dev/null || true
	for kid in $kids; do kill -s KILL "$kid" 2>/dev/null || true; done
	for kid in $pid $kids; do
		while born "$kid" >/dev/null; do sleep 0.02; done
	done
	rm -f "$dir/run/postgresql.pid"
}
