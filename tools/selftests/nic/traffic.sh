#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What goes through the card comes back byte for byte, whatever it is offloaded,
# however long frames are, with VLANs, other addresses, IPv6.
. "$(dirname "$0")/../lib/nic.sh"

# without FEATURE...
without() {
	local feature
	for feature; do
		ethtool -K "$(card)" "$feature" off > /dev/null
	done
	both $peer
	for feature; do
		ethtool -K "$(card)" "$feature" on > /dev/null
	done
}

ipv6() {
	lab l1 ip address replace fd77::1/64 dev $peer_tap nodad
	ip address replace fd77::2/64 dev "$(card)" nodad
	wait_until reaches fd77::1
	both fd77::1
}

truncated() { lab l1 "awk '/^Ip6InTruncatedPkts/ { print \$2 }' /proc/net/snmp6"; }

# QEMU would cut IPv6 wrong: none of it is left to the card, and all arrives whole.
ipv6_arrives_whole() {
	local before
	before=$(truncated)
	ethtool -k "$(card)" | grep 'tx-tcp6-segmentation: off \[fixed\]'
	echoed tcp 4000000 fd77::1
	expect "truncated packets" $(($(truncated) - before)) 0
}

vlan_end() {
	ip link delete lab.vlan
	lab l1 ip link delete lab.vlan
	ethtool -K "$(card)" rxvlan on > /dev/null
}

