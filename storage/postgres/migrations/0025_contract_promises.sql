-- Numbers that may promise less than their version changes: an administrator of the tenant said so, and why. The version need
-- not be there yet.

CREATE TABLE contract_overrides (
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    plugin_id       hex32       NOT NULL REFERENCES plugins (id),
    version         text        NOT NULL,
    precedence      bytea       NOT NULL,
    reason          text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    given_by_id     text        NOT NULL,
    given_by_name   text        NOT NULL,
    given_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, plugin_id, precedence)
);

ALTER TABLE contract_overrides ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON contract_overrides USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_overrides TO plugport_app;
CALL audit_table('contract_overrides', 'INSERT OR UPDATE OR DELETE', '', 'plugin_id,version');
