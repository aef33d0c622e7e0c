-- Deleting old history rows, and lists by time, need not read the whole table.

-- unless index helios_job_history_tb (complete_time)
CREATE INDEX IF NOT EXISTS helios_history_time ON helios_job_history_tb (complete_time);
