-- A rental shop for tools, machines and outdoor equipment. Money is in cents; days count whole, the last one included.

CREATE TABLE branches (
    branch_id VARCHAR PRIMARY KEY,
    branch VARCHAR NOT NULL UNIQUE,
    street VARCHAR NOT NULL,
    phone VARCHAR NOT NULL
);

CREATE TABLE members (
    member_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    email VARCHAR NOT NULL UNIQUE,
    phone VARCHAR NOT NULL,
    postcode VARCHAR NOT NULL,
    card VARCHAR NOT NULL,
    joined_on DATE NOT NULL,
    level VARCHAR NOT NULL CHECK (level IN ('basic', 'plus', 'gold')),
    id_verified INTEGER NOT NULL CHECK (id_verified IN (0, 1)),
    blocked INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    deposit_limit_cents INTEGER NOT NULL CHECK (deposit_limit_cents > 0),
    last_fee_waiver_on DATE  -- NULL: never was a late fee waived
);

CREATE TABLE certificates (
    member_id VARCHAR NOT NULL REFERENCES members (member_id),
    machine_class VARCHAR NOT NULL CHECK (machine_class IN ('cutting', 'plant')),
    valid_from DATE NOT NULL,
    valid_until DATE NOT NULL,
    PRIMARY KEY (member_id, machine_class),
    CHECK (valid_from <= valid_until)
);

CREATE TABLE models (
    model_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    category VARCHAR NOT NULL CHECK (category IN ('garden', 'building', 'cleaning', 'camping', 'water', 'cycling')),
    machine_class VARCHAR NOT NULL CHECK (machine_class IN ('open', 'cutting', 'plant')),
    day_cents INTEGER NOT NULL CHECK (day_cents > 0),
    week_cents INTEGER NOT NULL CHECK (week_cents >= day_cents),
    deposit_cents INTEGER NOT NULL CHECK (deposit_cents > 0)
);

CREATE TABLE accessories (
    accessory_id VARCHAR PRIMARY KEY,
    model_id VARCHAR NOT NULL REFERENCES models (model_id),
    accessory VARCHAR NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents > 0),  -- once a booking, whatever its days
    UNIQUE (model_id, accessory)
);

CREATE TABLE items (
    item_id VARCHAR PRIMARY KEY,
    model_id VARCHAR NOT NULL REFERENCES models (model_id),
    branch_id VARCHAR NOT NULL REFERENCES branches (branch_id),
    serial VARCHAR NOT NULL UNIQUE,
    condition VARCHAR NOT NULL CHECK (condition IN ('as_new', 'good', 'worn')),
    maintenance_until DATE  -- NULL: not in maintenance
);

CREATE TABLE bookings (
    booking_id VARCHAR PRIMARY KEY,
    member_id VARCHAR NOT NULL REFERENCES members (member_id),
    item_id VARCHAR NOT NULL REFERENCES items (item_id),
    branch_id VARCHAR NOT NULL REFERENCES branches (branch_id),  -- where it is picked up and brought back
    status VARCHAR NOT NULL CHECK (status IN ('reserved', 'out', 'returned', 'cancelled')),
    made_at TIMESTAMP NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    returned_on DATE,
    inspected_on DATE,
    deposit_released_on DATE,
    waiver INTEGER NOT NULL CHECK (waiver IN (0, 1)),
    deposit_cents INTEGER NOT NULL CHECK (deposit_cents > 0),
    rent_cents INTEGER NOT NULL CHECK (rent_cents > 0),
    discount_cents INTEGER NOT NULL CHECK (discount_cents >= 0),
    waiver_cents INTEGER NOT NULL CHECK (waiver_cents >= 0),
    accessories_cents INTEGER NOT NULL CHECK (accessories_cents >= 0),
    transfer_cents INTEGER NOT NULL CHECK (transfer_cents >= 0),
    voucher_cents INTEGER NOT NULL CHECK (voucher_cents >= 0),
    total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
    CHECK (first_day <= last_day),
    CHECK ((status = 'returned') = (returned_on IS NOT NULL)),
    CHECK (inspected_on IS NULL OR inspected_on >= returned_on),
    CHECK (deposit_released_on IS NULL OR deposit_released_on >= inspected_on),
    CHECK (total_cents = rent_cents - discount_cents + waiver_cents + accessories_cents + transfer_cents - voucher_cents)
);

CREATE TABLE booking_accessories (
    booking_id VARCHAR NOT NULL REFERENCES bookings (booking_id),
    accessory_id VARCHAR NOT NULL REFERENCES accessories (accessory_id),
    PRIMARY KEY (booking_id, accessory_id)
);

CREATE TABLE transfers (
    booking_id VARCHAR PRIMARY KEY REFERENCES bookings (booking_id),
    from_branch_id VARCHAR NOT NULL REFERENCES branches (branch_id),
    to_branch_id VARCHAR NOT NULL REFERENCES branches (branch_id),
    leaves_on DATE NOT NULL,
    back_on DATE NOT NULL,
    CHECK (from_branch_id <> to_branch_id),
    CHECK (leaves_on < back_on)
);

CREATE TABLE vouchers (
    voucher_code VARCHAR PRIMARY KEY,
    member_id VARCHAR NOT NULL REFERENCES members (member_id),
    value_cents INTEGER NOT NULL CHECK (value_cents > 0),
    expires_on DATE NOT NULL,
    booking_id VARCHAR REFERENCES bookings (booking_id)  -- NULL: not used
);

CREATE TABLE fees (
    fee_id VARCHAR PRIMARY KEY,
    member_id VARCHAR NOT NULL REFERENCES members (member_id),
    booking_id VARCHAR NOT NULL REFERENCES bookings (booking_id),
    fee_kind VARCHAR NOT NULL CHECK (fee_kind IN ('late', 'damage')),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    fee_status VARCHAR NOT NULL CHECK (fee_status IN ('unpaid', 'paid', 'waived')),
    raised_on DATE NOT NULL,
    settled_on DATE,
    CHECK ((fee_status = 'unpaid') = (settled_on IS NULL)),
    CHECK (fee_status <> 'waived' OR fee_kind = 'late')
);

CREATE TABLE damage_reports (
    booking_id VARCHAR PRIMARY KEY REFERENCES bookings (booking_id),
    fee_id VARCHAR NOT NULL UNIQUE REFERENCES fees (fee_id),
    severity VARCHAR NOT NULL CHECK (severity IN ('scratched', 'broken_part', 'beyond_repair')),
    list_cents INTEGER NOT NULL CHECK (list_cents > 0),
    reported_on DATE NOT NULL
);

CREATE TABLE payments (
    payment_id VARCHAR PRIMARY KEY,
    booking_id VARCHAR NOT NULL REFERENCES bookings (booking_id),
    fee_id VARCHAR REFERENCES fees (fee_id),  -- NULL: for the booking itself
    kind VARCHAR NOT NULL CHECK (kind IN ('charge', 'refund')),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    made_at TIMESTAMP NOT NULL
);
