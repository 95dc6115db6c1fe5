/* lianchuang assign solve|check|repair|replay|explain|commit|affinity … : which experts review which applications, from files (docs/assign.md). */
#ifndef FEATURE_ASSIGN_CMD_H
#define FEATURE_ASSIGN_CMD_H

/* argv starts after the word "assign". Exit: 0 answered, 1 no answer, 2 bad input. */
int assign_command(int argc, char **argv);

#endif
