static __thread int counter __attribute__((tls_model("initial-exec")));

int next(void) { return ++counter; }
