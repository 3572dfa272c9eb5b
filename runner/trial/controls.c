#include "runner/trial/controls.h"

const struct control controls[] = {
#define CONTROL(check, kind, where, argument, status) { check, { kind, argument }, where, status },
#include "cases/control/build.def"
#include "cases/control/file.def"
#include "cases/control/tls.def"
#include "cases/control/thread.def"
#include "cases/control/init.def"
#include "cases/control/signal.def"
#include "cases/control/trace.def"
#include "cases/control/contract.def"
#include "cases/control/contract_start.def"
#undef CONTROL
};
const size_t control_count = sizeof(controls) / sizeof(controls[0]);
