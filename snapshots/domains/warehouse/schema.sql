-- The figures desk of a chain of food shops. What colleagues asked and ordered is in the schema main; what was sold is in
-- the schema warehouse, where it is only read. Money is in cents; days are those of the shops.

CREATE TABLE colleagues (
    colleague_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    email VARCHAR NOT NULL UNIQUE,
    role VARCHAR NOT NULL CHECK (role IN ('store_manager', 'regional_manager', 'buyer', 'director')),
    scope VARCHAR NOT NULL  -- a store's number, a region or a department, after the role; 'all' for directors
);

CREATE TABLE grants (
    colleague_id VARCHAR NOT NULL REFERENCES colleagues (colleague_id),
    area VARCHAR NOT NULL CHECK (area IN ('sales', 'returns', 'customers', 'margins')),
    PRIMARY KEY (colleague_id, area)
);

CREATE TABLE metrics (
    metric_id VARCHAR PRIMARY KEY,
    area VARCHAR NOT NULL CHECK (area IN ('sales', 'returns', 'customers', 'margins')),
    unit VARCHAR NOT NULL CHECK (unit IN ('cents', 'count', 'hundredths_of_percent', 'product_no')),
    definition VARCHAR NOT NULL
);

CREATE TABLE requests (
    request_id VARCHAR PRIMARY KEY,
    colleague_id VARCHAR NOT NULL REFERENCES colleagues (colleague_id),
    metric_id VARCHAR NOT NULL REFERENCES metrics (metric_id),
    scope_kind VARCHAR NOT NULL CHECK (scope_kind IN ('store', 'region', 'department')),
    scope VARCHAR NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    minus_first_day DATE,  -- NULL: the figure of the period itself, not its difference from an earlier one
    minus_last_day DATE,
    asked_at TIMESTAMP NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('open', 'answered', 'withdrawn')),
    figure BIGINT,
    CHECK (first_day <= last_day),
    CHECK (CASE WHEN status = 'answered' THEN figure IS NOT NULL ELSE figure IS NULL END)
);

CREATE TABLE reports (
    report_id VARCHAR PRIMARY KEY,
    owner_id VARCHAR NOT NULL REFERENCES colleagues (colleague_id),
    metric_id VARCHAR NOT NULL REFERENCES metrics (metric_id),
    scope_kind VARCHAR NOT NULL CHECK (scope_kind IN ('store', 'region', 'department')),
    scope VARCHAR NOT NULL,
    weekday VARCHAR NOT NULL CHECK (weekday IN ('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'))
);

CREATE TABLE subscriptions (
    report_id VARCHAR NOT NULL REFERENCES reports (report_id),
    colleague_id VARCHAR NOT NULL REFERENCES colleagues (colleague_id),
    format VARCHAR NOT NULL CHECK (format IN ('table', 'chart')),
    PRIMARY KEY (report_id, colleague_id)
);

CREATE TABLE alerts (
    alert_id VARCHAR PRIMARY KEY,
    colleague_id VARCHAR NOT NULL REFERENCES colleagues (colleague_id),
    metric_id VARCHAR NOT NULL REFERENCES metrics (metric_id),
    scope_kind VARCHAR NOT NULL CHECK (scope_kind IN ('store', 'region', 'department')),
    scope VARCHAR NOT NULL,
    direction VARCHAR NOT NULL CHECK (direction IN ('above', 'below')),
    threshold BIGINT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1))
);

CREATE SCHEMA warehouse;

CREATE TABLE warehouse.stores (
    store_no INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    opened_on DATE NOT NULL
);

CREATE TABLE warehouse.products (
    product_no INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    department VARCHAR NOT NULL,
    list_price_cents INTEGER NOT NULL,
    cost_cents INTEGER NOT NULL
);

CREATE TABLE warehouse.customers (
    customer_no INTEGER PRIMARY KEY,
    joined_on DATE NOT NULL,
    segment VARCHAR NOT NULL
);

CREATE TABLE warehouse.promotions (
    promotion_no INTEGER PRIMARY KEY,
    percent INTEGER NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL
);

CREATE TABLE warehouse.sales (
    sale_no INTEGER NOT NULL,
    sold_on DATE NOT NULL,
    store_no INTEGER NOT NULL,
    product_no INTEGER NOT NULL,
    customer_no INTEGER NOT NULL,
    promotion_no INTEGER NOT NULL,  -- 0: none
    channel VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    net_cents INTEGER NOT NULL
);

CREATE TABLE warehouse.returns (
    return_no INTEGER NOT NULL,
    sale_no INTEGER NOT NULL,
    returned_on DATE NOT NULL,
    reason VARCHAR NOT NULL,
    refund_cents INTEGER NOT NULL
);

CREATE TABLE warehouse.deliveries (
    delivery_no INTEGER NOT NULL,
    store_no INTEGER NOT NULL,
    product_no INTEGER NOT NULL,
    delivered_on DATE NOT NULL,
    quantity INTEGER NOT NULL
);

CREATE TABLE warehouse.targets (
    store_no INTEGER NOT NULL,
    month DATE NOT NULL,  -- its first day
    target_cents INTEGER NOT NULL
);
