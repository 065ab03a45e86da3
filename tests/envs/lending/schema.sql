CREATE TABLE books (
    book_id VARCHAR PRIMARY KEY,
    title VARCHAR NOT NULL UNIQUE,
    copies INTEGER NOT NULL CHECK (copies >= 0)
);
CREATE TABLE loans (
    loan_id VARCHAR PRIMARY KEY,
    book_id VARCHAR NOT NULL REFERENCES books (book_id),
    reader_id VARCHAR NOT NULL,
    due_on DATE NOT NULL,
    note VARCHAR NOT NULL
);
