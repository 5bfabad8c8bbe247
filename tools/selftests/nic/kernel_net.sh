#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's own network tests (tools/testing/selftests/net), with the card
# between their two ends. What passes with e1000 passes with pve1000.
. "$(dirname "$0")/../lib/nic.sh"

kernel_tests=$top/tools/selftests/nic/kernel_
passed=/tmp/passed_with_e1000

# Each test is a function and its words; both drivers get the same.
cases=(
	"link_commands"
	"timestamps -4" "timestamps -6"
	"timestamps -4 -u" "timestamps -6 -u"
	"timestamps -4 -r" "timestamps -4 -P"
	"timestamps -4 -u -C" "timestamps -4 -n" "timestamps -4 -e" "timestamps -4 -b"
	"zerocopy 4 tcp" "zerocopy 6 tcp" "zerocopy 4 udp" "zerocopy 6 udp"
	"coalesced ipv4 data" "coalesced ipv4 ack" "coalesced ipv4 flags"
	"coalesced ipv4 tcp" "coalesced ipv4 ip"
	"coalesced ipv6 data" "coalesced ipv6 tcp" "coalesced ipv6 ip"
)

address() { case $1 in *4*) echo $peer ;; *) echo fd77::1 ;; esac }
own_address() { case $1 in *4*) echo $card_address ;; *) echo fd77::2 ;; esac }

# up, another address, ethtool's commands, down: netdevice.sh tries each card that
# is down, and says what failed
link_commands() {
	local name
	name=$(card)
	ip link set "$name" down
	"${kernel_tests}netdevice.sh" | tee /tmp/commands
	# by which card() finds it
	ip link set "$name" address $card_mac
	set_up
	grep "PASS: .*stats" /tmp/commands
	refused grep '^FAIL' /tmp/commands
}

# What a packet's way through the stack is stamped with. The tolerance is for an
# emulated machine: that the stamps come, and in order, is what is tested.
timestamps() { "${kernel_tests}txtimestamp" -t 60000000 -p $echo_port "$@" "$(address "$1")"; }

# Pages of user space are sent as they are, and given back.
zerocopy() {
	lab l1 "timeout 30 ${kernel_tests}msg_zerocopy -$1 -i $peer_tap -t 8 -C 0 \
		-S $(own_address "$1") -D $(address "$1") -r $2" &
	receiver=$!
	wait_until eval "listens $2 || ! kill -0 $receiver 2> /dev/null"
	"${kernel_tests}msg_zerocopy" "-$1" -i "$(card)" -t 2 -C 0 \
		-S "$(own_address "$1")" -D "$(address "$1")" -z "$2"
	wait $receiver
}

listens() {
	case $1 in
	tcp) lab l1 "ss -Hltn 'sport = :8000' | grep -q ." ;;
	udp) lab l1 "ss -Hlun 'sport = :8000' | grep -q ." ;;
	esac
}

# Packets that GRO may put together, and those it must not. As in the kernel's
# setup_loopback.sh they wait for each other, here longer, in nanoseconds, and as in
# its gro.sh there are several tries.
coalesced() {
	local try
	echo 50000000 > "/sys/class/net/$(card)/gro_flush_timeout"
	for try in 1 2 3; do
		coalesce "$1" "$2" && return
	done
	return 1
}

coalesce() {
	local arguments
	arguments="--$1 --test $2 --verbose --dmac $card_mac --smac $(lab l1 cat /sys/class/net/$peer_tap/address)"
	# shellcheck disable=SC2086 # words
	timeout 20 "${kernel_tests}gro" $arguments --rx --iface "$(card)" &
	receiver=$!
	wait_until eval "[ \$(wc -l < /proc/net/packet) -gt 1 ] || ! kill -0 $receiver 2> /dev/null"
	lab l1 "timeout 20 ${kernel_tests}gro $arguments --iface $peer_tap" || true
	wait $receiver
}

set_up() {
	ip link set "$(card)" up
	lab-net
	lab l1 ip address replace fd77::1/64 dev $peer_tap nodad
	ip address replace fd77::2/64 dev "$(card)" nodad
	wait_until reaches $peer
	wait_until reaches fd77::1
}

# attempt NUMBER: not as a condition, which would switch "set -e" off in there
attempt() {
	set +e
	# shellcheck disable=SC2086 # words
	(set -e; ${cases[$1]})
	attempted=$?
	set -e
}

# run_case NUMBER: with pve1000, after e1000
run_case() {
	attempt "$1"
	[ $attempted != 0 ] || return 0
	grep -qx "$1" $passed || ktap_skip "it fails with e1000, too"
	return 1
}

# Says how each ends as they come, as no result of this test.
run_with_e1000() {
	local number begun
	: > $passed
	drive e1000
	[ "$(card_driver)" = e1000 ]
	set_up
	for number in "${!cases[@]}"; do
		begun=$SECONDS
		attempt "$number" > /tmp/e1000.out 2>&1
		if [ $attempted = 0 ]; then
			echo "$number" >> $passed
			echo "# with e1000: ${cases[$number]} passes, $((SECONDS - begun)) s"
		else
			echo "# with e1000: ${cases[$number]} fails, $((SECONDS - begun)) s"
			tail -n 3 /tmp/e1000.out | sed 's/^/# /'
		fi
	done
	drive pve1000
	set_up
}

nic_begin
need "$kernel_tests"{gro,msg_zerocopy,txtimestamp,netdevice.sh}
# not as a condition, either
(set -e; echo_start; run_with_e1000)
reference=$?
ktap_plan $((${#cases[@]} + 1))
ktap_test "at least one passes with e1000" eval "[ $reference = 0 ] && [ -s $passed ]"
for number in "${!cases[@]}"; do
	ktap_test "${cases[$number]}" run_case "$number"
done
ktap_end