# vlan [off]: tags by the card, or by the stack
vlan() {
	at_end vlan_end
	[ $# = 0 ] || ethtool -K "$(card)" rxvlan off > /dev/null
	lab l1 "modprobe 8021q; ip link add link $peer_tap name lab.vlan type vlan id 2047;
		ip address replace 192.168.99.1/24 dev lab.vlan; ip link set lab.vlan up"
	ip link add link "$(card)" name lab.vlan type vlan id 2047
	ip address replace 192.168.99.2/24 dev lab.vlan
	ip link set lab.vlan up
	wait_until reaches 192.168.99.1
	both 192.168.99.1
}

echo_requests() { awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp; }

priority_tags_end() {
	lab l1 ip link delete lab.prio
	ip address delete 192.168.98.2/32 dev "$(card)"
	ethtool -K "$(card)" rxvlan on > /dev/null
}

# priority_tags [off]: VLAN 0 is a priority alone, and its frames are everybody's,
# whether the card takes the tag off or the stack
priority_tags() {
	local before
	at_end priority_tags_end
	[ $# = 0 ] || ethtool -K "$(card)" rxvlan off > /dev/null
	ip address replace 192.168.98.2/32 dev "$(card)"
	lab l1 "modprobe 8021q; ip link add link $peer_tap name lab.prio type vlan id 0 egress-qos-map 0:5
		ip link set lab.prio up; ip address replace 192.168.98.1/32 dev lab.prio
		ip route replace 192.168.98.2 dev lab.prio
		ip neigh replace 192.168.98.2 dev lab.prio lladdr $card_mac nud permanent"
	before=$(echo_requests)
	lab l1 "ping -c 20 -i 0.05 -W 1 -q 192.168.98.2 || true" > /dev/null
	wait_until eval "[ \$(echo_requests) -ge $((before + 20)) ]"
}

netconsole_in_a_flood() {
	iperf_start
	netconsole_start
	traffic_start
	log_lines 200
	traffic_end
	lines_arrived
}

addresses_end() {
	local path
	for path in /sys/class/net/lab.mv*; do
		ip link delete "${path##*/}"
	done
}

# addresses COUNT: more unicast addresses than the card has entries for, too
addresses() {
	local i name neighbours=
	at_end addresses_end
	name=$(card)
	for ((i = 1; i <= $1; i++)); do
		ip link add link "$name" name lab.mv$i type macvlan mode private
		ip address add 192.168.77.$((100 + i))/32 dev lab.mv$i
		ip link set lab.mv$i up
		neighbours+="ip neigh replace 192.168.77.$((100 + i)) dev $peer_tap nud permanent \
			lladdr $(cat /sys/class/net/lab.mv$i/address);"
	done
	lab l1 "$neighbours for i in \$(seq $1); do
		for try in 1 2 3 4 5; do
			ping -c 1 -W 5 -q 192.168.77.\$((100 + i)) > /dev/null && continue 2
		done
		exit 1
	done"
}

# multicast: a group is heard once it is joined, among more than fit exactly
multicast() {
	local i before
	for ((i = 1; i <= 40; i++)); do
		ip maddress add "01:00:5e:01:02:$(printf %02x $i)" dev "$(card)"
	done
	before=$(count rx_multicast)
	lab l1 "ip route replace 239.1.2.0/24 dev $peer_tap;
		for i in \$(seq 40); do ping -c 1 -W 0.01 -q 239.1.2.\$i > /dev/null; done; true"
	wait_until eval "[ \$((\$(count rx_multicast) - $before)) -ge 40 ]"
	for ((i = 1; i <= 40; i++)); do
		ip maddress delete "01:00:5e:01:02:$(printf %02x $i)" dev "$(card)"
	done
	before=$(count rx_multicast)
	lab l1 "for i in \$(seq 40); do ping -c 1 -W 0.01 -q 239.1.2.\$i > /dev/null; done; true"
	sleep 1
	[ $(($(count rx_multicast) - before)) -lt 10 ] || fail "groups that were left are heard"
}

own_mac() {
	local name
	name=$(card)
	# the other tests know the card by its address
	at_end ip link set "$name" address $card_mac
	ip link set "$name" address 52:54:00:4c:41:77
	lab l1 ip neigh flush dev $peer_tap
	wait_until reaches $peer
	ip link set "$name" address $card_mac
	lab l1 ip neigh flush dev $peer_tap
	wait_until reaches $peer
}

counters() {
	cat "/sys/class/net/$(card)"/statistics/{tx,rx}_{packets,bytes}
	lab l1 "cat /sys/class/net/$peer_tap/statistics/{rx,tx}_{packets,bytes}"
}

# nothing is under way any more
counters_rest() {
	local before
	before=$(counters)
	sleep 1
	[ "$(counters)" = "$before" ]
}

# The tap saw as many packets and bytes as the card says. Frames shorter than
# 60 bytes, as ARP's, would count more on the one side, where they are padded;
# QEMU sends one without data behind segments that come out even.
statistics() {
	local before after
	ethtool -K "$(card)" tso off > /dev/null
	silence_link
	wait_until counters_rest
	before=$(counters)
	echoed tcp 600000
	ethtool -K "$(card)" tso on > /dev/null
	wait_until counters_rest
	after=$(counters)
	# shellcheck disable=SC2086 # numbers
	paste <(printf '%s\n' $before) <(printf '%s\n' $after) | awk '
		{ d[NR] = $2 - $1 }
		END { for (i = 1; i <= 4; i++) if (d[i] != d[i + 4]) { print i, d[i], d[i + 4]; bad = 1 }
		      exit bad || d[1] < 200 }'
}

nic_begin
kernel_mark
ktap_plan 25
ktap_test "the peer echoes" echo_start
ktap_test "TCP and UDP, by the host" both $peer 4000000 150
without_host
ktap_test "TCP and UDP, without it" both $peer 4000000 150
with_host
ktap_test "without TSO" without tso
ktap_test "without any segmentation" without tso gso
ktap_test "without checksums sent" without tx
ktap_test "without scatter-gather" without sg
ktap_test "without checksums received" without rx
ktap_test "without GRO" without gro
ktap_test "MTU 576" mtu 576
ktap_test "MTU 4000" mtu 4000
ktap_test "MTU 9000" mtu 9000
ktap_test "MTU 16110" mtu 16110
ktap_test "IPv6" ipv6
ktap_test "no segment of IPv6 arrives truncated" ipv6_arrives_whole
ktap_test "a VLAN, tags by the card" vlan
ktap_test "a VLAN, tags by the stack" vlan off
ktap_test "priority tags, taken off by the card" priority_tags
ktap_test "priority tags, taken off by the stack" priority_tags off
ktap_test "netconsole in a flood" netconsole_in_a_flood
ktap_test "some addresses" addresses 5
ktap_test "more addresses than entries" addresses 20
ktap_test "40 multicast groups" multicast
ktap_test "another MAC" own_mac
ktap_test "statistics are exact" statistics
ktap_end
