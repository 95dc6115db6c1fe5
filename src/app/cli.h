/* The command line: `lianchuang WORD …`. Messages go to standard error in the language of LANG; results to standard output.
   Exit: 0 answered, 1 the question has no answer, 2 bad input or usage. */
#ifndef APP_CLI_H
#define APP_CLI_H

#include "base/fail.h"
#include "feature/letter_cmd.h"

struct command_line { int argc; char **argv; };         /* after the command's own word */

/* Options of the form --name VALUE or --flag; NULL when absent. */
const char *cli_option(const struct command_line *c, const char *name);
bool cli_flag(const struct command_line *c, const char *name);
/* The n-th word that is neither an option nor an option's value. `with_value`: names of options that take one. */
const char *cli_word(const struct command_line *c, int n, const char *const *with_value);
struct cx cli_cx(size_t arena_bytes);
/* Print the failures; the exit code for `rc`. */
int cli_end(struct cx *cx, enum rc rc);

int region_command(struct command_line *c);
int init_command(struct command_line *c);
int serve_command(struct command_line *c);
int audit_command(struct command_line *c);
int account_command(struct command_line *c);
int data_command(struct command_line *c, const char *word);
int routes_command(struct command_line *c);

enum rc letter_records(struct cx *cx, const struct letter_place *place, const struct letter_indicator **out, int *n) MUST_USE;

#endif
