/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel log is told of batches, from any context. */
#ifndef PVIO_REPORT_H
#define PVIO_REPORT_H

void pvio_report_found(void);
void pvio_report_lost(void);
void pvio_report_refused(long error);
void pvio_report_finish(void);

#endif /* PVIO_REPORT_H */
