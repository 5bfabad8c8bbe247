#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What ethtool shows and sets.
. "$(dirname "$0")/../lib/nic.sh"

shows() {
	ethtool -i "$(card)" | grep -qx 'driver: pve1000'
	ethtool "$(card)" | grep -q 'Speed: 1000Mb/s'
	ethtool "$(card)" | grep -q 'Link detected: yes'
	ethtool -k "$(card)" | grep -qx 'tcp-segmentation-offload: on'
	ethtool -S "$(card)" | grep -q 'tx_doorbells: [1-9]'
	ethtool -d "$(card)" | grep -q 0x0000
}

# The EEPROM begins with the address.
eeprom() {
	ethtool -e "$(card)" offset 0 length 6 raw on | od -An -tx1 | tr -d '\n' |
		grep -qx " ${card_mac//:/ }"
	ethtool -e "$(card)" offset 1 length 3 raw on | od -An -tx1 | tr -d '\n' |
		grep -qx ' 54 00 4c'
}

rings() {
	ethtool -G "$(card)" rx 1001 tx 84
	ethtool -g "$(card)" | awk '/^[RT]X:/ { print $2 }' | tail -n 2 | paste -sd' ' |
		grep -qx '1008 88'
	refused ethtool -G "$(card)" rx 5000 2> /dev/null
	ethtool -G "$(card)" rx 256 tx 512
	wait_until reaches $peer
}

coalescing() {
	ethtool -C "$(card)" adaptive-rx off rx-usecs 1000
	ethtool -c "$(card)" | grep -qx 'rx-usecs:[[:space:]]*1000'
	refused ethtool -C "$(card)" rx-usecs 100000 2> /dev/null
	wait_until reaches $peer
	ethtool -C "$(card)" adaptive-rx on
}

pause() {
	ethtool -A "$(card)" autoneg off rx on tx off
	ethtool -a "$(card)" | grep -q 'RX:[[:space:]]*on'
	ethtool -a "$(card)" | grep -q 'TX:[[:space:]]*off'
	ethtool -A "$(card)" autoneg on
}

# The link goes and comes: the card says so.
renegotiates() {
	ethtool -r "$(card)"
	wait_until carrier 1
	wait_until reaches $peer
	ethtool -s "$(card)" autoneg on advertise 0x3f
	wait_until reaches $peer
}

tests() {
	ethtool -t "$(card)" online | grep -q PASS
	ethtool -t "$(card)" offline | tee /tmp/test
	grep -q PASS /tmp/test
	wait_until reaches $peer
	ip link set "$(card)" down
	ethtool -t "$(card)" offline > /tmp/test || true
	grep -q 'registers (offline).*0' /tmp/test
	ip link set "$(card)" up
	lab-net
	wait_until reaches $peer
}

nic_begin
ktap_plan 7
ktap_test "driver, link, offloads, statistics, registers" shows
ktap_test "EEPROM" eeprom
ktap_test "ring sizes" rings
ktap_test "interrupt rate" coalescing
ktap_test "flow control" pause
ktap_test "link negotiation" renegotiates
ktap_test "self-tests" tests
ktap_end
