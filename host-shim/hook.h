/* SPDX-License-Identifier: GPL-2.0 */
/* The places where the module enters KVM. */
#ifndef PVIO_HOST_HOOK_H
#define PVIO_HOST_HOOK_H

int pvio_host_hook_vm_destruction(void);
void pvio_host_unhook_vm_destruction(void);
int pvio_host_hook_hypercalls(void);
void pvio_host_unhook_hypercalls(void);
int pvio_host_hook_timers(void);
bool pvio_host_unhook_timers(void);

#endif /* PVIO_HOST_HOOK_H */
