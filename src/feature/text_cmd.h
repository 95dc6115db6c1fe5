/* `lianchuang text index|search|match|dup|eval|explain`: the text engine on files. */
#ifndef FEATURE_TEXT_CMD_H
#define FEATURE_TEXT_CMD_H

#include "engine/text.h"

/* Exit code: 0 answered, 1 no answer, 2 bad input. The last line on standard output is one JSON object. */
int text_command(int argc, char **argv);

/* One line of a JSON Lines file: {"id","title","body","owner","type","division","year","see":[…]}; only the id must be there, others may be null
   or missing, and more is left aside; what is there must be of its kind (text.field).
   `path` and `number` are for messages. Texts are borrowed from the line or owned by cx->arena. */
enum rc text_doc_read(struct cx *cx, struct str line, const char *path, int number, struct text_doc *out) MUST_USE;
/* RC_INVALID (text.utf8) at the first byte that is not UTF-8, its column counted in bytes. */
enum rc text_utf8_check(struct cx *cx, struct str s, struct where at) MUST_USE;

#endif
