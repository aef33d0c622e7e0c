/* SPDX-License-Identifier: MIT */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/grid.h"

/* What the table in command.c is made of; one group a file. */

/* submit.c */
extern const struct column submit_columns[];
extern const struct ctl_option submit_options[], submit_historical_options[];
ctl_run_fn submit_run, submit_run_historical;

/* schema.c */
extern const struct column schema_columns[];
ctl_run_fn schema_init, schema_upgrade, schema_status;

/* config.c */
extern const struct ctl_option config_host_options[];
extern const struct ctl_option config_get_options[], config_set_options[];
extern const struct ctl_option config_unset_options[];
ctl_run_fn config_get, config_set, config_unset;

/* explain.c */
extern const struct column explain_columns[];
ctl_run_fn config_explain;

/* import.c */
extern const struct column import_columns[];
extern const struct ctl_option import_options[], import_historical_options[];
ctl_run_fn config_import;

/* jobtype.c */
extern const struct ctl_option jobtype_add_options[], jobtype_info_options[];
extern const struct ctl_option jobtype_id_options[];
ctl_run_fn jobtype_add, jobtype_info, jobtype_remove;

/* job.c */
extern const struct column info_columns[], status_columns[];
extern const struct ctl_option job_info_options[], job_info_historical_options[];
extern const struct ctl_option job_status_historical_options[];
ctl_run_fn job_info, job_status;
/* The one line of `job status` and `job wait` as JSON. */
int job_print_status(const struct ctl *ctl, uint64_t jobid,
                     const struct helios_job_status *status, struct helios_error *err);

/* jobs.c */
extern const struct column job_columns[], change_columns[];
extern const struct ctl_option job_list_options[], job_change_options[];
extern const struct ctl_option job_wait_options[];
ctl_run_fn job_list, job_retry, job_cancel, job_hold, job_requeue, job_wait;

/* service.c */
extern const struct ctl_option service_historical_options[];
ctl_run_fn service_historical;

/* daemons.c */
extern const struct column service_columns[];
extern const struct ctl_option service_list_options[], service_status_options[];
ctl_run_fn service_list, service_status;

/* steer.c */
extern const struct column order_columns[];
extern const struct ctl_option service_steer_options[];
ctl_run_fn service_hold, service_resume, service_halt, service_clear_halt;

/* queue.c */
extern const struct column queue_columns[];
extern const struct ctl_option queue_options[];
ctl_run_fn queue_show;

/* top.c */
ctl_run_fn top_run;

/* log.c */
extern const struct column clean_columns[];
extern const struct ctl_option log_clean_options[], log_clean_historical_options[];
extern const struct ctl_option history_clean_options[];
ctl_run_fn log_clean, history_clean;

/* messages.c */
extern const struct column log_columns[];
extern const struct ctl_option log_options[];
ctl_run_fn log_show;

/* rows.c */
extern const struct column config_columns[], jobtype_columns[];
extern const struct ctl_option config_list_options[];
ctl_run_fn config_list, jobtype_list;

/* doctor.c */
extern const struct column finding_columns[];
ctl_run_fn schema_check, doctor_run;

/* help.c */
ctl_run_fn help_run;

/* completion.c */
ctl_run_fn completion_print;

#endif
