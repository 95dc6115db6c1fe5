/* The one list of features: their routes. */
#include "app/features.h"

#include "feature/feature.h"

static const struct route *const tables[] = { home_routes, session_routes, record_form_routes, record_list_routes, record_view_routes, import_routes, export_routes,
	indicator_routes, matrix_routes, type_routes, letter_routes, admin_routes, account_routes, assignment_routes, api_routes, receipt_routes, fill_routes, dossier_routes, feed_routes, bulk_routes, job_routes, scoring_routes, cockpit_routes, verdicts_routes, similar_routes };

const struct route *const *feature_tables(int *n)
{
	*n = (int)(sizeof tables / sizeof *tables);
	return tables;
}
