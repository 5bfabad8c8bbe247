#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in a guest that ticks a thousand times a second: what its ticks cost, with a cap
# of its timers and without one in turn, ROUNDS times. Work of the CPU (stress-ng) and of
# a disk (bonnie++ on ext4) and what an idle guest does; then what waits longer: sleeps,
# timers, a delayed acknowledgement; and how its clock goes against the host's.
set -eu
# shellcheck source=../selftests/timer/lib.sh
. "$(dirname "$0")/../selftests/timer/lib.sh"

rounds=$1 seconds=$2
rate=100

work_cpu() {
	stress-ng --cpu 1 --cpu-method int64 --timeout "$((seconds * 3))" --metrics \
		--yaml "$LAB_OUT/cpu.$mode.$round.yaml" > /dev/null 2>&1
}

work_disk() {
	bonnie++ -d /mnt -u root -s 512 -r 256 -n 0 -f -q > "$LAB_OUT/disk.$mode.$round.csv" \
		2> /dev/null
}

work_idle() { sleep "$((seconds * 3))"; }

waits() { python3 "$(dirname "$0")/waits.py" > "$LAB_OUT/waits.$mode.$round.json"; }

# clock: how far the guest's clock comes off the host's in a while of load
clock() {
	local before after start=$EPOCHREALTIME
	before=$(clock_difference)
	busy "$((seconds * 15))"
	after=$(clock_difference)
	echo "$((after - before)) ${start/./} ${EPOCHREALTIME/./}" > "$LAB_OUT/clock.$mode.$round"
}

vm=$(lab l1 "pgrep -o qemu-system")
mkfs.ext4 -q $disk
mount $disk /mnt
for round in $(seq "$rounds"); do
	lab log "round $round of $rounds"
	for mode in off cap; do
		[ $mode = off ] || cap $rate
		for work in cpu disk idle; do
			lab begin $work.$mode
			work_$work
			lab end $work.$mode
		done
		waits
		clock
		cap off
	done
done
umount /mnt
