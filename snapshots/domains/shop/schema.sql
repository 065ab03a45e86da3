-- An online shop for the home and the garden. Money is in cents; times are in UTC.

CREATE TABLE customers (
    customer_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    email VARCHAR NOT NULL UNIQUE,
    phone VARCHAR NOT NULL,
    joined_on DATE NOT NULL,
    tier VARCHAR NOT NULL CHECK (tier IN ('standard', 'silver', 'gold')),
    store_credit_cents INTEGER NOT NULL CHECK (store_credit_cents >= 0)
);

CREATE TABLE addresses (
    address_id VARCHAR PRIMARY KEY,
    customer_id VARCHAR NOT NULL REFERENCES customers (customer_id),
    label VARCHAR NOT NULL CHECK (label IN ('home', 'work', 'other')),
    street VARCHAR NOT NULL,
    city VARCHAR NOT NULL,
    postcode VARCHAR NOT NULL
);

CREATE TABLE payment_methods (
    method_id VARCHAR PRIMARY KEY,
    customer_id VARCHAR NOT NULL REFERENCES customers (customer_id),
    kind VARCHAR NOT NULL CHECK (kind IN ('card', 'wallet')),
    label VARCHAR NOT NULL,
    expires_on DATE  -- NULL: a wallet, which does not expire
);

CREATE TABLE categories (
    category_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    final_sale INTEGER NOT NULL CHECK (final_sale IN (0, 1))  -- 1: cannot be returned
);

CREATE TABLE products (
    product_id VARCHAR PRIMARY KEY,
    category_id VARCHAR NOT NULL REFERENCES categories (category_id),
    name VARCHAR NOT NULL
);

CREATE TABLE variants (
    variant_id VARCHAR PRIMARY KEY,
    product_id VARCHAR NOT NULL REFERENCES products (product_id),
    colour VARCHAR NOT NULL,
    size VARCHAR NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents > 0),
    stock INTEGER NOT NULL CHECK (stock >= 0),
    UNIQUE (product_id, colour, size)
);

CREATE TABLE coupons (
    code VARCHAR PRIMARY KEY,
    percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 50),
    min_items_cents INTEGER NOT NULL CHECK (min_items_cents >= 0),
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    uses_left INTEGER NOT NULL CHECK (uses_left >= 0),
    CHECK (first_day <= last_day)
);

CREATE TABLE orders (
    order_id VARCHAR PRIMARY KEY,
    customer_id VARCHAR NOT NULL REFERENCES customers (customer_id),
    address_id VARCHAR NOT NULL REFERENCES addresses (address_id),
    method_id VARCHAR NOT NULL REFERENCES payment_methods (method_id),
    status VARCHAR NOT NULL CHECK (status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    placed_at TIMESTAMP NOT NULL,
    promised_on DATE NOT NULL,
    delivery VARCHAR NOT NULL CHECK (delivery IN ('standard', 'express')),
    coupon_code VARCHAR REFERENCES coupons (code),
    items_cents INTEGER NOT NULL CHECK (items_cents > 0),
    discount_cents INTEGER NOT NULL CHECK (discount_cents >= 0),
    delivery_cents INTEGER NOT NULL CHECK (delivery_cents >= 0),
    total_cents INTEGER NOT NULL,
    cancel_reason VARCHAR CHECK (cancel_reason IN ('changed_mind', 'ordered_by_mistake', 'too_slow', 'found_cheaper')),
    CHECK (total_cents = items_cents - discount_cents + delivery_cents)
);

CREATE TABLE order_items (
    order_id VARCHAR NOT NULL REFERENCES orders (order_id),
    line INTEGER NOT NULL CHECK (line > 0),
    variant_id VARCHAR NOT NULL REFERENCES variants (variant_id),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10),
    unit_price_cents INTEGER NOT NULL CHECK (unit_price_cents > 0),
    PRIMARY KEY (order_id, line),
    UNIQUE (order_id, variant_id)
);

CREATE TABLE payments (
    payment_id VARCHAR PRIMARY KEY,
    order_id VARCHAR NOT NULL REFERENCES orders (order_id),
    kind VARCHAR NOT NULL CHECK (kind IN ('charge', 'refund')),
    method_id VARCHAR REFERENCES payment_methods (method_id),  -- NULL: store credit
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    made_at TIMESTAMP NOT NULL
);

CREATE TABLE shipments (
    shipment_id VARCHAR PRIMARY KEY,
    order_id VARCHAR NOT NULL REFERENCES orders (order_id),
    carrier VARCHAR NOT NULL CHECK (carrier IN ('Northway', 'Parcelbird', 'Quickfoot')),
    tracking_number VARCHAR NOT NULL UNIQUE,
    shipped_at TIMESTAMP NOT NULL,
    delivered_at TIMESTAMP,
    CHECK (delivered_at IS NULL OR delivered_at >= shipped_at)
);

CREATE TABLE returns (
    return_id VARCHAR PRIMARY KEY,
    order_id VARCHAR NOT NULL REFERENCES orders (order_id),
    status VARCHAR NOT NULL CHECK (status IN ('open', 'refunded', 'cancelled')),
    reason VARCHAR NOT NULL CHECK (reason IN ('damaged', 'wrong_item', 'not_as_described', 'does_not_fit', 'changed_mind')),
    refund_to VARCHAR NOT NULL CHECK (refund_to IN ('original_method', 'store_credit')),
    refund_cents INTEGER NOT NULL CHECK (refund_cents >= 0),
    requested_at TIMESTAMP NOT NULL
);

CREATE TABLE return_items (
    return_id VARCHAR NOT NULL REFERENCES returns (return_id),
    order_id VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (return_id, line),
    FOREIGN KEY (order_id, line) REFERENCES order_items (order_id, line)
);

CREATE TABLE delay_credits (
    order_id VARCHAR PRIMARY KEY REFERENCES orders (order_id),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    given_at TIMESTAMP NOT NULL
);

CREATE INDEX products_by_name ON products (name);
CREATE INDEX addresses_by_postcode ON addresses (postcode);
