#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: how fast characters go out of its serial ports. The same ones to the
# console (ttyS0) and to a line (ttyS1), by the stock driver and by pvquiet, with the host
# module and without, in turn, ROUNDS times.
set -eu
# shellcheck source=../selftests/lib/guest.sh
. "$(dirname "$0")/../selftests/lib/guest.sh"

rounds=$1
records=300 characters=24000
switch=/sys/module/pvquiet/parameters/serial

# turn MODE: reading what each measure did waits until it is turned
turn() {
	with_host
	[ "$1" != alone ] || without_host
	if [ "$1" = stock ]; then
		echo N > $switch
	else
		echo Y > $switch
	fi
	cat $debugfs/pvquiet/measures > /dev/null
}

# It returns when its last record is out: nobody else prints.
to_console() {
	local i
	for ((i = 0; i < records; i++)); do
		echo "<1>record $i of the kernel's log, which is as long as most of them are" > /dev/kmsg
	done
}

# The last close waits until everything is out.
to_line() { cat /tmp/characters > /dev/ttyS1; }

# measure WHAT: seconds that it took
measure() {
	local begin=$EPOCHREALTIME
	"to_$1"
	awk "BEGIN { print $EPOCHREALTIME - $begin }"
}

insert pvio/pvio.ko
insert pvio/quiet/pvquiet.ko
stty -F /dev/ttyS1 raw -echo -crtscts clocal 115200
seq 100000 | head -c $characters > /tmp/characters
for round in $(seq "$rounds"); do
	lab log "round $round of $rounds"
	for mode in stock host alone; do
		turn $mode
		for what in console line; do
			echo "$what $mode $(measure $what)" >> "$LAB_OUT/characters"
		done
	done
done
