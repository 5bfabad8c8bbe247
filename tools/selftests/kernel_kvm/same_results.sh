#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# KVM's own selftests (tools/testing/selftests/kvm) on L1, first without the host
# module, then with it: each has to end as it did.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"

programs=$(cd "$(dirname "$0")/../../.." && pwd)/build/kernel_kvm
# Seconds. Some want minutes of a real CPU, and tell nothing here.
limit=20
over_limit=124 # of timeout(1)

# Without those that measure how fast KVM is, which an emulated CPU cannot say.
list_programs() {
	(cd "$programs" && find . -type f -perm -u+x -printf '%P\n' | sort) |
		grep -vE '_(perf|stress)_test$|^(demand_paging|kvm_page_table|max_guest_memory)_test$'
}

# run_program NAME: its exit code in $ended, its last words in $work/NAME
run_program() {
	local log=$work/${1//\//_}
	ended=0
	(cd "$programs" && timeout -k 5 $limit "./$1") < /dev/null > "$log" 2>&1 || ended=$?
	# -k ends it by SIGKILL where it ignores SIGTERM
	[ $ended != 137 ] || ended=$over_limit
}

run_without_module() {
	local name
	for name in "${names[@]}"; do
		run_program "$name"
		without[$name]=$ended
		echo "# without the module: $name ends with $ended"
	done
}

# Once more where it differs: on an emulated CPU a program of KVM's may well fail
# one time in some. What the module does to it would happen each time.
ends_the_same() {
	local name=$1 try
	case ${without[$name]} in
	"$over_limit") ktap_skip "not over after $limit s, without the module" ;;
	"$KSFT_SKIP") ktap_skip "not for this CPU or KVM, without the module" ;;
	esac
	for try in 1 2 3; do
		run_program "$name"
		[ "$ended" != "${without[$name]}" ] || return 0
		echo "try $try: ended with $ended, without the module with ${without[$name]}"
		tail -n 5 "$work/${name//\//_}"
	done
	return 1
}

enough_pass() {
	local name count=0
	for name in "${names[@]}"; do
		[ "${without[$name]}" != 0 ] || ((++count))
	done
	echo "$count of ${#names[@]} pass without the module"
	[ $count -ge 20 ]
}

[ "${LAB_WHERE-}" = l1 ] || ktap_skip_all "not on the lab's L1"
mapfile -t names < <(list_programs)
declare -A without
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ktap_plan $((${#names[@]} + 3))
run_without_module
ktap_test "at least twenty pass" enough_pass
# shellcheck disable=SC2086 # words
ktap_test "the module is loaded" insmod "$PVIO_HOST_KO" $PVIO_HOST_PARAMETERS
[ $ktap_failed = 0 ] || exit
for name in "${names[@]}"; do
	ktap_test "$name" ends_the_same "$name"
done
ktap_test "the module goes" rmmod pvio_host
ktap_end
