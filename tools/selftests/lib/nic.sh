# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests of the network card have in common. The card is the lab's
# first, unless they choose another, on a tap; its peer is L1.
# shellcheck source=guest.sh
. "$(dirname "${BASH_SOURCE[0]}")/guest.sh"

# use_card N: LAB_NICS has MAC=ADDRESS/BITS=PEER of each
use_card() {
	local all
	read -ra all <<< "${LAB_NICS-}"
	IFS='=/ ' read -r card_mac card_address _ peer <<< "${all[$1 - 1]-}"
	peer_tap=tap$(($1 - 1))
}
use_card 1
echo=$top/tools/selftests/nic/echo
echo_port=4007

# The interface of the card, whoever drives it.
card() { grep -l "$card_mac" /sys/class/net/*/address | head -n 1 | cut -d/ -f5; }

card_driver() { basename "$(readlink "/sys/class/net/$(card)/device/driver")"; }

# drive pve1000|e1000|nobody
drive() {
	remove pve1000
	remove e1000
	case $1 in
	pve1000) insert pve1000/pve1000.ko ;;
	e1000) modprobe e1000 ;;
	*) return ;;
	esac
	lab-net
	wait_until reaches $peer
}

reaches() { ping -c 1 -W 1 -q "$@" > /dev/null; }

carrier() { [ "$(cat "/sys/class/net/$(card)/carrier")" = "$1" ]; }

# count NAME: a counter of ethtool -S
count() { ethtool -S "$(card)" | awk -v name="$1:" '$1 == name { print $2 }'; }

# statistic NAME: of the interface
statistic() { cat "/sys/class/net/$(card)/statistics/$1"; }

# wait_until_more INTERFACE PACKETS: it has received so many more
wait_until_more() {
	local file=/sys/class/net/$1/statistics/rx_packets before
	before=$(cat "$file")
	wait_until eval "[ \$(cat $file) -gt $((before + $2)) ]"
}

peer_mac() { lab l1 cat /sys/class/net/$peer_tap/address; }

# peer_knows_card STATE: until the test ends, the peer need not ask for its address
peer_knows_card() {
	at_end lab l1 ip neigh delete $card_address dev $peer_tap
	lab l1 ip neigh replace $card_address dev $peer_tap lladdr $card_mac nud "$1"
}

# Nobody speaks on the link by themselves, until the test ends: no ARP, and IPv6
# would send at any time. It stays off.
silence_link() {
	at_end ip neigh delete $peer dev "$(card)"
	peer_knows_card permanent
	lab l1 "echo 1 > /proc/sys/net/ipv6/conf/$peer_tap/disable_ipv6"
	echo 1 > "/proc/sys/net/ipv6/conf/$(card)/disable_ipv6"
	ip neigh replace $peer dev "$(card)" nud permanent lladdr "$(peer_mac)"
}

# The peer measures.
iperf_start() { lab l1 "pgrep iperf3 > /dev/null || iperf3 -s -D"; }

# The peer sends back what it gets.
echo_start() {
	lab l1 "ss -Hltn 'sport = :$echo_port' | grep -q . ||
		setsid $echo serve $echo_port > /dev/null 2>&1 < /dev/null &"
	wait_until lab l1 "ss -Hltn 'sport = :$echo_port' | grep -q ."
	echoed tcp 1
}

# echoed tcp BYTES | udp DATAGRAMS [ADDRESS]: and is the same
echoed() { $echo "$1" "$2" "${3-$peer}" $echo_port; }

# both ADDRESS [BYTES [DATAGRAMS]]: TCP and UDP come back from there
both() {
	echoed tcp "${2-1000000}" "$1" && echoed udp "${3-40}" "$1"
}

# mtu BYTES: frames as long as that go both ways
mtu() {
	lab l1 ip link set $peer_tap mtu "$1"
	ip link set "$(card)" mtu "$1"
	both $peer
	ip link set "$(card)" mtu 1500
	lab l1 ip link set $peer_tap mtu 1500
}

# Both directions, from the background, whatever becomes of it.
traffic_start() {
	(while :; do iperf3 -c $peer -t 60 --bidir > /dev/null 2>&1 || sleep 0.2; done) &
	traffic=$!
	at_end traffic_end
	wait_until_more "$(card)" 200
}

traffic_end() {
	kill $traffic 2> /dev/null || true
	# it may be between two connections
	pkill iperf3 || true
	wait $traffic 2> /dev/null || true
}

# datagrams that nobody listened to
unheard() { lab l1 "awk '/^Udp: [0-9]/ { print \$3 }' /proc/net/snmp"; }

# netconsole_start: until the test ends, the kernel sends its log through the driver,
# with interrupts off, whatever the driver is doing
netconsole_start() {
	echo on > /proc/sys/kernel/printk_devkmsg
	modprobe netconsole "netconsole=6665@$card_address/$(card),6666@$peer/$(peer_mac)"
	at_end rmmod netconsole
}

# log_lines COUNT, lines_arrived
log_lines() {
	local i
	lines_expected=$(($(unheard) + $1))
	for ((i = 0; i < $1; i++)); do
		echo "<3>line $i for netconsole" > /dev/kmsg
	done
}

lines_arrived() { wait_until eval "[ \$(unheard) -ge $lines_expected ]"; }

# card_exits JSON: exits of a section that the card caused, by register
card_exits() {
	local start
	start=$(($(awk 'NR == 1 { print $1 }' "/sys/class/net/$(card)/device/resource")))
	jq --argjson start "$start" '
		def hex: ltrimstr("0x") | explode |
			reduce .[] as $c (0; . * 16 + (if $c > 57 then $c - 87 else $c - 48 end));
		[.exits.mmio | to_entries[] | {at: ((.key | hex) - $start), value} |
			select(.at >= 0 and .at < 131072) |
			{key: (.at | tostring), value: ((.value.read // 0) + (.value.write // 0))}]
		| from_entries' <<< "$1"
}

# sum JSON: all registers
sum() { jq 'add // 0' <<< "$1"; }

# register JSON OFFSET
register() { jq --arg at $(($2)) '.[$at] // 0' <<< "$1"; }

# down_and_up TIMES
down_and_up() {
	local i name
	name=$(card)
	for ((i = 0; i < $1; i++)); do
		printf 'link set %s down\nlink set %s up\n' "$name" "$name"
	done | ip -batch -
	lab-net
	wait_until reaches $peer
}

xdp_return=$top/tools/selftests/nic/xdp_return

program_end() {
	kill $program 2> /dev/null || true
	wait $program 2> /dev/null || true
}

# with_program ACTION COMMAND...: while an XDP program does that with all frames
with_program() {
	local action=$1
	shift
	# not that of the program before
	: > /tmp/xdp.out
	$xdp_return "$(card)" "$action" >> /tmp/xdp.out 2>&1 &
	program=$!
	at_end program_end
	wait_until grep -q attached /tmp/xdp.out
	"$@"
	program_end
	wait_until reaches $peer
}

ICR=0xc0 RDT=0x2818 TDT=0x3818

nic_restore() {
	[ ! -e $nohost ] || with_host
	ip link delete lab.vlan 2> /dev/null
	drive nobody
}

# nic_begin: pve1000 drives the card, the host helps
nic_begin() {
	[ "${LAB_WHERE-}" = l2 ] || ktap_skip_all "not in the lab's guest"
	host_module_insert || ktap_skip_all "no host module"
	modprobe mii
	insert pvio/pvio.ko
	trap nic_restore EXIT
	with_host
	cd /tmp || exit
	drive pve1000 || ktap_skip_all "the card does not work"
	[ "$(card_driver)" = pve1000 ] || ktap_skip_all "pve1000 did not take the card"
}
