"""Tests that `make test` leaves out for their length, each with the shorter test that samples the same behaviour.

`make long` runs them all, and so does whoever names one (`pytest PATH::NAME`). A test comes here if it takes more than
about ten seconds on a busy machine of two cores and another shows a mistake in the same code sooner. `pytest --long`
selects them; `tests/docs/test_long_tests.py` holds this list true.
"""

LONG = {
    # Whole installations: backups, keys, stories. The sample is of the same commands or verbs in one process.
    "tests/app/test_restore.py::test_what_is_lost_says_so_and_no_number_comes_twice": "tests/app/test_restore.py::test_what_is_no_dump_changes_nothing",
    "tests/app/test_restore.py::test_on_a_new_machine_too_and_with_keys_of_another_day": "tests/casework/kernel/test_epochs.py::test_every_number_lies_beyond_all_that_were_given",
    "tests/app/test_keys.py::test_every_way_in_refuses_and_replacing_is_an_act_of_its_own": "tests/app/test_keys.py::test_a_key_that_is_missing_damaged_or_another_is_refused_by_its_name",
    "tests/app/test_erased_in_backups.py::test_yesterdays_backup_tells_nothing": "tests/web/console/privacy/test_erased_pages.py::test_pages_of_what_was_erased_say_so",
    "tests/journeys/test_commands.py::test_the_release_for_the_union_has_a_short_story_of_its_own": "tests/journeys/test_ministry.py::test_the_ministrys_story_begins",
    "tests/journeys/test_eight_at_once.py::test_eight_at_once": "tests/casework/actions/test_at_once.py",
    "tests/journeys/test_canaries.py::test_no_log_holds_what_people_sent": "tests/journeys/test_canaries.py::test_whoever_reports_is_found_nowhere",
    "tests/records/test_migrations.py::test_back_to_nothing_and_again": "tests/records/test_migrations.py::test_migrations_equal_models",
    "tests/journeys/test_commands.py::test_an_empty_installation_gets_its_first_administrator": "tests/journeys/test_ministry.py::test_the_ministrys_story_begins",
    # Processes that are killed, and servers that go away. The samples end a job at the same place, or kill workers that
    # take in a file.
    **dict.fromkeys(
        (
            "tests/faults/test_kills.py",
            "tests/journeys/test_failures.py::test_a_worker_killed_between_effect_and_record_is_made_good",
            "tests/jobs/worker/test_killed_worker.py::test_a_worker_killed_between_effect_and_record_loses_nothing",
        ),
        "tests/jobs/actions/test_carry_out.py::test_a_crash_between_effect_and_record_closes_once",
    ),
    "tests/journeys/test_failures.py::test_a_chat_server_that_is_away_is_asked_again": "tests/jobs/base/test_patience.py::test_everything_comes_back_at_once_when_the_platform_answers_again",
    "tests/casework/reporting/test_backlog_kills.py::test_a_block_that_kills_its_workers_is_left_alone_and_shown": "tests/casework/reporting/test_backlog_kills.py::test_killed_workers_lose_and_double_nothing",
    "tests/jobs/batches/test_batches.py::test_workers_killed_anywhere_lose_and_double_nothing": "tests/casework/reporting/test_backlog_kills.py::test_killed_workers_lose_and_double_nothing",
    "tests/jobs/privacy/test_killed_sweep.py::test_a_sweep_killed_anywhere_deletes_everything_once": "tests/casework/privacy/test_sweep.py::test_each_kind_goes_on_its_day",
    "tests/journeys/test_screening_a_file.py::test_a_run_killed_with_9_goes_on_to_the_same_result": "tests/app/screening/test_run.py::test_a_run_that_was_ended_goes_on_where_it_stopped",
    "tests/records/key_store/test_key_store.py::test_a_killed_write_leaves_the_old_or_the_new_file": "tests/records/key_store/test_key_store.py::test_what_was_killed_ends_at_the_next_start_and_a_new_folder_is_durable",
    "tests/jobs/worker/test_release_in_force.py::test_two_workers_follow_what_was_adopted": "tests/casework/kernel/test_policy_adoption.py",
    "tests/jobs/worker/test_one_bad_platform.py::test_a_real_worker_outlives_every_bad_value": "tests/jobs/worker/test_one_bad_platform.py::test_every_bad_value_is_one_platforms_fault_and_the_other_is_read",
    "tests/jobs/worker/test_one_bad_platform.py::"
    "test_a_slow_platform_with_much_to_do_leaves_places_for_the_others_jobs": "tests/jobs/worker/test_one_bad_platform.py::test_a_platform_that_does_not_come_to_an_end_holds_up_no_other",
    # Each kind of platform is closed on by its adapter's own tests; the journey is played on a Synapse.
    **{
        f"tests/journeys/test_closing_everywhere.py::test_an_account_is_closed_and_comes_back[{place}]": "tests/journeys/test_closing_everywhere.py::test_an_account_is_closed_and_comes_back[matrix]"
        for place in ("ejabberd's users table", "users table", "pds", "ozone", "ejabberd", "prosody")
    },
    "tests/journeys/test_closing_everywhere.py::test_by_handle_and_by_id_is_one_case_and_a_new_name_saves_nobody": "tests/platforms/atproto/test_atproto_pds.py",
    "tests/journeys/test_closing_everywhere.py::test_a_handle_that_moved_closes_nobody_who_was_not_judged": "tests/platforms/atproto/test_atproto_pds.py",
    # What follows a closure. The verbs have tests of their own; one journey goes from the report to the closed account.
    "tests/journeys/test_appeal.py": "tests/casework/appeals/test_appeals.py::test_an_overturned_decision_is_followed_by_a_new_one_that_undoes_it",
    "tests/journeys/test_police_request.py::test_a_sealed_export_verifies_until_any_byte_of_it_is_another": "tests/casework/authorities/test_disclosures.py::test_one_changed_byte_is_found",
    "tests/journeys/test_several_accounts.py": "tests/journeys/test_report_to_closure.py::test_a_report_closes_an_account_that_two_people_judged",
    "tests/journeys/test_report_to_closure.py::test_one_person_dismisses_and_the_account_is_untouched": "tests/journeys/test_report_to_closure.py::test_a_report_closes_an_account_that_two_people_judged",
    "tests/practice/test_filling.py::test_it_fills_goes_on_and_stops": "tests/practice/test_filling.py::test_the_same_seed_draws_the_same_kinds",
    # Pages in a second language or at a second width; the first stays.
    "tests/journeys/test_in_the_browser.py::test_from_a_phone_to_a_closure_by_keys[en]": "tests/journeys/test_in_the_browser.py::test_from_a_phone_to_a_closure_by_keys[id]",
    "tests/web/console/frame/test_in_the_browser.py::test_pages_are_accessible_and_fit[desk]": "tests/web/console/frame/test_in_the_browser.py::test_pages_are_accessible_and_fit[phone]",
    **{
        f"tests/web/public/test_report_in_the_browser.py::{test}[en]": f"tests/web/public/test_report_in_the_browser.py::{test}[id]"
        for test in (
            "test_the_whole_form_without_a_script",
            "test_the_victims_route_without_a_script",
            "test_the_privacy_notice_without_a_script",
        )
    },
    "tests/web/console/batches/test_batches_in_the_browser.py::test_a_file_is_sent_looked_at_and_filed[en-1280-True]": "tests/web/console/batches/test_batches_in_the_browser.py::test_a_file_is_sent_looked_at_and_filed[id-320-False]",
    **{
        "tests/web/console/cases/test_accounts_page.py::"
        f"test_accounts_are_judged_in_a_browser_without_a_mouse[{kind}]": "tests/web/console/cases/test_accounts_page.py::"
        "test_accounts_are_judged_in_a_browser_without_a_mouse[phone-id]"
        for kind in ("phone-en", "desk-id", "desk-en")
    },
    # Whole walks in a browser, with axe on each page. The sample walks the same pages without one; in `make test` a
    # browser reports by phone, decides by keys, and looks at the main pages of console and public side.
    **{
        f"tests/web/console/{walk}": f"tests/web/console/{pages}"
        for walk, pages in {
            "appeals/test_appeals_in_the_browser.py": "appeals/test_appeal_pages.py",
            "authorities/test_orders_in_the_browser.py": "authorities/test_order_pages.py",
            "cases/test_review_in_the_browser.py::test_a_closure_waits_for_its_elements_and_a_tab_keeps_the_draft": "cases/test_review_page.py::test_a_refused_closure_keeps_the_ticks_and_leads_to_them",
            "cases/test_review_in_the_browser.py::test_on_a_phone_the_button_is_near_however_many_reports_there_are": "frame/test_in_the_browser.py::test_pages_are_accessible_and_fit[phone]",
            "frame/test_in_the_browser.py::test_a_case_is_decided_by_keyboard_alone": "frame/test_keys_in_the_browser.py::test_cases_are_decided_by_keys_alone",
            "frame/test_holds_under_in_the_browser.py": "frame/test_in_the_browser.py::test_pages_are_accessible_and_fit[phone]",
            "frame/test_keys_in_the_browser.py::test_two_people_at_one_case": "cases/test_leases.py",
            "operators/test_portal_in_the_browser.py::test_a_contact_answers_on_a_phone_without_scripts": "operators/test_notice_pages.py",
            "operators/test_portal_in_the_browser.py::test_our_side_shows_what_waits_for_us": "operators/test_notice_pages.py",
            "people/test_api_pages_in_the_browser.py": "people/test_api_keys.py",
            "people/test_factors_in_the_browser.py": "people/test_passkeys.py",
            "people/test_register_in_the_browser.py": "people/test_roster.py",
            "privacy/test_retention_in_the_browser.py": "privacy/test_retention_pages.py",
            "quality/test_case_alarms_in_the_browser.py": "quality/test_case_alarms.py",
            "quality/test_looks_in_the_browser.py": "quality/test_quality_pages.py",
            "quality/test_quality_in_the_browser.py": "quality/test_quality_pages.py",
            "queue/test_routing_in_the_browser.py": "queue/test_routing_pages.py",
            "queue/test_search_in_the_browser.py": "queue/test_search.py",
            "reporting/test_unusable_values.py::test_the_pages_fit_and_are_accessible": "reporting/test_unusable_values.py::test_an_administrator_sees_that_it_came_and_a_supervisor_what",
            "screening/test_clusters_in_the_browser.py": "screening/test_near_duplicates.py",
            "screening/test_models_page.py::test_the_page_in_a_browser": "screening/test_models_page.py::test_the_page_offers_only_what_may_be_done",
            "screening/test_victims_in_the_browser.py": "screening/test_victim_pages.py",
            "watch/test_query_in_the_browser.py": "watch/test_query_pages.py",
            "watch/test_sample_in_the_browser.py": "watch/test_sample_pages.py",
        }.items()
    },
    "tests/web/public/test_lost_in_the_browser.py": "tests/web/public/test_lost.py",
    "tests/web/public/test_mailbox_in_the_browser.py": "tests/web/public/test_mailbox.py",
    # Every address with everything odd. The sample is odd at fewer places.
    "tests/web/console/frame/test_who_may_open_what.py::test_each_role_opens_exactly_its_own_pages": "tests/web/console/frame/test_who_may_open_what.py::test_each_page_opens_for_one_of_its_roles_and_for_no_other",
    "tests/web/console/frame/test_garbage.py::test_no_address_and_no_field_of_any_form_is_a_fault": "tests/web/console/frame/test_garbage.py::test_no_choice_with_garbage_beside_it_is_a_fault",
    **{
        f"tests/web/console/frame/test_garbage.py::{test}": "tests/web/console/frame/test_garbage.py::test_no_choice_with_garbage_beside_it_is_a_fault"
        for test in (
            "test_ten_megabytes_are_refused_at_every_address",
            "test_a_file_of_ten_megabytes_is_refused_where_files_are_taken",
            "test_files_in_fields_of_texts_and_texts_in_fields_of_files_are_no_fault",
        )
    },
    "tests/web/public/test_garbage.py::test_no_step_and_no_field_of_a_public_form_is_a_fault": "tests/web/public/test_garbage.py::test_no_kind_of_body_is_a_fault_at_a_public_address",
    "tests/web/console/operations/test_policy_releases.py::test_nothing_odd_that_is_sent_is_a_fault_or_changes_anything": "tests/web/console/operations/test_policy_releases.py::test_a_second_person_confirms_what_they_read",
    "tests/web/console/frame/test_whose_object.py::test_a_canary_case_alarms_by_whichever_route_it_is_opened": "tests/web/console/frame/test_whose_object.py::test_a_case_of_a_closed_queue_is_there_for_nobody_who_is_not_cleared",
    "tests/web/console/frame/test_navigation.py::test_no_two_links_of_a_page_share_a_name[en]": "tests/web/console/frame/test_navigation.py::test_no_two_links_of_a_page_share_a_name[id]",
    "tests/casework/kernel/test_row_bindings.py::test_an_edit_of_any_bound_column_of_any_table_is_named": "tests/casework/kernel/test_followed_columns.py::test_each_edited_column_that_changes_is_named",
    "tests/web/api/test_hostile.py::test_no_body_and_no_number_at_any_address_is_a_fault": "tests/web/api/test_hostile.py::test_odd_values_are_refused_or_harmless",
    "tests/web/api/test_schemathesis_stateful.py::test_call_after_call_is_answered_as_described": "tests/web/api/test_schemathesis.py::test_what_fits_the_description_is_answered_as_described",
    "tests/screening/engine/test_released.py::test_each_rules_examples": "tests/screening/engine/test_released.py::test_the_engine_says_what_is_defined",
    # The same, driven from pages or by a whole installation.
    "tests/web/console/operators/test_escalation.py::test_the_escalation_is_driven_by_people_and_ends": "tests/casework/operators/test_escalation.py",
    "tests/journeys/test_wrong_databases.py::test_a_practice_database_is_refused_for_real_work": "tests/journeys/test_wrong_databases.py::test_a_database_of_another_jurisdiction_is_refused",
    "tests/exchange/test_pictures.py::test_the_pixels_that_are_allowed_fit_into_the_memory_that_is": "tests/exchange/test_picture_reader.py::test_the_pixels_that_are_allowed_fit_into_the_memory_that_is",
    # Slow bodies, each a wait of ten seconds and more by the clock.
    "tests/web/test_buffering.py::test_slow_bodies_keep_nobody_out": "tests/web/test_buffering.py::test_who_leaves_frees_the_place",
    "tests/web/test_buffering.py::test_a_real_picture_arrives_at_a_slow_pace": "tests/web/test_uploads.py::test_who_lags_behind_gives_its_place",
    **{
        f"tests/web/test_buffering.py::{test}": "tests/web/test_buffering.py::test_who_leaves_frees_the_place"
        for test in (
            "test_one_network_holds_four",
            "test_a_body_ends_with_its_time",
            "test_who_has_a_key_or_none_is_told_before_the_body",
            r"test_bodies_of_unknown_length[5\r\nhello\r\n-408]",
        )
    },
    **{
        f"tests/web/test_uploads.py::{test}": "tests/web/test_uploads.py::test_who_lags_behind_gives_its_place"
        for test in ("test_who_keeps_the_pace_comes_before_who_holds_places", "test_one_network_has_its_share")
    },
    **{
        f"tests/platforms/kit/test_bad_values.py::test_hostile_xml_is_the_platforms_fault[{name}]": "tests/platforms/kit/test_bad_values.py::test_hostile_xml_is_the_platforms_fault[bomb]"
        for name in ("no-xml", "deep")
    },
    "tests/platforms/sql/test_sql.py::test_a_server_that_says_nothing_any_more_is_left": "tests/platforms/sql/test_sql.py::test_a_row_that_somebody_holds_is_waited_for_and_given_up",
    # Screening of files by several processes.
    **{
        f"tests/app/screening/test_workers.py::{test}": "tests/app/screening/test_workers.py::test_a_cluster_that_is_not_there_is_said"
        for test in ("test_a_block_that_kills_everybody_ends_the_run", "test_workers_end_when_their_owner_is_killed")
    },
    "tests/app/screening/test_workers.py::test_two_processes_say_the_same_as_one": "tests/app/screening/test_models.py::test_two_processes_say_the_same_as_one",
    **{
        f"tests/app/screening/test_workers.py::{test}": "tests/app/screening/test_models.py::"
        "test_two_processes_say_the_same_as_one"
        for test in (
            "test_a_cluster_says_the_same_also_when_a_worker_is_killed_with_9",
            "test_a_process_killed_with_9_changes_nothing",
        )
    },
    "tests/app/screening/test_run.py::test_a_full_disk_is_one_sentence_and_no_result": "tests/app/screening/test_run.py::test_only_one_run_at_a_time_writes_a_result",
    "tests/app/screening/test_run.py::test_the_command_says_what_it_did_and_is_quiet_otherwise": "tests/app/screening/test_run.py::test_a_command_that_cannot_be_meant_is_refused",
    "tests/app/screening/test_selected.py::test_the_page_shows_the_highest_and_runs_nothing": "tests/app/screening/test_selected.py::test_only_what_was_asked_for_is_written_and_its_rows_are_named",
    "tests/app/screening/test_models.py::test_the_command_takes_a_model_of_a_file": "tests/app/screening/test_models.py::test_a_file_is_told_what_triage_would_say",
    "tests/bench/test_quality.py::test_the_tables_count_what_people_labelled": "tests/bench/test_quality.py::test_a_share_has_wilsons_interval",
    # Environments into which a wheel is installed. The samples read what each part imports.
    **{
        f"tests/app/test_package.py::{test}": "tests/app/test_package.py::test_a_part_of_jaga_declares_what_it_imports"
        for test in ("test_the_client_can_be_installed_alone", "test_screening_can_be_installed_without_django")
    },
    "tests/app/test_package.py::test_the_package_brings_no_invented_world": "tests/app/test_package.py::test_no_line_of_the_package_imports_the_invented_world",
    # Database servers that are started in a bad state. The sample starts one on the data that another left.
    **{
        f"tests/app/services/test_postgres.py::{test}": "tests/app/services/test_postgres.py::test_data_outlives_a_stop"
        for test in (
            "test_data_of_another_major_version_is_left_alone",
            "test_lost_secrets_are_named",
            "test_a_stale_lock_file_that_names_another_program_does_not_stop_us",
        )
    },
    # Processes of their own: numbering plans, guided fuzzing, what a process does not load.
    **{
        f"tests/screening/contacts/test_another_plan.py::"
        f"test_a_number_without_a_country_code_is_one_of_the_jurisdiction[{code}-numbers{place}]": "tests/screening/contacts/test_another_plan.py::"
        "test_a_number_without_a_country_code_is_one_of_the_jurisdiction[32-numbers0]"
        for place, code in ((1, "33"), (2, "62"))
    },
    "tests/fuzz/test_fuzz.py::test_nothing_breaks_under_guided_fuzzing": "tests/fuzz/test_fuzz.py::test_anything_at_all_is_taken",
    "tests/casework/screening/test_image_hashes.py::test_the_web_server_loads_no_numba": "tests/screening/engine/test_released.py::test_a_web_process_does_without_the_engines_libraries",
    "tests/screening/copies/test_nearness.py::test_the_pages_do_without_the_compiler": "tests/screening/engine/test_released.py::test_a_web_process_does_without_the_engines_libraries",
    "tests/app/test_wsgi.py::test_a_killed_process_is_replaced_and_a_killed_master_leaves_nobody": "tests/app/services/test_supervisor.py",
    "tests/screening/rules/test_rules.py::test_the_shipped_rules_do_what_they_say": "tests/screening/rules/test_rules.py::test_the_shipped_texts_say_what_the_rules_do_with_them",
    "tests/policy/test_command.py::test_check_says_that_the_shipped_release_is_sound": "tests/policy/test_shipped_release.py::test_the_shipped_release_is_sound",
    "tests/screening/rules/test_rules.py::test_a_pattern_that_hits_at_every_byte_is_too_slow": "tests/screening/rules/test_rules.py::test_a_hostile_text_of_hits_alone_takes_little_memory",
    "tests/casework/kernel/test_epochs.py::test_without_the_file_as_many_may_be_lost_as_there_are": "tests/casework/kernel/test_epochs.py::test_every_number_lies_beyond_all_that_were_given",
    # Cuts at every order, where the first kinds of cut show the same.
    **{
        f"tests/faults/test_network.py::test_a_cut_at_any_order_is_made_up_for_once[{order}-Fault.{kind}]": f"tests/faults/test_network.py::test_a_cut_at_any_order_is_made_up_for_once[{order}-Fault.DROP]"
        for order in ("close", "deliver")
        for kind in ("SLOW", "CUT", "TIMEOUT_AFTER_EFFECT")
    },
    "tests/jobs/base/test_patience.py::test_a_platform_that_is_down_for_a_day_costs_nothing_but_the_day[3]": "tests/jobs/base/test_patience.py::test_a_platform_that_is_down_for_a_day_costs_nothing_but_the_day[1]",
}
"""Files, and node ids without and with their parameters; and the node id or file that stays in `make test`."""


def is_long(node_id: str) -> bool:
    """Whether `make test` leaves this test out; `node_id` may be of one parameter set."""
    return not LONG.keys().isdisjoint((node_id, node_id.partition("[")[0], node_id.partition("::")[0]))
