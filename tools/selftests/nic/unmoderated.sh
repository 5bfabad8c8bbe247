#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A card that heeds no limit of its interrupt rate (QEMU: mitigation=off).
. "$(dirname "$0")/../lib/nic.sh"

# flood_of LIMIT_USECS: interrupts and masks of datagrams that come one by one
flood_of() {
	interrupts=$(count interrupts) masks=$(count interrupts_masked)
	ethtool -C "$(card)" adaptive-rx off rx-usecs "$1"
	lab l1 "ping -f -c 3000 -w 60 -q $card_address" > /dev/null
	interrupts=$(($(count interrupts) - interrupts))
	masks=$(($(count interrupts_masked) - masks))
	echo "limit $1 us: $interrupts interrupts, $masks of them masked"
}

masks_above_limit() {
	flood_of 16000
	[ $masks -gt 100 ] || fail "they are not masked"
	echoed tcp 1000000
}

leaves_others_alone() {
	flood_of 10
	[ $masks -le 10 ] || fail "they are masked below the limit"
	echoed tcp 1000000
}

nic_begin
ktap_plan 3
ktap_test "the peer echoes" echo_start
ktap_test "interrupts far above the limit are masked during a poll" masks_above_limit
ktap_test "those below are not" leaves_others_alone
ktap_end
