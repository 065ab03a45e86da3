-- A mobile phone operator, and the phones of its customers. Money is in cents; times are in UTC; 1 GB is 1000 MB.

CREATE TABLE regions (
    region_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE
);

CREATE TABLE countries (
    country VARCHAR PRIMARY KEY,
    zone VARCHAR NOT NULL CHECK (zone IN ('included', 'near', 'world'))
);

CREATE TABLE plans (
    plan_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    monthly_cents INTEGER NOT NULL CHECK (monthly_cents > 0),
    data_mb INTEGER NOT NULL CHECK (data_mb > 0),
    minutes INTEGER NOT NULL CHECK (minutes > 0),
    audience VARCHAR NOT NULL CHECK (audience IN ('all', 'young')),
    on_sale INTEGER NOT NULL CHECK (on_sale IN (0, 1))
);

CREATE TABLE add_ons (
    add_on_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    kind VARCHAR NOT NULL CHECK (kind IN ('data', 'roaming')),
    zone VARCHAR CHECK (zone IN ('near', 'world')),  -- where it is good; NULL: at home
    data_mb INTEGER NOT NULL CHECK (data_mb >= 0),
    price_cents INTEGER NOT NULL CHECK (price_cents > 0),
    days INTEGER NOT NULL CHECK (days > 0),
    CHECK ((kind = 'roaming') = (zone IS NOT NULL))
);

CREATE TABLE free_numbers (
    number VARCHAR PRIMARY KEY,
    fee_cents INTEGER NOT NULL CHECK (fee_cents >= 0)
);

CREATE TABLE customers (
    customer_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    email VARCHAR NOT NULL UNIQUE,
    date_of_birth DATE NOT NULL,
    street VARCHAR NOT NULL,
    city VARCHAR NOT NULL,
    postcode VARCHAR NOT NULL,
    pays_by VARCHAR NOT NULL,
    joined_on DATE NOT NULL,
    credit_cents INTEGER NOT NULL CHECK (credit_cents >= 0)
);

CREATE TABLE lines (
    line_id VARCHAR PRIMARY KEY,
    customer_id VARCHAR NOT NULL REFERENCES customers (customer_id),
    number VARCHAR NOT NULL UNIQUE,
    plan_id VARCHAR NOT NULL REFERENCES plans (plan_id),
    next_plan_id VARCHAR REFERENCES plans (plan_id),
    region_id VARCHAR NOT NULL REFERENCES regions (region_id),
    contract_until DATE NOT NULL,
    block VARCHAR NOT NULL CHECK (block IN ('none', 'unpaid', 'stolen', 'lost')),
    registered INTEGER NOT NULL CHECK (registered IN (0, 1)),
    roaming INTEGER NOT NULL CHECK (roaming IN (0, 1)),
    picture_messages INTEGER NOT NULL CHECK (picture_messages IN (0, 1)),
    slowed INTEGER NOT NULL CHECK (slowed IN (0, 1)),
    unlocked INTEGER NOT NULL CHECK (unlocked IN (0, 1)),
    CHECK (next_plan_id IS NULL OR next_plan_id <> plan_id)
);

CREATE TABLE sims (
    sim_id VARCHAR PRIMARY KEY,
    line_id VARCHAR NOT NULL REFERENCES lines (line_id),
    kind VARCHAR NOT NULL CHECK (kind IN ('card', 'esim')),
    status VARCHAR NOT NULL CHECK (status IN ('sent', 'active', 'replaced')),
    issued_on DATE NOT NULL
);

CREATE TABLE bookings (
    booking_id VARCHAR PRIMARY KEY,
    line_id VARCHAR NOT NULL REFERENCES lines (line_id),
    add_on_id VARCHAR NOT NULL REFERENCES add_ons (add_on_id),
    booked_at TIMESTAMP NOT NULL,
    valid_until DATE NOT NULL
);

CREATE TABLE charges (  -- what the next bill will hold besides the plans
    charge_id VARCHAR PRIMARY KEY,
    line_id VARCHAR NOT NULL REFERENCES lines (line_id),
    kind VARCHAR NOT NULL CHECK (kind IN ('add_on', 'sim', 'number')),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    made_at TIMESTAMP NOT NULL
);

