/* lianchuang portfolio solve|check|price|compare … : what to fund, from files (docs/portfolio.md). */
#ifndef FEATURE_PORTFOLIO_CMD_H
#define FEATURE_PORTFOLIO_CMD_H

/* argv starts after the word "portfolio". Exit: 0 answered, 1 no answer, 2 bad input. */
int portfolio_command(int argc, char **argv);

#endif
