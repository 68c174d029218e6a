# shellcheck shell=bash
# tap.sh: TAP for lints written in shell.
tap_n=0

# ok STATUS NAME: one test; 0 is good.
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $tap_n - $2"; else echo "not ok $tap_n - $2"; fi
}

# none TEXT NAME: good when there is nothing; else the text is shown.
none() {
	if [ -z "$1" ]; then
		ok 0 "$2"
	else
		ok 1 "$2"
		printf '%s\n' "$1" | sed '/^$/d; s/^/# /' >&2
	fi
}

skip() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1 # SKIP $2"; }
plan() { echo "1..$tap_n"; }