CREATE TABLE usage (
    line_id VARCHAR NOT NULL REFERENCES lines (line_id),
    month VARCHAR NOT NULL CHECK (length(month) = 7),
    data_mb INTEGER NOT NULL CHECK (data_mb >= 0),
    minutes INTEGER NOT NULL CHECK (minutes >= 0),
    texts INTEGER NOT NULL CHECK (texts >= 0),
    PRIMARY KEY (line_id, month)
);

CREATE TABLE bills (
    bill_id VARCHAR PRIMARY KEY,
    customer_id VARCHAR NOT NULL REFERENCES customers (customer_id),
    month VARCHAR NOT NULL CHECK (length(month) = 7),
    issued_on DATE NOT NULL,
    due_on DATE NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    status VARCHAR NOT NULL CHECK (status IN ('open', 'overdue', 'paid')),
    UNIQUE (customer_id, month)
);

CREATE TABLE bill_items (
    bill_id VARCHAR NOT NULL REFERENCES bills (bill_id),
    item INTEGER NOT NULL CHECK (item > 0),
    line_id VARCHAR NOT NULL REFERENCES lines (line_id),
    kind VARCHAR NOT NULL CHECK (kind IN ('plan', 'calls_abroad', 'service_numbers', 'parking')),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    PRIMARY KEY (bill_id, item)
);

CREATE TABLE payments (
    payment_id VARCHAR PRIMARY KEY,
    bill_id VARCHAR NOT NULL UNIQUE REFERENCES bills (bill_id),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    paid_at TIMESTAMP NOT NULL
);

CREATE TABLE outages (
    outage_id VARCHAR PRIMARY KEY,
    region_id VARCHAR NOT NULL REFERENCES regions (region_id),
    began_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,  -- after now: when it is expected to end
    CHECK (began_at < ends_at)
);

CREATE TABLE outage_credits (
    line_id VARCHAR NOT NULL REFERENCES lines (line_id),
    outage_id VARCHAR NOT NULL REFERENCES outages (outage_id),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    given_at TIMESTAMP NOT NULL,
    PRIMARY KEY (line_id, outage_id)
);

CREATE TABLE tickets (
    ticket_id VARCHAR PRIMARY KEY,
    line_id VARCHAR NOT NULL REFERENCES lines (line_id),
    topic VARCHAR NOT NULL CHECK (topic IN ('bill', 'coverage', 'service')),
    status VARCHAR NOT NULL CHECK (status IN ('open', 'closed')),
    opened_at TIMESTAMP NOT NULL
);

-- The phones. No tool of the agent sees these tables.

CREATE TABLE devices (
    device_id VARCHAR PRIMARY KEY,
    line_id VARCHAR NOT NULL UNIQUE REFERENCES lines (line_id),
    model VARCHAR NOT NULL,
    network VARCHAR NOT NULL CHECK (network IN ('4G', '5G')),
    country VARCHAR REFERENCES countries (country)  -- where it is; NULL: at home
);

CREATE TABLE device_settings (
    device_id VARCHAR PRIMARY KEY REFERENCES devices (device_id),
    flight_mode INTEGER NOT NULL CHECK (flight_mode IN (0, 1)),
    mobile_data INTEGER NOT NULL CHECK (mobile_data IN (0, 1)),
    data_roaming INTEGER NOT NULL CHECK (data_roaming IN (0, 1)),
    data_saver INTEGER NOT NULL CHECK (data_saver IN (0, 1)),
    vpn VARCHAR NOT NULL CHECK (vpn IN ('off', 'on', 'failing')),
    apn VARCHAR NOT NULL,
    network_choice VARCHAR NOT NULL CHECK (network_choice IN ('automatic', 'manual')),
    network_mode VARCHAR NOT NULL CHECK (network_mode IN ('automatic', '3G only')),
    stuck INTEGER NOT NULL CHECK (stuck IN (0, 1))  -- 1: it must be restarted before it finds a network
);

CREATE TABLE device_sims (
    device_id VARCHAR PRIMARY KEY REFERENCES devices (device_id),
    sim_id VARCHAR NOT NULL REFERENCES sims (sim_id),
    seated INTEGER NOT NULL CHECK (seated IN (0, 1))  -- 0: the card sits loose, or the eSIM was deleted
);

CREATE TABLE device_apps (
    device_id VARCHAR NOT NULL REFERENCES devices (device_id),
    app VARCHAR NOT NULL CHECK (app IN ('messages', 'mail')),
    may_use_data INTEGER NOT NULL CHECK (may_use_data IN (0, 1)),
    PRIMARY KEY (device_id, app)
);
