/* Matrices: for each row of a code list, counts and sums of the records that carry the code, over what the viewer may see. */
#ifndef REC_MATRIX_H
#define REC_MATRIX_H

#include "rec/list.h"

/* cell[row * n_column + column], rows in the order of the code list and one more for records without a code: counts as they are,
   sums in the stored unit (fen; millionths of decimals). A row of the list holds what is under it too. Owned by cx->arena. */
struct matrix_cells { int64_t *cell; int n_row, n_column; };
enum rc matrix_read(struct rx *rx, const struct matrix_def *m, struct matrix_cells *out) MUST_USE;
/* A cell in the column's own unit, millionths. */
int64_t matrix_figure(const struct matrix_column *c, int64_t cell);
/* The records behind a cell: `row` as above, -1 for the whole column. */
enum rc matrix_list(struct rx *rx, const struct matrix_def *m, int column, int row, struct list_query *out) MUST_USE;

#endif
