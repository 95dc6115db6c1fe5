/* The handlers of statements, by the file that has them. See struct kind in load.h. */
#ifndef DEF_KINDS_H
#define DEF_KINDS_H

#include "def/load.h"

/* kinds.c: for members of the object at the row's offset */
handler set_flag, set_label, set_string;
/* kinds_rest.c */
handler region_name, region_zone, region_division, region_first, region_include, role_name, codes_name, code_name, codes_rule,
	measure_name, measure_from, measure_to, measure_value_name, calendar_name, calendar_days, mail_name, menu_name, menu_type, menu_page,
	account_name, account_role, account_org, account_code;
/* condition.c */
handler condition_name, condition_link, condition_rule;
/* kinds_type.c */
handler type_name, type_title, type_division, type_anonymous, type_return, type_day, type_list, type_copy, section_name,
	field_name, field_link, field_min, field_max,
	field_types, field_strip, field_deadline, field_required, field_default, field_computed, field_compute, field_class, table_name, table_min, table_max, check_rule,
		state_name, state_due,
	state_tone, type_number;
/* kinds_move.c */
handler move_name, move_link, move_by, move_not_by, move_approvals, move_when, move_ask, move_set, move_create_name, move_create,
	move_value, move_move,
	move_notify,
	access_name, access_grant_rule;
/* kinds_data.c */
handler indicator_name, indicator_alias, indicator_value, indicator_formula, indicator_where, indicator_unit, indicator_decimals,
	indicator_kind_word, indicator_period, indicator_owner;
/* kinds_demo.c */
handler demo_name, demo_link, demo_state, demo_set, demo_shares, demo_total, demo_range, demo_pick, demo_under, demo_by, demo_row,
	demo_file;
/* kinds_scene.c */
handler scene_name, scene_need, scene_step_new, scene_day, scene_wait, scene_given, scene_as, scene_find, scene_value_rule,
	scene_rows_new, scene_row;
/* scene_expect.c */
handler scene_expect;

/* kinds_criteria.c */
handler measure_for, measure_for_when, criterion_name, criterion_rule, criterion_when, criterion_show, criteria_late, modify_name, modify_rule, criteria_name;

/* kinds_matrix.c */
handler matrix_name, matrix_rows, matrix_column_name, matrix_by, menu_matrix;
/* kinds_assign.c */
handler assignment_name, assignment_round, assignment_round_rule, assignment_item, assignment_item_rule, assignment_person, assignment_person_rule, assignment_makes,
	assignment_makes_rule, assignment_value, assignment_vacant, assignment_need, assignment_load, assignment_conflict, assignment_affinity, match_item, match_person,
	assignment_one, assignment_least, assignment_most, assignment_cap, assignment_ring, assignment_rest, assignment_candidates, assignment_draw, assignment_aim, assignment_by,
	assignment_publish, assignment_then, assignment_commitment, assignment_seed, assignment_notify;
/* kinds_scoring.c */
handler similar_name, similar_text_rule, similar_compare, similar_compare_in;
handler scoring_name, scoring_sheet, scoring_items, scoring_reviewer, scoring_group, scoring_score, scoring_vote, scoring_cut, scoring_method, scoring_trim;
struct type_def *indicator_type_of(struct load *ld, const struct stmt *st);     /* kinds_data.c: the type that a sibling names */
void menu_add(struct load *ld, struct stmt *st, struct menu_def *m, struct menu_item item);     /* kinds_rest.c */

#endif
