#include "port.h"

int port_c(int n) { return n + 1; }
