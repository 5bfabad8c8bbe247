#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A card that heeds no limit of its interrupt rate (QEMU: mitigation=off).
. "$(dirname "$0")/../lib/nic.sh"

# count_of LIMIT_USECS COMMAND...: interrupts and masks while it runs on the peer
count_of() {
	local limit=$1
	shift
	interrupts=$(count interrupts) masks=$(count interrupts_masked)
	ethtool -C "$(card)" adaptive-rx off rx-usecs "$limit"
	"$@" > /dev/null
	interrupts=$(($(count interrupts) - interrupts))
	masks=$(($(count interrupts_masked) - masks))
	echo "limit $limit us: $interrupts interrupts, $masks times masked"
}

# one by one, the poll function is idle in between
one_by_one() { lab l1 "ping -f -c 2000 -w 30 -q $card_address || true"; }

# more than it can take in
flood() { iperf3 -c $peer -u -l 64 -b 0 -t 5 -R; }

# Whether it masked some. If not, there must have been no reason to.
masks_some() {
	local begun=${EPOCHREALTIME/./} allowed
	count_of 16000 one_by_one
	[ $masks = 0 ] || return 0
	# the driver waits for twice the limit within a tenth of a second
	allowed=$((2 * (${EPOCHREALTIME/./} - begun) / 16000))
	[ $interrupts -le $allowed ] || fail "$interrupts, with $allowed nothing need be masked"
	return 1
}

# A busy machine may stay below the limit for a while, a very slow one for ever.
masks_above_limit() {
	local try
	for try in {1..8}; do
		masks_some && break
	done
	[ $masks -gt 0 ] || ktap_skip "after $try tries: no more interrupts than that here"
	echoed tcp 1000000
}

# Here the poll function hardly ends, so that the rate need not be too high.
takes_a_flood() {
	local received
	received=$(count rx_packets)
	count_of 16000 flood
	received=$(($(count rx_packets) - received))
	echo "$received frames"
	[ $((interrupts * 2)) -lt $received ] || fail "an interrupt for nearly every frame"
	echoed tcp 1000000
}

leaves_others_alone() {
	count_of 10 one_by_one
	[ $masks -le 10 ] || fail "they are masked below the limit"
	echoed tcp 1000000
}

nic_begin
iperf_start
ktap_plan 4
ktap_test "the peer echoes" echo_start
ktap_test "interrupts far above the limit are masked during a poll" masks_above_limit
ktap_test "a flood does not interrupt for each frame" takes_a_flood
ktap_test "those below are not" leaves_others_alone
ktap_end
