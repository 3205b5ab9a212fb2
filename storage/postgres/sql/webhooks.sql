-- name: insert_webhook
INSERT INTO webhooks (id, tenant_id, everywhere, url, events, description, active, secret, created_by_id, created_by_name)
VALUES (:id, :tenant_id, :everywhere, :url, :events, :description, :active, :secret, :user_id, :user_name)

-- name: count_webhooks
SELECT count(*) FROM webhooks WHERE tenant_id = :tenant_id

-- name: list_webhooks
SELECT id, tenant_id, url, events, description, active, everywhere, created_by_name, created_at, updated_at
  FROM webhooks WHERE tenant_id = :tenant_id ORDER BY created_at, id

-- name: find_webhook
SELECT id, tenant_id, url, events, description, active, everywhere, created_by_name, created_at, updated_at
  FROM webhooks WHERE tenant_id = :tenant_id AND id = :id

-- name: find_secret
SELECT secret FROM webhooks WHERE tenant_id = :tenant_id AND id = :id

-- name: save_webhook
UPDATE webhooks SET url = :url, events = :events, description = :description, active = :active, everywhere = :everywhere,
       updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id

-- name: replace_secret
UPDATE webhooks SET secret = :secret, updated_at = clock_timestamp() WHERE tenant_id = :tenant_id AND id = :id

-- name: delete_webhook
DELETE FROM webhooks WHERE tenant_id = :tenant_id AND id = :id

-- name: list_listeners
-- Active ones that are told of a tenant's events.
SELECT id, tenant_id, events FROM webhooks WHERE active AND tenant_id = :tenant_id
 UNION
SELECT id, tenant_id, events FROM webhooks WHERE active AND everywhere

-- name: insert_delivery
-- Of each entry one, however often this is asked for; answers whether this one is new.
INSERT INTO webhook_deliveries (id, tenant_id, webhook_id, entry_tenant_id, entry_number, event, body)
VALUES (:id, :tenant_id, :webhook_id, :entry_tenant_id, :entry_number, :event, :body)
    ON CONFLICT (webhook_id, entry_tenant_id, entry_number) DO NOTHING
RETURNING id

-- name: find_delivery
SELECT id, tenant_id, webhook_id, event, body, state, attempts, created_at, ended_at
  FROM webhook_deliveries WHERE tenant_id = :tenant_id AND id = :id

-- name: list_deliveries
SELECT id, tenant_id, webhook_id, event, body, state, attempts, created_at, ended_at
  FROM webhook_deliveries WHERE tenant_id = :tenant_id AND webhook_id = :webhook_id
 ORDER BY created_at DESC, id DESC OFFSET :offset LIMIT :limit

-- name: count_deliveries
SELECT count(*) FROM webhook_deliveries WHERE tenant_id = :tenant_id AND webhook_id = :webhook_id

-- name: note_attempt
-- The last twenty are kept.
UPDATE webhook_deliveries
   SET attempts = (SELECT coalesce(jsonb_agg(each ORDER BY place), '[]')
                     FROM jsonb_array_elements(attempts || jsonb_build_array(:attempt::jsonb)) WITH ORDINALITY AS kept (each, place)
                    WHERE place > jsonb_array_length(attempts) - 19),
       state = CASE WHEN :delivered::boolean THEN 'delivered' ELSE state END,
       ended_at = CASE WHEN :delivered THEN clock_timestamp() ELSE ended_at END
 WHERE tenant_id = :tenant_id AND id = :id AND state = 'waiting'

-- name: fail_delivery
UPDATE webhook_deliveries SET state = 'failed', ended_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id AND state = 'waiting'

-- name: replay_delivery
UPDATE webhook_deliveries SET state = 'waiting', ended_at = NULL
 WHERE tenant_id = :tenant_id AND id = :id AND state <> 'waiting'

-- name: sweep_deliveries
DELETE FROM webhook_deliveries
 WHERE id IN (SELECT id FROM webhook_deliveries WHERE created_at < clock_timestamp() - make_interval(days => :days)
               ORDER BY created_at LIMIT :most)
