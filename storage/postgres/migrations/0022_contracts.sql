-- Inputs that are written as JSON Schema are kept as they were written, with the order of their members; `inputs` holds the
-- list that is derived from them.

ALTER TABLE plugin_versions ADD COLUMN input_schema json
    CHECK (input_schema IS NULL OR json_typeof(input_schema) = 'object');
