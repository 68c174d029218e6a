# shellcheck shell=bash
# deploy/lib/common.sh: what deploy/stack and deploy/demo share: words, users, ports, processes.
# The caller sets $root (the checkout) and, for processes, $dir (where the stack lives).

me=${0##*/}
say() { echo "$me: $*"; }
warn() { echo "$me: $*" >&2; }
die() { warn "$@"; exit 1; }

# --- users ---------------------------------------------------------------------------------------

# choose_user: root lends nothing to what it starts. PostgreSQL refuses to run as root and the rest
# should not, so everything runs as nobody; $as is what a command is prefixed with. A checkout below
# a closed folder such as /root is out of reach for nobody: then, and only then, its processes keep
# the one capability to read past the folder's mode.
choose_user() {
	as=()
	[ "$(id -u)" -eq 0 ] || return 0
	local cap try
	for cap in '' dac_read_search dac_override; do
		try=(setpriv --reuid nobody --regid nogroup --clear-groups)
		[ -z "$cap" ] || try+=(--inh-caps "+$cap" --ambient-caps "+$cap")
		# By doing it: test -r asks without the capabilities.
		"${try[@]}" head -c 1 "$root/sql/roles.sql" "$build/pledged" >/dev/null 2>&1 || continue
		"${try[@]}" ls "$dir" >/dev/null 2>&1 || continue
		[ "$cap" = dac_override ] || [ -n "$(find "$build/pledged" -perm -o+x)" ] || continue
		as=("${try[@]}")
		return 0
	done
	die "user nobody cannot read $root, and no capability helps: move the checkout to a readable folder"
}

# own PATH…: makes folders that belong to the one who runs the processes, closed to others.
own() {
	mkdir -p -- "$@"
	chmod 0700 -- "$@"
	[ "$(id -u)" -ne 0 ] || chown nobody:nogroup -- "$@"
}

# --- ports ---------------------------------------------------------------------------------------

port_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# need_port PORT OPTION: a clear word before anything is started.
need_port() {
	case $1 in
	'' | *[!0-9]*) die "$2 $1: not a port number" ;;
	esac
	if [ "$1" -lt 1 ] || [ "$1" -gt 65535 ]; then die "$2 $1: not a port number"; fi
	! port_busy "$1" || die "port $1 on 127.0.0.1 is taken by another program; choose a free one with $2 N"
}

# --- processes -----------------------------------------------------------------------------------
# A pid file holds the pid and the process's start time, so that a number which the system has given
# to somebody else in the meantime is never signalled.

# born PID: start time of a living process; fails for the dead and for zombies.
born() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	stat=${stat##*) }
	# shellcheck disable=SC2086 # fields
	set -- $stat
	[ "$1" != Z ] && [ "$1" != X ] && echo "${20}"
}

pid_save() { # NAME PID
	local start
	start=$(born "$2") || return 1
	echo "$2 $start" >"$dir/run/$1.pid"
}

# pid_of NAME: the pid, if that very process still lives.
pid_of() {
	local pid start
	read -r pid start 2>/dev/null <"$dir/run/$1.pid" || return 1
	[ "$(born "$pid")" = "$start" ] && echo "$pid"
}

# launch NAME COMMAND…: in a session of its own, so that a ^C at the terminal does not reach it and
# its whole group can be ended at once.
launch() {
	local name=$1 pid
	shift
	(
		cd "$root" || exit 1
		exec env HOME="$dir" setsid "${as[@]}" "$@" >>"$dir/log/$name.log" 2>&1 </dev/null
	) &
	pid=$!
	pid_save "$name" "$pid" || { warn "$name ended at once:"; tail_log "$name"; return 1; }
}

# halt NAME [SIGNAL [SECONDS]]: asks, waits, and ends the group for good if asking did not help.
halt() {
	local name=$1 sig=${2:-TERM} left=$((${3:-10} * 20)) pid
	if pid=$(pid_of "$name"); then
		kill -s "$sig" "$pid" 2>/dev/null || true
		while [ $left -gt 0 ] && pid_of "$name" >/dev/null; do
			sleep 0.05
			left=$((left - 1))
		done
		[ $left -gt 0 ] || warn "$name did not end in time and is killed"
		kill -s KILL -- "-$pid" 2>/dev/null || true
	fi
	rm -f "$dir/run/$name.pid"
}

# children PID: pids of the direct children.
children() {
	local stat pid rest
	for stat in /proc/[0-9]*/stat; do
		read -r rest 2>/dev/null <"$stat" || continue
		pid=${rest%% *} rest=${rest##*) }
		# shellcheck disable=SC2086 # fields
		set -- "$1" $rest
		[ "$3" != "$1" ] || [ "$2" = Z ] || echo "$pid"
	done
}

# tail_log NAME: the end of a log, for the one who has to find out.
tail_log() { tail -n 15 "$dir/log/$1.log" 2>/dev/null | sed 's/^/    /' >&2; }

# wait_for SECONDS WHAT COMMAND…: polls until the command succeeds.
wait_for() {
	local left=$(($1 * 20)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || { warn "no answer in time from $what"; return 1; }
		sleep 0.05
	done
}

random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
