// SPDX-License-Identifier: GPL-2.0
/*
 * pvio_host_ring_passed() for every course that a short ring can take between
 * the two reads of its indices. Indices are counted without end here, so that
 * it is known whether the entry was taken.
 */
#include <stdio.h>

#include "../../../host-shim/ring.h"

#define MAX	6	/* length of the ring, which has one entry less */

static unsigned int courses, wrong, missed;

/* An entry was queued at @mark, and the indices were read as @last and @first. */
static void check_answer(unsigned int mark, unsigned int last, unsigned int first)
{
	bool taken = first > mark;
	bool answer = pvio_host_ring_passed(mark % MAX, last % MAX, first % MAX, MAX);

	courses++;
	if (answer && !taken) {
		wrong++;
		printf("# entry %u, last %u, first %u: said to be taken\n", mark, last, first);
	}
	/* it may be missed only where others have queued much since */
	if (!answer && taken && first <= last && last < mark + MAX) {
		missed++;
		printf("# entry %u, last %u, first %u: said to be there\n", mark, last, first);
	}
}

int main(void)
{
	unsigned int mark, last, first;

	for (mark = MAX; mark < 2 * MAX; mark++) {
		for (last = mark + 1; last < mark + 3 * MAX; last++) {
			/* it moves on until it is read, beyond @last, too */
			for (first = last - MAX + 1; first < last + MAX; first++)
				check_answer(mark, last, first);
		}
	}
	printf("TAP version 13\n1..1\n");
	printf("%s 1 %u courses: %u wrong, %u missed\n", wrong || missed ? "not ok" : "ok",
	       courses, wrong, missed);
	return wrong || missed;
}
