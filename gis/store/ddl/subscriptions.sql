-- Who wants to be told what changes where, and what was told. No content: a delivery names two states, and what its owner
-- sees of the difference is looked up when it is told, under the rights of that moment.

CREATE TABLE landmap.subscription (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner text NOT NULL,
    watch jsonb NOT NULL,
    question jsonb NOT NULL,
    base text NOT NULL,
    language text NOT NULL,
    callback text,
    token bytea NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    number integer NOT NULL DEFAULT 0,
    due timestamptz NOT NULL DEFAULT clock_timestamp(),
    claim uuid,
    retry timestamptz,
    ended timestamptz,
    reason jsonb,
    CHECK ((ended IS NULL) = (reason IS NULL))
);
COMMENT ON COLUMN landmap.subscription.owner IS 'the actor, who alone sees the subscription, and is looked up again whenever it is told something';
COMMENT ON COLUMN landmap.subscription.question IS 'parameters of the change feed that ask the same';
COMMENT ON COLUMN landmap.subscription.token IS 'SHA-256 of what opens the feed to readers that cannot sign in';
COMMENT ON COLUMN landmap.subscription.number IS 'of the last delivery';
COMMENT ON COLUMN landmap.subscription.due IS 'not looked after before; while somebody does, when that one is thought gone';
COMMENT ON COLUMN landmap.subscription.claim IS 'whoever looks after it: only the last one writes';
COMMENT ON COLUMN landmap.subscription.retry IS 'the receiver is not called before';
CREATE INDEX subscription_owner ON landmap.subscription (owner, created, id);
CREATE INDEX subscription_due ON landmap.subscription (due);

CREATE TABLE landmap.subscription_layer (
    subscription uuid NOT NULL REFERENCES landmap.subscription ON DELETE CASCADE,
    layer text NOT NULL,
    changeset integer NOT NULL,
    at timestamptz NOT NULL,
    seen integer NOT NULL,
    looked timestamptz NOT NULL,
    PRIMARY KEY (subscription, layer)
);
COMMENT ON COLUMN landmap.subscription_layer.changeset IS 'with `at`: the state up to which the owner was told of changes, as the owner sees the layer';
COMMENT ON COLUMN landmap.subscription_layer.seen IS 'with `looked`: changesets and bounds up to here are known to bring nothing more; told to nobody';

CREATE TABLE landmap.subscription_delivery (
    subscription uuid NOT NULL REFERENCES landmap.subscription ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    layer text,
    since integer,
    until integer,
    since_at timestamptz,
    until_at timestamptz,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    status text NOT NULL CHECK (status IN ('feed', 'pending', 'delivered', 'withheld')),
    attempts integer NOT NULL DEFAULT 0,
    tried timestamptz,
    answer smallint,
    problem text,
    PRIMARY KEY (subscription, number),
    CHECK (num_nulls(layer, since, until, since_at, until_at) IN (0, 5))
);
COMMENT ON COLUMN landmap.subscription_delivery.layer IS 'null: it tells that the subscription ended';
COMMENT ON COLUMN landmap.subscription_delivery.status IS 'feed: there is nobody to call; withheld: nothing of it is the owner''s to see any more';
CREATE INDEX subscription_delivery_pending ON landmap.subscription_delivery (subscription, number) WHERE status = 'pending';
CREATE INDEX subscription_delivery_created ON landmap.subscription_delivery (created);

GRANT SELECT, INSERT, UPDATE, DELETE ON landmap.subscription, landmap.subscription_layer, landmap.subscription_delivery
    TO landmap_keeper;
