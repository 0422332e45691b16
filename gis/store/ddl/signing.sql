-- The keys with which the service seals its extracts: one is in use, the others verify what was sealed with them.
CREATE TABLE landmap.signing_key (
    kid text PRIMARY KEY CHECK (kid ~ '^[0-9a-f]{8}$'),
    public bytea NOT NULL CHECK (length(public) = 32),
    private bytea CHECK (length(private) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    retired_at timestamptz,
    CHECK ((private IS NULL) = (retired_at IS NOT NULL))
);
COMMENT ON TABLE landmap.signing_key IS 'Ed25519 (RFC 8032)';
COMMENT ON COLUMN landmap.signing_key.kid IS 'the first eight hexadecimal digits of the SHA-256 of the public part';
COMMENT ON COLUMN landmap.signing_key.private IS 'of the key in use only: it is forgotten when another one takes its place';
CREATE UNIQUE INDEX signing_key_in_use ON landmap.signing_key ((true)) WHERE retired_at IS NULL;
GRANT SELECT ON landmap.signing_key TO landmap_keeper;
