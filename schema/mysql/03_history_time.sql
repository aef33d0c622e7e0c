-- Deleting old history rows, and lists by time, need not read the whole table. The stock
-- schema has this index on SQLite only.

-- unless index helios_job_history_tb (complete_time)
CREATE INDEX complete_time ON helios_job_history_tb (complete_time);
