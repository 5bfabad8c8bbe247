# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP for tests in bash. A test is a function that runs in a shell of its own
# with "set -e": it passes when it ends with 0. What it prints goes out as
# diagnostics. Exit codes are those of kselftest.
readonly KSFT_FAIL=1 KSFT_SKIP=4

ktap_number=0
ktap_failed=0

# ktap_plan COUNT
ktap_plan() {
	echo "TAP version 13"
	echo "1..$1"
	ktap_count=$1
}

# ktap_skip_all REASON: nothing of this file can run
ktap_skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit $KSFT_SKIP
}

# ktap_skip REASON: in a test
ktap_skip() {
	echo "SKIP $1"
	exit $KSFT_SKIP
}

# fail REASON: in a test
fail() {
	echo "$1"
	exit $KSFT_FAIL
}

# wait_until COMMAND...: until it succeeds. The limit is for what never comes.
wait_until() {
	local end=$((SECONDS + 300))
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "still not so after 300 s: $*"
		sleep 0.1
	done
}

# at_end COMMAND...: when the test is over, however it ends; the latest first
at_end() { ktap_at_end=("${*@Q}" "${ktap_at_end[@]}"); }

ktap_clean_up() {
	local command
	set +e
	for command in "${ktap_at_end[@]}"; do
		eval "$command"
	done
}

# refused COMMAND...: it must fail. "! COMMAND" would not end a test by itself.
refused() {
	if "$@"; then
		fail "not refused: $*"
	fi
}

# ktap_result STATUS NAME [REASON]
ktap_result() {
	((++ktap_number))
	case $1 in
	0) echo "ok $ktap_number $2" ;;
	"$KSFT_SKIP") echo "ok $ktap_number $2 # SKIP ${3-}" ;;
	*)
		echo "not ok $ktap_number $2"
		ktap_failed=1
		;;
	esac
}

# ktap_test NAME FUNCTION [ARGUMENT...]: how long it took follows the result
ktap_test() {
	local name=$1 log status reason begun=$SECONDS
	shift
	log=$(mktemp)
	# not as a condition: that would switch "set -e" off in there
	(ktap_at_end=(); trap ktap_clean_up EXIT; set -e; "$@") > "$log" 2>&1
	status=$?
	reason=$(sed -n 's/^SKIP //p' "$log" | tail -n 1)
	grep -v '^SKIP ' "$log" | sed 's/^/# /'
	rm -f "$log"
	ktap_result $status "$name" "$reason"
	echo "# $((SECONDS - begun)) s"
}

# ktap_subtests NAME FILE: the KTAP of a file in the kernel, as a test
ktap_subtests() {
	local text
	text=$(cat "$2") || text="Bail out! cannot read $2"
	# shellcheck disable=SC2001 # every line
	sed 's/^/  /' <<< "$text"
	! grep -qE '^(not ok|Bail out)' <<< "$text" && grep -q '^ok' <<< "$text"
	ktap_result $? "$1"
}

ktap_end() {
	if [ $ktap_number != "$ktap_count" ]; then
		echo "# $ktap_number tests ran, $ktap_count were planned"
		exit $KSFT_FAIL
	fi
	exit $ktap_failed
}
