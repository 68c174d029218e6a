# shellcheck shell=bash
# deploy/lib/check.sh: the main job, walked with curl: read, be asked, give, not be asked again.
# Uses $root, $dir, $url, $provider_port and $port of deploy/demo; sets $pages, a scratch folder.

check_failed=0

# step NAME COMMAND…: one line each; the command may say on stdout why it failed.
step() {
	local name=$1 why
	shift
	if why=$("$@" 2>&1); then
		printf 'ok      %s\n' "$name"
	else
		printf 'FAILED  %s%s\n' "$name" "${why:+: $(head -n 3 <<<"$why" | cut -c1-300)}"
		check_failed=1
	fi
}

# fetch PATH [curl arguments]: as one reader: status in $pages/status, headers and body beside it.
fetch() {
	local path=$1
	shift
	curl -s -m 30 -H 'Accept-Language: en' -b "$pages/jar" -c "$pages/jar" -D "$pages/headers" -o "$pages/body" -w '%{http_code}' \
		-A 'Mozilla/5.0 (demo check)' "$@" "$url$path" >"$pages/status" || echo 000 >"$pages/status"
}

status_is() { [ "$(cat "$pages/status")" = "$1" ] || { echo "status $(cat "$pages/status") instead of $1"; head -c 300 "$pages/body"; return 1; }; }
body_has() { grep -qE -- "$1" "$pages/body" || { echo "the answer does not hold $1"; return 1; }; }
body_lacks() { ! grep -qE -- "$1" "$pages/body" || { echo "the answer holds $1"; return 1; }; }
header_of() { sed -n "s/^$1: *//Ip" "$pages/headers" | tr -d '\r' | head -n 1; }
has_cookie() { grep -q 'pledged' "$pages/jar" || { echo "no cookie"; return 1; }; }
member() { # of the JSON in $pages/body
	node -e 'const v = JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]; process.stdout.write(String(v ?? ""))' \
		"$pages/body" "$1"
}
query() { "$root/deploy/stack" psql --dir "$dir" -q -A -t -v ON_ERROR_STOP=1 "$@"; }

front_page() { fetch / && status_is 200 && body_has '<h1'; }
first_article() { fetch /en/news/night-ferry && status_is 200 && body_lacks '<pledged-prompt' && has_cookie; }
second_article() { fetch /en/news/silent-gauge && status_is 200 && body_has '<pledged-prompt' && body_has 'data-token="v1\.'; }
form_inside() { body_has 'action="/pledge"' && body_has 'name="?amount' && ticket; }
event_viewed() {
	local token
	token=$(sed -n 's/.*data-token="\([^"]*\)".*/\1/p' "$pages/body" | head -n 1)
	fetch /event -H "Origin: $url" -H 'Content-Type: application/json' -d "{\"d\":\"$token\",\"e\":\"viewed\"}"
	status_is 204
}

# ticket: of the form in $pages/body, for the pledge that comes next; nobody reads a form in less than two seconds.
ticket() {
	sed -n 's/.*name="ticket" value="\([^"]*\)".*/\1/p' "$pages/body" | head -n 1 >"$pages/ticket"
	[ -s "$pages/ticket" ] || { echo "no ticket in the form"; return 1; }
	sleep 2.1
}
pledge_json() {
	fetch /pledge -H "Origin: $url" -H 'Content-Type: application/json' \
		-d "{\"amount\":\"25.00\",\"currency\":\"EUR\",\"interval\":\"once\",\"email\":\"reader@mail.example\",\"key\":\"$1\",\"ticket\":\"$(cat "$pages/ticket")\"}"
	status_is 201 || return
	member url
}
made() { pledge_json "$key" >"$pages/url" && grep -q '^http' "$pages/url" && member pledge >"$pages/pledge"; }
made_again() {
	pledge_json "$key" >"$pages/url2" || return
	cmp -s "$pages/url" "$pages/url2" || { echo "another url: $(cat "$pages/url2")"; return 1; }
}
other_body() {
	fetch /pledge -H "Origin: $url" -H 'Content-Type: application/json' \
		-d "{\"amount\":\"26.00\",\"currency\":\"EUR\",\"interval\":\"once\",\"key\":\"$key\"}"
	status_is 422 && body_has key_reused
}
foreign_site() {
	fetch /pledge -H 'Origin: http://evil.example' -H 'Content-Type: application/json' \
		-d '{"amount":"25.00","currency":"EUR","interval":"once","key":"from-somewhere-else"}'
	status_is 403
}

# pay_at URL-FILE: opens the provider's page like a browser and presses its pay button.
pay_at() {
	local page to
	page=$(cat "$1")
	curl -s -m 30 -o "$pages/checkout" "$page" && grep -q '<form' "$pages/checkout" || { echo "no page at the provider"; return 1; }
	to=$(curl -s -m 30 -o /dev/null -w '%{http_code} %{redirect_url}' --data-urlencode email=reader@mail.example "$page/pay")
	case $to in
	"303 $url/"*) echo "$to" >"$pages/back" ;;
	*) echo "the provider answered $to"; return 1 ;;
	esac
}
thanks() {
	local path
	path=$(sed 's/^303 //' "$pages/back")
	fetch "${path#"$url"}" && status_is 200 && body_has '<h1'
}
within() { # SECONDS COMMAND…
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null; do
		[ $SECONDS -lt $end ] || { "$@"; return 1; }
		sleep 0.2
	done
}
is_paid() {
	fetch "/pledge/$(cat "$pages/pledge")" -H 'Accept: application/json' && status_is 200 && body_has '"status": *"paid"'
}
paid() { within 10 is_paid; }
is_supporter() {
	fetch "/en/culture/$1" && status_is 200 && body_lacks '<pledged-prompt'
}
not_asked_again() { sleep 2; is_supporter lighthouse-library; }
supporter_reason() {
	fetch '/decide?a=/en/culture/ropewalk-choir&s=culture&l=en'
	status_is 200 && body_has '"reason": *"supporter"'
}

