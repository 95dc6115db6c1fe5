/* lianchuang chain …: the chain engine on files. Figures as one JSON object on the last line of standard output; findings and failures
   as file:line on standard error. Exit: 0 answered, 1 no answer, 2 bad input or usage. */
#ifndef FEATURE_CHAIN_CMD_H
#define FEATURE_CHAIN_CMD_H

int chain_command(int argc, char **argv);       /* after the word `chain` */

#endif
