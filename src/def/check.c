#include "def/load.h"
void check_region(struct load *ld) { (void)ld; }
