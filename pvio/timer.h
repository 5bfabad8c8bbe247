/* SPDX-License-Identifier: GPL-2.0 */
/* The cap of timer interrupts that this machine asks its host for. */
#ifndef PVIO_TIMER_H
#define PVIO_TIMER_H

void pvio_timer_ask(void);
void pvio_timer_release(void);

#endif /* PVIO_TIMER_H */
