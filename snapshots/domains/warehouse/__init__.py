"""The figures desk of a chain of food shops: a warehouse that is queried in SQL, and the desk's own books."""
