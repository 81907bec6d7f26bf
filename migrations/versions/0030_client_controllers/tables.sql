CREATE TABLE client_controllers (
    client UUID NOT NULL,
    controller TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_client_controllers PRIMARY KEY (client, controller),
    CONSTRAINT fk_client_controllers_client_clients FOREIGN KEY(client) REFERENCES clients (id)
);

-- Who created a client, or added a secret to it, stands in the audit trail. Who changed its keys does not, so whoever
-- changed a client with keys counts.
INSERT INTO client_controllers (client, controller, since)
SELECT client.id, line.client, min(line.at)
FROM clients AS client JOIN audit_lines AS line ON line.keys @> ARRAY['clients/' || client.id]
WHERE line.client <> client.id::text AND (
    line.operation IN ('create_client', 'create_client_secret')
    OR (line.operation = 'update_client' AND client.jwks IS NOT NULL)
)
GROUP BY client.id, line.client;
