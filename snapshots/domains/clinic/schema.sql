-- A group of out-patient clinics. Money is in cents; times are in UTC.

CREATE TABLE sites (
    site_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    street VARCHAR NOT NULL,
    city VARCHAR NOT NULL,
    postcode VARCHAR NOT NULL,
    phone VARCHAR NOT NULL
);

CREATE TABLE practitioners (
    practitioner_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    speciality VARCHAR NOT NULL CHECK (speciality IN ('physiotherapy', 'dermatology', 'eye care', 'cardiology', 'foot care', 'nutrition')),
    site_id VARCHAR NOT NULL REFERENCES sites (site_id)
);

CREATE TABLE sessions (
    practitioner_id VARCHAR NOT NULL REFERENCES practitioners (practitioner_id),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 5),  -- 1: Monday
    opens VARCHAR NOT NULL CHECK (length(opens) = 5),  -- as 08:00
    closes VARCHAR NOT NULL CHECK (length(closes) = 5),
    PRIMARY KEY (practitioner_id, weekday),
    CHECK (opens < closes)
);

CREATE TABLE absences (
    practitioner_id VARCHAR NOT NULL REFERENCES practitioners (practitioner_id),
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    PRIMARY KEY (practitioner_id, first_day),
    CHECK (first_day <= last_day)
);

CREATE TABLE kinds (
    kind_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    speciality VARCHAR NOT NULL CHECK (speciality IN ('physiotherapy', 'dermatology', 'eye care', 'cardiology', 'foot care', 'nutrition')),
    visit VARCHAR NOT NULL CHECK (visit IN ('first', 'follow_up')),
    minutes INTEGER NOT NULL CHECK (minutes IN (30, 60)),
    fee_cents INTEGER NOT NULL CHECK (fee_cents > 0),
    needs_referral INTEGER NOT NULL CHECK (needs_referral IN (0, 1)),
    least_age INTEGER NOT NULL CHECK (least_age >= 0)
);

CREATE TABLE patients (
    patient_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    date_of_birth DATE NOT NULL,
    email VARCHAR NOT NULL,
    phone VARCHAR NOT NULL,
    reminders VARCHAR NOT NULL CHECK (reminders IN ('text', 'email', 'none')),
    registered_on DATE NOT NULL
);

CREATE TABLE representatives (
    patient_id VARCHAR NOT NULL REFERENCES patients (patient_id),
    representative_id VARCHAR NOT NULL REFERENCES patients (patient_id),
    relation VARCHAR NOT NULL CHECK (relation IN ('parent', 'named')),
    until DATE,  -- NULL: no end was set
    PRIMARY KEY (patient_id, representative_id),
    CHECK (patient_id <> representative_id)
);

CREATE TABLE cards (
    card_id VARCHAR PRIMARY KEY,
    patient_id VARCHAR NOT NULL REFERENCES patients (patient_id),
    label VARCHAR NOT NULL,
    expires_on DATE NOT NULL
);

CREATE TABLE referrals (
    referral_id VARCHAR PRIMARY KEY,
    patient_id VARCHAR NOT NULL REFERENCES patients (patient_id),
    speciality VARCHAR NOT NULL CHECK (speciality IN ('dermatology', 'cardiology', 'nutrition')),
    referred_by VARCHAR NOT NULL,
    issued_on DATE NOT NULL,
    valid_until DATE NOT NULL,
    visits INTEGER NOT NULL CHECK (visits > 0),
    CHECK (issued_on < valid_until)
);

CREATE TABLE courses (
    course_id VARCHAR PRIMARY KEY,
    patient_id VARCHAR NOT NULL REFERENCES patients (patient_id),
    practitioner_id VARCHAR NOT NULL REFERENCES practitioners (practitioner_id),
    referral_id VARCHAR REFERENCES referrals (referral_id),  -- NULL: none was needed
    opened_on DATE NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('open', 'closed'))
);

CREATE TABLE appointments (
    appointment_id VARCHAR PRIMARY KEY,
    course_id VARCHAR NOT NULL REFERENCES courses (course_id),
    kind_id VARCHAR NOT NULL REFERENCES kinds (kind_id),
    practitioner_id VARCHAR NOT NULL REFERENCES practitioners (practitioner_id),
    referral_id VARCHAR REFERENCES referrals (referral_id),  -- NULL: it counts on none
    starts_at TIMESTAMP NOT NULL,
    booked_at TIMESTAMP NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('booked', 'attended', 'missed', 'cancelled')),
    times_moved INTEGER NOT NULL CHECK (times_moved BETWEEN 0 AND 2),
    cancelled_at TIMESTAMP,
    cancel_reason VARCHAR CHECK (cancel_reason IN ('ill', 'feels_well', 'has_to_work', 'travels')),
    CHECK (booked_at <= starts_at)
);

CREATE TABLE reminders (
    appointment_id VARCHAR PRIMARY KEY REFERENCES appointments (appointment_id),
    channel VARCHAR NOT NULL CHECK (channel IN ('text', 'email')),
    due_at TIMESTAMP NOT NULL
);

CREATE TABLE invoices (
    invoice_id VARCHAR PRIMARY KEY,
    appointment_id VARCHAR NOT NULL UNIQUE REFERENCES appointments (appointment_id),
    reason VARCHAR NOT NULL CHECK (reason IN ('visit', 'missed', 'late_cancellation')),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    issued_on DATE NOT NULL,
    due_on DATE NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('open', 'paid', 'waived')),
    waived_on DATE,
    CHECK (issued_on <= due_on)
);

CREATE TABLE payments (
    payment_id VARCHAR PRIMARY KEY,
    invoice_id VARCHAR NOT NULL UNIQUE REFERENCES invoices (invoice_id),
    card_id VARCHAR REFERENCES cards (card_id),  -- NULL: a bank transfer
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    paid_at TIMESTAMP NOT NULL
);

CREATE TABLE waiting_list (
    entry_id VARCHAR PRIMARY KEY,
    patient_id VARCHAR NOT NULL REFERENCES patients (patient_id),
    practitioner_id VARCHAR NOT NULL REFERENCES practitioners (practitioner_id),
    kind_id VARCHAR NOT NULL REFERENCES kinds (kind_id),
    joined_on DATE NOT NULL,
    UNIQUE (patient_id, practitioner_id, kind_id)
);

CREATE INDEX patients_by_birth ON patients (date_of_birth);
CREATE INDEX practitioners_by_name ON practitioners (name);
