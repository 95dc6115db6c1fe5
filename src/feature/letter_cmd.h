/* lianchuang letter check FILE [--json|--html] [--lang zh|en] [--data DIR] [--region DIR] */
#ifndef FEATURE_LETTER_CMD_H
#define FEATURE_LETTER_CMD_H

#include "engine/letter.h"

/* Where the records are: folders as given, NULL when not. */
struct letter_place { const char *data, *region; };
/* Gives the indicators (with record values when there are any); NULL for none. */
typedef enum rc (*letter_dictionary)(struct cx *cx, const struct letter_place *place, const struct letter_indicator **out, int *n);

/* argv starts after the word "letter". Exit: 0 answered, 1 no answer, 2 bad input. */
int letter_command(int argc, char **argv, letter_dictionary load);

#endif
