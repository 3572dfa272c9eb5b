/* port.h - the C side of the port's program. */
#ifndef TLSMATRIX_CASES_PORT_PORT_H
#define TLSMATRIX_CASES_PORT_PORT_H

/* Returns n + 1, with a thread-local variable in between where there is one. */
int port_c(int n);

#endif
