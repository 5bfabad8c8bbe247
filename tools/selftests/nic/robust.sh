#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The ring runs dry, the link flaps, the card and its driver come and go, all
# amid traffic: afterwards it works as before, and the kernel has not complained.
. "$(dirname "$0")/../lib/nic.sh"

traffic_stop() {
	traffic_end
	wait_until reaches $peer
	echoed tcp 200000
}

# Nobody looks at RDT unless it is made to: a ring that ran dry must come back.
dry_ring() {
	ethtool -G "$(card)" rx 80
	iperf3 -c $peer -u -l 1400 -b 0 -t 5 -R > /dev/null || true
	wait_until reaches $peer
	echoed tcp 500000
	echo "flushes: $(count rx_flushes)"
	ethtool -G "$(card)" rx 256
}

no_buffers() { [ "$(cat /sys/module/pool_fault/parameters/failed)" -gt 0 ] && ! reaches $peer; }

# No memory for buffers until the card has none left; then there is some again.
out_of_memory() {
	insert tools/selftests/nic/pool_fault/pool_fault.ko
	at_end rmmod pool_fault
	ethtool -G "$(card)" rx 80
	echo 1 > /sys/module/pool_fault/parameters/fail
	lab l1 "ping -f -w 5 -s 1400 -q $card_address" > /dev/null || true
	wait_until no_buffers
	echo 0 > /sys/module/pool_fault/parameters/fail
	wait_until reaches $peer
	echoed tcp 500000
	ethtool -G "$(card)" rx 256
}

is_quiet() {
	local before
	before=$(statistic rx_packets)
	sleep 1
	[ "$(statistic rx_packets)" = "$before" ]
}

# Whatever the poll function was at: a lone packet goes out afterwards, and one
# comes in, without another to push it.
lone_packets() {
	traffic_end
	silence_link
	wait_until is_quiet
	ping -c 1 -W 60 -q $peer
	wait_until is_quiet
	lab l1 ping -c 1 -W 60 -q $card_address
}

resized() {
	local size
	traffic_start
	for size in 80 4096 128 512 1024 256; do
		ethtool -G "$(card)" rx $size tx $size
		sleep 0.5
	done
	lone_packets
}

down_in_a_flood() {
	local i
	traffic_start
	for ((i = 0; i < 10; i++)); do
		ip link set "$(card)" down
		ip link set "$(card)" up
		lab-net
		sleep 0.3
	done
	lone_packets
}

link_flaps() {
	local i
	traffic_start
	for ((i = 0; i < 5; i++)); do
		lab l1 qmp set_link "'{\"name\":\"net0\",\"up\":false}'" > /dev/null
		wait_until carrier 0
		lab l1 qmp set_link "'{\"name\":\"net0\",\"up\":true}'" > /dev/null
		wait_until carrier 1
	done
	traffic_stop
}

loaded_under_traffic() {
	local i
	for ((i = 0; i < 5; i++)); do
		traffic_start
		drive nobody
		drive pve1000
		traffic_end
	done
	echoed tcp 200000
}

card_is_there() { [ -n "$(card)" ]; }
card_is_gone() { ! card_is_there; }

unplugged() {
	[ -n "$(ls /sys/bus/pci/slots 2> /dev/null)" ] || ktap_skip "this kernel knows no slots"
	traffic_start
	lab l1 qmp device_del "'{\"id\":\"lab-net0\"}'" > /dev/null
	wait_until card_is_gone
	traffic_end
	# the guest lets go of its card some time before QEMU does
	wait_until lab l1 qmp device_add "'{\"driver\":\"e1000\",\"id\":\"lab-net0\",\"netdev\":\"net0\",\"mac\":\"$card_mac\"}'" > /dev/null
	wait_until card_is_there
	lab-net
	wait_until reaches $peer
	echoed tcp 200000
}

# A connection goes on while the drivers change.
switched() {
	local name
	name=$(card)
	modprobe e1000
	ip route replace 10.77.0.0/16 via $peer dev "$name"
	echoed tcp 6000000 &
	"$top/tools/nic/switch" e1000
	expect driver "$(card_driver)" e1000
	expect name "$(card)" "$name"
	"$top/tools/nic/switch" pve1000 "$name"
	expect driver "$(card_driver)" pve1000
	wait $!
	ip route show 10.77.0.0/16 | grep -q "via $peer dev $name"
}

# The address that somebody set does not become the card's own.
permanent_address() {
	local name
	name=$(card)
	at_end ip link set "$name" address $card_mac
	ip link set "$name" address 52:54:00:4c:41:55
	modprobe e1000
	"$top/tools/nic/switch" e1000 "$name"
	"$top/tools/nic/switch" pve1000 "$name"
	expect address "$(cat "/sys/class/net/$name/address")" 52:54:00:4c:41:55
	expect "permanent address" "$(ethtool -P "$name")" "Permanent address: $card_mac"
}

refusals() {
	refused "$top/tools/nic/switch" 2> /tmp/refused
	grep -q 'switch pve1000|e1000' /tmp/refused
	refused "$top/tools/nic/switch" e1000 nosuch 2> /tmp/refused
	grep -q 'no interface nosuch' /tmp/refused
	refused "$top/tools/nic/switch" pve1000 2> /tmp/refused
	grep -q 'no card is driven by e1000' /tmp/refused
}

# refuses_to_lose WHAT
refuses_to_lose() {
	refused "$top/tools/nic/switch" e1000 "$(card)" 2> /tmp/refused
	grep "would lose these.*$1" /tmp/refused
	expect driver "$(card_driver)" pve1000
}

loses_nothing() {
	ip link add link "$(card)" name lab.vlan type vlan id 5
	refuses_to_lose lab.vlan
	ip link delete lab.vlan
	tc qdisc add dev "$(card)" root handle 1: pfifo
	refuses_to_lose 'qdisc pfifo'
	tc qdisc delete dev "$(card)" root
	grep -x '(null)' "/sys/class/net/$(card)/device/driver_override"
}

nic_begin
iperf_start
ktap_plan 13
ktap_test "the peer echoes" echo_start
ktap_test "a small ring runs dry and comes back" dry_ring
ktap_test "a card that got no buffers receives again" out_of_memory
ktap_test "rings change their size in a flood, then a lone packet each way" resized
ktap_test "100 times down and up" down_and_up 100
ktap_test "down and up in a flood, then a lone packet each way" down_in_a_flood
ktap_test "the link flaps" link_flaps
ktap_test "the driver goes and comes" loaded_under_traffic
ktap_test "e1000 takes the card, and gives it back, amid a connection" switched
ktap_test "a changed address is not the permanent one" permanent_address
ktap_test "the switch refuses what makes no sense" refusals
ktap_test "the switch refuses to lose what it cannot put back" loses_nothing
ktap_test "the card is unplugged and plugged in" unplugged
ktap_end