plain_form() {
	fetch /contribute/ && status_is 200 && ticket || return
	fetch /pledge -H "Origin: $url" -H 'Accept: text/html' --data-urlencode amount=other --data-urlencode other_amount=7.50 \
		-d currency=EUR -d interval=month -d email=monthly@mail.example -d "key=$key-form" -d "ticket=$(cat "$pages/ticket")"
	status_is 303 || return
	header_of Location >"$pages/form_url"
	grep -q "^http://127.0.0.1:$provider_port/" "$pages/form_url" || { echo "it leads to $(cat "$pages/form_url")"; return 1; }
}
form_page() { fetch /contribute/ && status_is 200 && body_has 'action="/pledge"'; }
russian() { fetch /ru/contribute/ && status_is 200 && body_has 'name="?amount'; }

# What the provider's own ledger says was paid, and what ours says: the same sums.
ledgers() {
	local theirs ours
	theirs=$(curl -s -m 10 "http://127.0.0.1:$provider_port/_/ledger" | node -e '
		const { totals } = JSON.parse(require("fs").readFileSync(0));
		const lines = Object.entries(totals).map(([c, t]) => `${c.toUpperCase()} ${t.payments} ${t.paid}`);
		process.stdout.write(lines.sort().join(","))') || return
	ours=$(query -c "SELECT coalesce(string_agg(c || ' ' || n || ' ' || s, ',' ORDER BY c), '') FROM (
		SELECT currency::text AS c, count(*) AS n, sum(amount) AS s FROM pledged.payment WHERE state = 'paid' GROUP BY currency) x") || return
	[ -n "$theirs" ] && [ "$theirs" = "$ours" ] || { echo "provider: $theirs, database: $ours"; return 1; }
}
invariants() {
	local rows
	rows=$(query -f "$root/sql/invariants.sql") || { echo "$rows"; return 1; }
	[ -z "$rows" ] || { echo "$rows"; return 1; }
}
# The page of rules asks the engine itself: what it shows is what the operator's tool says.
playground() {
	local reason
	fetch "/play/?article=/x&section=news&articles=5" && status_is 200 && body_has 'explain-wall' && body_has 'selected>News' || return
	fetch "/explain?article=/x&section=news&articles=5" && status_is 200 || return
	reason=$(member reason)
	"$root/deploy/stack" ctl --dir "$dir" explain --article /x --section news --articles 5 | grep -q "^wall: $reason\." ||
		{ echo "pledgectl explain says another reason than $reason"; return 1; }
}
feeds() {
	fetch /feed.xml && status_is 200 && body_has '<feed xmlns="http://www.w3.org/2005/Atom"' && body_has 'href="/en/news/book-of-ice"' &&
		fetch /ru/feed.xml && status_is 200 && body_has 'href="/ru/culture/slovar-odnogo-prichala"'
}
sections() {
	local path
	for path in /news/ /culture/ /ru/news/ /ru/culture/; do
		fetch $path && status_is 200 && body_has 'class="lead-story"' || return
	done
}
mail_kept() {
	local n
	n=$(query -c 'SELECT count(*) FROM pledged.mail_out') || return
	[ "$n" -ge 1 ] || { echo "no receipt"; return 1; }
}

# The clerk makes the page of reports soon after it began.
editors_page() { curl -s -m 30 -u "$(cat "$dir/secrets/ops.password")" "$url$1" | grep "<title>$2</title>" >/dev/null; }
editors() {
	local path
	for path in /ops/ /preview/; do
		fetch "$path"
		status_is 401 || return
	done
	within 60 editors_page /ops/ Reports || { echo "no page of reports"; return 1; }
	editors_page /preview/ 'Preview of campaigns' || { echo "no preview"; return 1; }
}

check_main_job() {
	pages=$(mktemp -d "${TMPDIR:-/tmp}/pledged-check.XXXXXX")
	key=demo-check-$(random_hex 8)
	echo
	step "the front page opens" front_page
	step "the sections open" sections
	step "the feeds list the articles" feeds
	step "the page of rules says what the operator's tool says" playground
	step "the first article opens, asks nothing, sets a cookie" first_article
	step "the second article holds the appeal" second_article
	step "its form works without scripts" form_inside
	step "seeing it is noted" event_viewed
	step "a pledge is made: 201 and the provider's address" made
	step "the same request again gives the same address" made_again
	step "the same key with another amount is refused" other_body
	step "a request from a foreign site is refused" foreign_site
	step "paying at the provider leads back" pay_at "$pages/url"
	step "the thank-you page opens" thanks
	step "the pledge is paid within ten seconds" paid
	step "the next article asks nothing" not_asked_again
	step "because its reader is a supporter" supporter_reason
	step "a receipt is written" mail_kept
	step "the contribution page holds the form" form_page
	step "in Russian too" russian
	step "the plain form leads to the provider: 303" plain_form
	step "a monthly gift is paid there" pay_at "$pages/form_url"
	step "editors' pages open with their password alone" editors
	step "the provider's ledger and ours agree" within 10 ledgers
	step "the invariants hold" invariants
	echo
	if [ $check_failed -ne 0 ]; then
		say "the main job is broken; the logs are in build/demo/log"
		return 1
	fi
	say "the main job works"
}
