/* lianchuang scores calibrate SHEETS.csv …: from review sheets to a ranking (docs/scores.md). */
#ifndef FEATURE_SCORES_CMD_H
#define FEATURE_SCORES_CMD_H

/* argv starts after the word "scores". Exit: 0 answered, 1 no answer, 2 bad input. */
int scores_command(int argc, char **argv);

#endif
