#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: what an I/O scheduler costs it. The same file is written and
# read through ext4 on the stock IDE driver and on virtio under each scheduler in
# turn, ROUNDS times, and many random requests are made at once; then, without one,
# with the kernel's other choices and without. What the block layer alone takes is seen
# on null_blk, whose requests end where they begin.
set -eu
# shellcheck source=../selftests/lib/guest.sh
. "$(dirname "$0")/../selftests/lib/guest.sh"

rounds=$1 seconds=$2
schedulers="mq-deadline bfq none"

# job NAME [OPTION...]: fio, with its figures to a file
job() {
	local name=$1
	shift
	fio --name="$name" --randseed=1 --output-format=json \
		--output="$LAB_OUT/elevator.$name.$round.json" "$@"
}

forget_cache() { echo 3 > /proc/sys/vm/drop_caches; }

# file_jobs DISK SCHEDULER
file_jobs() {
	local file=/mnt/$1/file
	forget_cache
	job "$1.$2.write" --filename="$file" --rw=write --bs=64k --size=64m --end_fsync=1
	forget_cache
	job "$1.$2.read" --filename="$file" --rw=read --bs=64k --size=64m
	job "$1.$2.deep" --filename="$file" --rw=randread --bs=4k --size=64m --direct=1 \
		--ioengine=libaio --iodepth=8 --time_based --runtime="$seconds"
	job "$1.$2.jobs" --filename="$file" --rw=randrw --bs=4k --size=64m --direct=1 \
		--numjobs=4 --group_reporting --time_based --runtime="$seconds"
}

# queue_jobs DISK QUEUE: what else a kernel chooses for a disk, as it chooses it and
# otherwise: write-back throttling, entropy from its interrupts, the largest request
queue_jobs() {
	local file=/mnt/$1/file queue=$2 throttled largest random
	read -r throttled < "$queue/wbt_lat_usec"
	read -r random < "$queue/add_random"
	read -r largest < "$queue/max_sectors_kb"
	for choice in stock other; do
		job "$1.$choice.throttling" --filename="$file" --rw=write --bs=64k --size=64m \
			--end_fsync=1
		job "$1.$choice.entropy" --filename="$file" --rw=randread --bs=4k --size=64m \
			--direct=1 --number_ios=1500
		job "$1.$choice.largest" --filename="$file" --rw=read --bs=4m --size=64m --direct=1
		echo 0 > "$queue/wbt_lat_usec"
		echo $((1 - random)) > "$queue/add_random"
		# a device that can do less says so
		echo 4096 > "$queue/max_sectors_kb" || true
	done
	echo "$throttled" > "$queue/wbt_lat_usec"
	echo "$random" > "$queue/add_random"
	echo "$largest" > "$queue/max_sectors_kb"
}

file_rounds() {
	local name=$1 device scheduler queue
	device=$(readlink -f "/dev/lab/$name")
	queue=/sys/block/${device##*/}/queue
	mkfs.ext4 -q -F "$device" 300000
	mkdir -p "/mnt/$name"
	mount "$device" "/mnt/$name"
	round=0 job lay --filename="/mnt/$name/file" --rw=write --bs=1m --size=64m --end_fsync=1
	for round in $(seq "$rounds"); do
		lab log "$name: round $round of $rounds"
		for scheduler in $schedulers; do
			echo "$scheduler" > "$queue/scheduler"
			file_jobs "$name" "$scheduler"
		done
		queue_jobs "$name" "$queue"
	done
	umount "/mnt/$name"
}

# null_disk NAME QUEUE_MODE: a new disk without a body
null_disk() {
	mkdir "/sys/kernel/config/nullb/$1"
	cd "/sys/kernel/config/nullb/$1"
	echo "$2" > queue_mode
	echo 0 > irqmode
	echo 1 > power
	cd - > /dev/null
}

# Mode 0 takes bios as they are: what that takes is no request's. 2 is blk-mq.
null_rounds() {
	local scheduler
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
	null_disk null-bio 0
	null_disk null-mq 2
	for round in $(seq "$rounds"); do
		lab log "null_blk: round $round of $rounds"
		job null.bio.read "${null_job[@]}" --filename=/dev/null-bio
		for scheduler in $schedulers; do
			echo "$scheduler" > "/sys/block/null-mq/queue/scheduler"
			job "null.$scheduler.read" "${null_job[@]}" --filename=/dev/null-mq
		done
	done
}
null_job=(--rw=randread --bs=4k --size=1g --direct=1 --ioengine=psync --number_ios=20000)

modprobe bfq
null_rounds
file_rounds ide
file_rounds virtio0
