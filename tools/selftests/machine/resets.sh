#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Pauses, looks at the screen, cards that come and go, and resets: twenty of each, in
# the midst of requests and packets of a guest with two CPUs.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
times=20

is_disturbed() {
	disturb "$@"
	helps yes
	works
}

machine_begin $((5 + times)) -smp 2
ktap_test "paused and looked at $times times" is_disturbed $times 0
ktap_test "$times cards come and go" is_disturbed 0 $times
for number in $(seq $times); do
	ktap_test "reset in mid-request, $number" resets
done
ktap_test "the file system is whole" is_whole
ktap_end
