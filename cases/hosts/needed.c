#include "cases/hosts/needed.h"

int needed_variable = NEEDED_IMAGE;
__thread int needed_own = NEEDED_IMAGE;

int *needed_variable_here(void) { return &needed_variable; }
int *needed_own_here(void) { return &needed_own; }

int needed_asks_go(int number) { return needed_of_go(number); }
int needed_asks_c(int number) { return needed_of_c(number); }
