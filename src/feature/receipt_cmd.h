/* lianchuang receipt verify RECEIPT [FILE…] [--key HEX] [--record RECORD.json]: without a database or a network. */
#ifndef FEATURE_RECEIPT_CMD_H
#define FEATURE_RECEIPT_CMD_H

/* Exit: 0 genuine as far as asked, 1 not, 2 bad input. */
int receipt_command(int argc, char **argv);

#endif
