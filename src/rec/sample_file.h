/* Small real files for demonstration data and scenes: a PDF page, or a text. */
#ifndef REC_SAMPLE_FILE_H
#define REC_SAMPLE_FILE_H

#include "rec/rx.h"

/* Make the file and leave it where uploads are spooled; `upload` is then kept by file_keep. `name` ends in .pdf, .txt or .csv. */
struct upload;
enum rc sample_file(struct rx *rx, struct str name, struct str text, struct upload *out) MUST_USE;
/* The bytes of a one-page PDF with these words (at most 40 lines), in the Chinese font that every reader brings along. */
struct str sample_pdf(struct arena *a, struct str text);

#endif
