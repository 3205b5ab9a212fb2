-- Quality gates: rules over the metrics of plug-ins, and the sets in which tenants and their projects apply them.

CREATE TABLE policy_rules (
    id                  hex32       PRIMARY KEY,
    tenant_id           hex32       NOT NULL REFERENCES tenants (id),
    kind                text        NOT NULL CHECK (kind IN ('Build', 'Gate', 'Deploy', 'Test', 'Normal')),
    name                text        NOT NULL,
    version             hex32       NOT NULL,               -- another one after each change
    layout_content      text        NOT NULL,
    plugin_id           text        NOT NULL,               -- as it was told; the name governs
    plugin_name         text        NOT NULL,
    plugin_version      text        NOT NULL,               -- empty: every version
    content             jsonb       NOT NULL,
    conditions          integer     NOT NULL CHECK (conditions > 0),    -- how many, so that verdicts know before they read
    creator_id          text        NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by_id       text        NOT NULL,
    updated_by_name     text        NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX policy_rules_by_name ON policy_rules (tenant_id, lower(name));
CREATE INDEX policy_rules_by_time ON policy_rules (tenant_id, updated_at DESC, id DESC);

CREATE TABLE rule_sets (
    id                  hex32       PRIMARY KEY,
    tenant_id           hex32       NOT NULL REFERENCES tenants (id),
    kind                text        NOT NULL CHECK (kind IN ('metrics', 'open-source')),
    project_id          hex32       REFERENCES projects (id),           -- null: for all projects of the tenant
    parent_id           hex32,                                          -- the set that it inherits from
    name                text        NOT NULL,
    version             hex32       NOT NULL,                           -- another one after each change
    is_valid            boolean     NOT NULL DEFAULT true,
    thresholds          jsonb       NOT NULL,                           -- in the place of inherited ones
    content             jsonb,                                          -- of an open-source policy
    rule_kinds          text[]      NOT NULL DEFAULT '{}',              -- of its own rules, so that lists need not look at them
    creator_id          text        NOT NULL,
    creator_name        text        NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by_id       text        NOT NULL,
    updated_by_name     text        NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES rule_sets (tenant_id, id),
    CHECK (parent_id <> id),
    CHECK ((kind = 'open-source') = (content IS NOT NULL))
);
CREATE UNIQUE INDEX rule_sets_by_name ON rule_sets (tenant_id, kind, coalesce(project_id::text, ''), lower(name));
CREATE INDEX rule_sets_by_time ON rule_sets (tenant_id, kind, project_id, updated_at DESC, id DESC);
CREATE INDEX rule_sets_by_parent ON rule_sets (tenant_id, parent_id) WHERE parent_id IS NOT NULL;

-- Which rules a set holds, in which order. They are the rules as they are now, not copies.
CREATE TABLE rule_set_rules (
    tenant_id           hex32       NOT NULL REFERENCES tenants (id),
    rule_set_id         hex32       NOT NULL,
    rule_id             hex32       NOT NULL,
    place               integer     NOT NULL,
    is_valid            boolean     NOT NULL,
    PRIMARY KEY (rule_set_id, rule_id),
    FOREIGN KEY (tenant_id, rule_set_id) REFERENCES rule_sets (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, rule_id) REFERENCES policy_rules (tenant_id, id)    -- one that is held cannot be deleted
);
CREATE INDEX rule_set_rules_by_rule ON rule_set_rules (tenant_id, rule_id);

ALTER TABLE policy_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE rule_sets ENABLE ROW LEVEL SECURITY;
ALTER TABLE rule_set_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON policy_rules USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON rule_sets USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON rule_set_rules USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT, INSERT, UPDATE, DELETE ON policy_rules, rule_sets TO plugport_app;
GRANT SELECT, INSERT, DELETE ON rule_set_rules TO plugport_app;
